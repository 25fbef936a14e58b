"""The memory of nginx that Kong's workers share, with its bounded size and its eviction.

This package imports nothing else of the project.
"""
