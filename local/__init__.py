"""Runs the whole stack as local processes."""
