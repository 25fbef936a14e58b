"""Reading quotas.yaml: YAML with line numbers, the schema of its keys, and every mistake at once.

It may import only the modules directly in ``quotas/``.
"""
