"""Test mails: what a quota's recipients would get at each threshold.

They are written by the code of real mails, from a payload as Alertmanager would post it. Nothing
here is stored, so a test never counts as a notification. The package does not import Flask.
"""
