"""Writes mails: content from events, rendered as text and HTML.

Each recipient gets one complete message. Nothing here sends or stores it. The package may import
``webhook.alerts``, ``webhook.settings``, ``webhook.text`` and the dataclasses of ``webhook.store``.
It does not import Flask.
"""
