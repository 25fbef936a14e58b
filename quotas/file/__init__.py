"""Reading quotas.yaml: YAML with line numbers, the schema of its keys, and every mistake at once.

It imports only the modules of ``quotas`` itself.
"""
