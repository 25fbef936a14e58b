"""Code that both Flask applications share: errors as problem+json.

It imports no other package of this project.
"""
