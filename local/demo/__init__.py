"""The demo: the whole stack with live traffic, a mailbox and 40 days of generated history.

This package may import ``local.stack``, ``local.programs`` and ``quotas``.
"""
