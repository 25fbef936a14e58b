"""Who the API asks, and what it remembers: Prometheus and the caches."""
