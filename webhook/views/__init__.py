"""The HTTP interface: one module for each resource, and access and errors for all of them.

A view checks the request, calls one function and shapes its result. The package may import every
other package of ``webhook`` except ``cli``.
"""
