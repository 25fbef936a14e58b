"""The database: its tables, their migrations, and every query on them.

SQLite, or PostgreSQL if several webhooks share one database. The records that are stored are
defined here, and other packages build them. The store imports ``webhook.text`` and ``quotas``, and
nothing else of the project.
"""
