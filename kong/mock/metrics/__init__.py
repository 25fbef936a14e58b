"""The metrics of Kong 3.9 and Kong 2.7: their names, labels and values, and the text of /metrics.

The names are written out here instead of imported from the rest of the project: the mock stands
for another system, so that tests notice if the project uses wrong names. The facts are from
kong/plugins/prometheus at the tags 3.9.0 and 2.7.0 of https://github.com/Kong/kong.
"""
