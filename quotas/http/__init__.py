"""HTTP requests to other servers that always end: bounded in size and in time.

It imports nothing else of this project.
"""
