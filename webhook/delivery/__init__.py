"""The delivery process: it sends the mails in the outbox and notices when alerts stop arriving.

``smtp`` is the only module here that uses Flask, because Flask-Mail holds the SMTP configuration.
Only ``create_app`` imports ``smtp``; it gives ``smtp``'s connections to ``session``. The package
may import ``webhook.store``, ``webhook.alerts``, ``webhook.mail``, ``webhook.settings`` and
``webhook.text``.
"""
