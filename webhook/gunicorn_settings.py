"""Gunicorn's settings for the webhook: https://docs.gunicorn.org/en/stable/settings.html."""

bind = "0.0.0.0:8080"
# One process handles more than any Alertmanager sends, and counts everything for /metrics.
workers = 1
# Its threads never wait for a client.
worker_class = "serving.worker.WholeRequestWorker"
# Of these, and again of those for requests without a body. They wait for the database, which allows
# more connections.
threads = 16
# Including those that send nothing. A process may often open no more than 1,024 files.
worker_connections = 800
keepalive = 5
# Only the database can delay a request, and all waits for it are shorter.
timeout = 30
# A container is killed ten seconds after SIGTERM. Running requests are answered before that.
graceful_timeout = 8
# A worker touches a file here to show that it is alive. This is in memory, because the disk may
# be read-only.
worker_tmp_dir = "/dev/shm"  # noqa: S108 - gunicorn makes a file of a random name there
control_socket_disable = True
