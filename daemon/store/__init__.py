"""What is kept on disk: one SQLite file."""
