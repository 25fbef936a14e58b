"""A mail sink: an SMTP server that keeps what it gets, and a page that shows it.

Mails stay in memory and go nowhere. ``python -m local.sink`` runs it as a process;
`local.sink.server.running` runs it inside a test.
"""
