"""The parameters and the answer of each resource, as marshmallow schemas.

Parameters are loaded with them; answers are documented with them, and the tests check the answers
against them. They import ``api.http``, the domain and ``quotas``.
"""
