"""Compiling quotas to Prometheus rules."""
