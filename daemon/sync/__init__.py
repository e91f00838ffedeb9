"""The pure core: what changed, what follows from it, and why; no I/O, no clock, no asyncio."""
