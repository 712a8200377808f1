"""The steps of a mail through intake, one file each: take the case and the facts, change named fields, or stop the way.

Steps touch no database and no clock; what they need was fetched before. Their order stands in ``intake.STEPS``.
"""
