"""Compiling quotas to Prometheus rules: accounting, usage, forecasts and alerts.

It may import ``quotas.rule_files`` and the modules directly in ``quotas/``.
"""
