"""How gunicorn takes requests: a worker that slow clients cannot keep from answering.

It is for any WSGI application, and imports nothing else of this project.
"""
