"""What the rules cost a Prometheus: the measurements of ``python -m bench.rules``."""
