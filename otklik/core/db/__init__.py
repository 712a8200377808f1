"""Database backends of our own; imported by Django before any app is loaded, so nothing here touches models."""
