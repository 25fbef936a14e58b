"""A mock gateway: it answers requests, counts their bytes and exposes the metrics of Kong.

The demo and the tests use it in place of Kong. ``python -m kong.mock`` runs it, and ``python -m
kong.mock.traffic`` sends requests to it. This package imports nothing else of the project.
"""
