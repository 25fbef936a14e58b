"""Who asks: the bearer token of a request, and what it opens."""

from flask import request

from api.access import ALL, Scope, find_grant
from api.http.context import Context
from api.refusals import UnauthorizedError


def find_scope(context: Context) -> Scope:
    """Return what the caller may see.

    Raises:
        UnauthorizedError: tokens are asked for, and the request has none that is valid.

    """
    grants = context.settings.grants
    if grants is None:
        return ALL
    authorization = request.authorization
    token = authorization.token if authorization and authorization.type == "bearer" else None
    grant = find_grant(grants, token, context.clock()) if token else None
    if grant is None:
        context.measures.refused.inc()
        raise UnauthorizedError("this needs a bearer token that is known here and has not expired")
    return grant.scope
