"""A mail sink: an SMTP server that keeps all mail in memory, and a web page that shows it.

``python -m local.sink`` runs it as a process, and ``local.sink.server.running`` inside a test.
This package imports nothing else of the project.
"""
