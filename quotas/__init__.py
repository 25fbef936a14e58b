"""The quota model and the compiler from quotas.yaml to Prometheus rules."""
