"""The calendar systems, each behind the contract of contract.py."""
