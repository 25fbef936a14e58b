"""Code shared by the two Flask applications: error answers as application/problem+json.

It imports no other package of this project.
"""
