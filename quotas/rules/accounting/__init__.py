"""Accounting in PromQL: the bytes moved in each step, from Kong's counters.

``steps`` is the expression, ``evidence`` what is known about each gateway, ``recording`` the rules.
It may import ``quotas.rules.period_queries`` and the modules of ``quotas`` itself.
"""
