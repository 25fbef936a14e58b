"""One module per resource: route, parameters, one call, one shape."""
