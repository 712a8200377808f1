"""What people are told: in the desk, by mail, by push."""
