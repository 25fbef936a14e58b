"""Mails: their content from events, as text and HTML, and the whole message of each recipient.

Nothing here sends or stores a mail. The package imports ``webhook.alerts``, ``webhook.settings``,
``webhook.text`` and the records of ``webhook.store``, and no Flask.
"""
