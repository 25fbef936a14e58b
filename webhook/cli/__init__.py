"""The commands of ``flask --app webhook``: db, deliver and outbox.

The package may import every other package of ``webhook`` except ``views``. ``create_app`` passes in
the function that delivers, so that this package need not import the SMTP client.
"""
