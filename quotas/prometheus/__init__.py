"""Talking to a running Prometheus: reloading its rules, comparing them, and verifying the set-up.

It may import ``quotas.rules``, ``quotas.rule_files`` and the modules directly in ``quotas/``.
"""
