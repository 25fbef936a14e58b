"""The Grafana dashboard: ``python -m deploy.grafana`` writes it.

``queries`` has the PromQL, ``panels`` the JSON of each kind of panel, and ``dashboard`` puts both
together. This package may import ``quotas``.
"""
