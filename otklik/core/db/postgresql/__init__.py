"""PostgreSQL with a planner set for many small statements."""
