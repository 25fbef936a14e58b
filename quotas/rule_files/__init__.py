"""Prometheus rule files: rules as dataclasses, and writing them as YAML.

Also the folder that they are in, and what --diff shows. It may import only the modules directly in
``quotas/``.
"""
