"""What is asked of other people's servers. Imports domain alone."""
