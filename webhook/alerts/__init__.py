"""The alerts that Alertmanager posts: reading them, what they mean, who is notified, and when.

Nothing here reads or writes the database or composes a mail. The package imports ``quotas``, the
records of ``webhook.store`` and ``webhook.text``, and no Flask.
"""
