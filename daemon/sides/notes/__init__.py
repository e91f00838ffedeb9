"""The Notes side: Domino over HTTP, and .ics files."""
