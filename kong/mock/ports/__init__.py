"""The two ports of the gateway: the proxy port, which counts bytes, and the status port.

This package imports the rest of ``kong.mock``, and nothing else of the project.
"""
