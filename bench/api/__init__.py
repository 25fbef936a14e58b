"""Measure the API, next to Prometheus, a Flask view and a WSGI function: python -m bench.api."""
