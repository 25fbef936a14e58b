"""What all views share: the context, tokens, parameters, the answer cache, errors and headers.

The context holds the objects that ``create_app`` makes once, such as settings, clock and clients.
The package may import ``problem_json``, ``quotas`` and all of ``api`` except ``api.views``.
"""
