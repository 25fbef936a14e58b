"""Serve an application from this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import make_server

from api import create_app


@contextmanager
def serving_app(app: Flask) -> Iterator[str]:
    """Serve an application inside the ``with`` block and give its URL."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serving(**environ: str) -> Iterator[str]:
    """Serve a new API with these settings inside the ``with`` block and give its URL."""
    with serving_app(create_app(environ)) as url:
        yield url
