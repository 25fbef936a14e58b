"""One module per resource: route, parameters, one call, one format.

Views import everything else of ``api``; nothing imports them but the factory.
"""
