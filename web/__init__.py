"""What both Flask applications share: failures as problem+json.

It imports nothing of ``api``, ``webhook`` or ``quotas``.
"""
