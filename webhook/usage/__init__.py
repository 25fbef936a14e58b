"""Reading from Prometheus how much of each quota is used, for charts and reports.

It may import only ``quotas``. A mail never depends on it: without an answer, it goes out without.
"""
