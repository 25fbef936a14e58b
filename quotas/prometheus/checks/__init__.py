"""What ``--verify`` checks, each in a module that yields findings.

They may import the modules directly in ``quotas/prometheus/``, but not ``verify``.
"""
