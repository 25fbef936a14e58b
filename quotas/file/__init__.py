"""Reading quotas.yaml."""
