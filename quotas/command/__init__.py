"""The command line of ``generate_rules.py``."""
