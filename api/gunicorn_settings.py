"""How gunicorn serves the API: https://docs.gunicorn.org/en/stable/settings.html."""

import ctypes
import gc

bind = "0.0.0.0:8000"
# One process has one cache, so equal questions of all clients are one question to Prometheus.
workers = 1
# Its threads never wait for a client.
worker_class = "serving.worker.WholeRequestWorker"
# Including those that send nothing. A process may often open no more than 1,024 files.
worker_connections = 800
# The API limits query strings itself, and the worker limits the head of a request.
limit_request_line = 0
# More than may wait for Prometheus (api.clients.waiting.MOST_WAITING), so that health checks and
# what is cached are answered while it hangs.
threads = 160
# Longer than the queries of a request may take (PROMETHEUS_TIMEOUT_SECONDS).
timeout = 60
# A container is killed ten seconds after SIGTERM: requests in hand are answered before that.
graceful_timeout = 8
# The heartbeat file of a worker, in memory: the disk may be read-only.
worker_tmp_dir = "/dev/shm"  # noqa: S108 - gunicorn makes a file of a random name there
control_socket_disable = True


# glibc's malloc.h. Memory for large answers goes back to the system when they are sent.
_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
_MAPPED_FROM_BYTES = 256 * 1024
_ARENAS = 2


def post_worker_init(_: object) -> None:
    """Set how memory is freed.

    What lives as long as the process is excluded from garbage collection, which takes 20 ms.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _MAPPED_FROM_BYTES)
        mallopt(_ARENA_MAX, _ARENAS)
    gc.collect()
    gc.freeze()
