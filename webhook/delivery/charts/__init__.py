"""Adding charts to mails before their first attempt.

A mail that wants a chart gets it here or not at all: ``adding`` reads the usage from Prometheus,
draws it and stores the mail with it. ``allowance`` limits the time that this takes.
"""
