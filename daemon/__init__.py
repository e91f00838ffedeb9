"""The daemon: owns credentials, sync state and pending changes, and offers them over a loopback API."""
