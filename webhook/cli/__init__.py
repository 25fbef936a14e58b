"""The commands of ``flask --app webhook``: db, deliver and outbox.

The package may import every other package of ``webhook`` except ``views``. ``webhook.create_app``
passes in what delivers, so that it does not import the SMTP client.
"""
