"""What follows from what happened: one handler a file, idempotent, reading the present state."""
