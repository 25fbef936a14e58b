"""How gunicorn serves the webhook: https://docs.gunicorn.org/en/stable/settings.html."""

bind = "0.0.0.0:8080"
# One process: it takes more than any Alertmanager sends, and counts all of it for /metrics.
workers = 1
worker_class = "gthread"
threads = 8
# Nothing here waits for longer than the store, whose waits are shorter.
timeout = 30
# A container is killed ten seconds after SIGTERM: requests in hand are answered before that.
graceful_timeout = 8
# The file by which a worker shows that it lives: in memory, also where the disk is read-only.
worker_tmp_dir = "/dev/shm"  # noqa: S108 - gunicorn makes a file of a random name there
control_socket_disable = True
