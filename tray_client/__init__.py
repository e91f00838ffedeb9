"""The tray client: a thin window on the daemon."""
