"""Computes quotas for the time before their rules were loaded: ``make backfill``.

The rules read nothing but the counters of the gateways, so promtool can evaluate them over the past
and write the results as blocks for Prometheus's database; docs/backfill.md describes the steps.
This package may import ``local.stack``, ``local.programs`` and ``quotas``.
"""
