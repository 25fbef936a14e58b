"""Code shared by the two Flask applications: error answers, and whole numbers in queries.

It imports no other package of this project.
"""
