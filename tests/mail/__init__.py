"""The corpus of real and hostile mails, and the tests that read it."""
