"""What all views share: the context, tokens, parameters, the answer cache, errors and headers.

It imports the domain, ``api.clients``, ``web`` and ``quotas``, never ``api.views``.
"""
