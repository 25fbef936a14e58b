"""Compiling quotas to Prometheus rules: accounting, usage, forecasts and alerts.

It imports ``quotas.rule_files`` and the modules of ``quotas`` itself.
"""
