"""Usage of quotas: entries, usage over time, past periods, notifications, and their formats.

It knows nothing of Flask and imports ``api.clients``, ``api.access``, ``api.bandwidth.windows`` and
``quotas``.
"""
