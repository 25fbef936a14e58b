"""Prometheus rule files: rules as dataclasses, written as YAML.

The package also manages the folder they are in and finds what --diff shows. It may import only the
modules directly in ``quotas/``.
"""
