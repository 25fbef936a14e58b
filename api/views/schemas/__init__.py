"""The parameters and the answer of each resource, as marshmallow schemas.

Requests are checked with these schemas. Answers are only documented with them; the tests check that
the answers match. The package may import everything else of ``api`` except the views themselves.
"""
