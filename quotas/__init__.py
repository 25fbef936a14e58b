"""Bandwidth quotas: the model, quotas.yaml, the Prometheus rules, and checks of a Prometheus.

It imports neither Flask nor another package of this project. Within it, imports point downwards:
``prometheus`` -> ``rules`` -> ``rule_files`` -> the modules next to this file; ``file`` imports
only the modules next to this file.
"""
