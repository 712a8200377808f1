"""Checks and small tools of the repository; none of them is needed to run a desk."""
