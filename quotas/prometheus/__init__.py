"""Talking to a running Prometheus: reloading its rules, comparing them, and verifying the set-up.

It imports ``quotas.rules``, ``quotas.rule_files`` and the modules of ``quotas`` itself.
"""
