"""What every room stands on: events, claims, jobs, moments, settings, blobs, panels. Knows no help-desk word."""
