"""Prometheus rule files: rules as values, as YAML and on disk, and the changes that --diff shows.

It imports only the modules of ``quotas`` itself.
"""
