"""Usage of quotas: entries, usage over time, past periods, notifications, and their formats.

An entry is one quota, or with ``for_each`` the quota of one label value, such as of one consumer.
The package does not import Flask. It may import ``api.clients``, the modules directly in ``api/``,
and ``quotas``.
"""
