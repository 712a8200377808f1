"""What the tests of all rooms stand on, and the tests that belong to no single room."""
