"""Tools that run on a developer's machine.

``stack`` runs the whole system as local processes, from the files that production uses. ``demo``
and ``smoke`` drive such a stack, ``sink`` receives its mail, and ``programs`` finds or downloads
Prometheus, Alertmanager and PostgreSQL. ``backfill`` computes quotas for the time before the rules
were loaded. This package may import ``quotas``; it starts ``api``, ``webhook`` and ``kong.mock`` as
processes and does not import them.
"""
