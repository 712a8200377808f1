"""Users, teams, roles, sign-in and tokens."""
