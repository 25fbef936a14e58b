"""The servers that the API asks, Prometheus and the webhook, and the cache in front of them.

It knows nothing of Flask and imports only ``quotas``.
"""
