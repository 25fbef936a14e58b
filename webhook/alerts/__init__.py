"""The alerts that Alertmanager posts: reading them, what they mean, and who was already notified.

Nothing here reads or writes the database or composes a mail. The package may import ``quotas``, the
dataclasses of ``webhook.store`` and ``webhook.text``. It does not import Flask.
"""
