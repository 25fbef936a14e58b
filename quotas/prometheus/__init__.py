"""Talking to a running Prometheus."""
