"""One synchronization from comparing to writing."""
