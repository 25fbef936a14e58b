"""The HTTP interface. Each module serves one resource.

It checks the parameters, makes one call and formats the result. The package may import everything
else of ``api``. Only ``api.create_app`` imports it.
"""
