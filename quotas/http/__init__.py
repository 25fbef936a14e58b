"""HTTP requests to other servers, with a limit on size and on total time.

It imports nothing else of this project.
"""
