"""Benchmarks: each module measures one part and prints a table, next to an alternative.

``make bench`` runs them, and docs/benchmarks.md explains the results. What several of them need is
in ``bench.support``. They may import ``local``, ``quotas`` and ``api``.
"""
