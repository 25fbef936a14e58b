"""Reports about a week or month: which are due, reading their figures, writing their mails.

The package may import ``webhook.mail``, ``webhook.usage`` and ``webhook.store``. It does not import
Flask. ``webhook.delivery.upkeep`` issues reports when they are due, and a command by hand.
"""
