"""Backup and restore: one archive with the database, the files, the secret key and the hash of everything in it.

``make.py`` writes it while the desk runs, ``restore.py`` reads it back, ``archive.py`` is the form of the file,
``sqlite.py`` and ``postgres.py`` know the databases, ``unfinished.py`` ends a restore that was killed.
"""
