"""Bytes over time: time cut into windows, the queries, reading them, and the formats of an answer.

It knows nothing of Flask and imports ``api.clients``, ``api.access`` and ``quotas``.
"""
