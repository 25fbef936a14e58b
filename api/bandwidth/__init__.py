"""Bytes over time: the queries, reading the bytes of each window, and the formats of an answer.

It does not import Flask. It may import ``api.clients``, the modules directly in ``api/``, and
``quotas``.
"""
