"""What an operator sees of a process: the line of each operation, its metrics, its traces."""
