"""The commands of ``flask --app webhook``: db, deliver, outbox, preview and report.

The package may import every other package of ``webhook`` except ``views``. ``create_app`` passes in
the functions that deliver, so that this package need not import the SMTP client.
"""
