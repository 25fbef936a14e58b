"""The delivery process: it sends the mails in the outbox and notices when alerts stop arriving.

``smtp`` is the only module here that uses Flask, because Flask-Mail holds the SMTP configuration.
``webhook.create_app`` hands its connections to ``session``, so nothing else imports it. The package
imports ``webhook.store``, ``webhook.alerts``, ``webhook.mail``, ``webhook.settings`` and
``webhook.text``.
"""
