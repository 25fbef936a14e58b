"""Bandwidth quotas: the model, quotas.yaml, the Prometheus rules, and checks of a Prometheus.

It imports neither Flask nor another package of this project. ``prometheus`` may import ``rules``,
``rules`` may import ``rule_files``, and all may import the modules in this folder. ``file`` imports
nothing else. Only ``api`` uses ``http``.
"""
