"""The whole system as local processes, started from the configuration files of production.

`stack.Stack` describes it, `processes.Processes` runs it, and `observer.Observer` asks its parts
what they measured. This package may import ``local.programs`` and ``quotas``.
"""
