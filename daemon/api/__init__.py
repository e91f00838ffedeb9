"""The local HTTP API and the page it serves."""
