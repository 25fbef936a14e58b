"""Doubts: states of gateways, scraping and rules in which the numbers may be wrong.

Each doubt is a query that finds nothing as long as all is well. The rules alert on it, and
``--verify`` prints a line for each element that it finds.
"""
