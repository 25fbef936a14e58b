"""The database: its tables, their migrations, and every query on them.

It is SQLite, or PostgreSQL if several webhooks share one database. The dataclasses for rows are
defined here; other packages create them. The package may import ``webhook.text`` and ``quotas``,
and nothing else of this project.
"""
