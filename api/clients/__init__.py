"""Clients of the servers that the API asks, Prometheus and the webhook, and the cache.

It does not import Flask. It may import only ``quotas``.
"""
