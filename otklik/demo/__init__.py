"""The demo company: a refrigeration service with a repair workshop, and bulk data for measurements."""
