"""Who may see what: scopes, and the file of bearer tokens, which holds only SHA-256 hashes.

::

    tokens:
      - name: dashboard
        sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
        scope: all
      - name: team-bun
        sha256: 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
        expires: 2027-01-31T00:00:00Z
        scope: {services: [bun-service], consumers: [acme], quotas: [bun-egress]}
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from marshmallow import Schema, ValidationError, fields, validate

from quotas import names
from quotas.file.document import LARGEST_FILE_BYTES, DocumentError, read_document
from quotas.promql import match_any, quote

# No label value matches this, so nothing is found.
_NOTHING = f"{names.SERVICE}=~{quote('$.')}"

Names = tuple[str, ...]


class TokensError(Exception):
    """The file of tokens is wrong; the message has one line for each mistake."""


class UnauthorizedError(Exception):
    """The request has no token, or one that is unknown or has expired."""


@dataclass(frozen=True)
class Scope:
    """What a token may see. None does not restrict; an empty tuple lets nothing through.

    Bandwidth is visible for the listed services and consumers. An entry of a quota is visible if
    the quota is listed and all that the entry counts is visible: a scope of services sees only
    entries that count one of these services, and a scope of consumers likewise. A scope of quotas
    alone has ``sees_bytes`` False: it sees no bandwidth, and all entries of its quotas.
    """

    services: Names | None = None
    consumers: Names | None = None
    quotas: Names | None = None
    sees_bytes: bool = True


ALL = Scope()


@dataclass(frozen=True)
class Grant:
    """A token, by its hash, with its scope and expiry."""

    name: str
    sha256: str
    scope: Scope
    expires: datetime | None = None


def find_grant(grants: Sequence[Grant], token: str, now: datetime) -> Grant | None:
    """Return the grant of a token; None if it is unknown or has expired."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    for grant in grants:
        if grant.sha256 == digest:
            return grant if grant.expires is None or now < grant.expires else None
    return None


def match_scope(scope: Scope) -> list[str]:
    """Return the PromQL matchers of the counters that a scope may see."""
    if not scope.sees_bytes:
        return [_NOTHING]
    allowed = ((names.SERVICE, scope.services), (names.CONSUMER, scope.consumers))
    return [
        match_any(name, values) if values else _NOTHING
        for name, values in allowed
        if values is not None
    ]


def sees_quota(scope: Scope, quota: str, labels: Mapping[str, str]) -> bool:
    """Return whether a scope sees an entry of a quota, given its labels.

    An entry without a label counts several values of it, or all.
    """
    allowed = ((names.SERVICE, scope.services), (names.CONSUMER, scope.consumers))
    return (scope.quotas is None or quota in scope.quotas) and all(
        values is None or (label in labels and labels[label] in values) for label, values in allowed
    )


class _Scope(fields.Field[Scope]):
    """``all``, or a mapping of services, consumers and quotas."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Scope:
        if value == "all":
            return ALL
        if not isinstance(value, dict) or not value:
            raise ValidationError(
                'write "all", or which services, consumers and quotas may be seen, such as '
                "{services: [bun-service], quotas: [bun-egress]}"
            )
        found = _ScopeSchema().load(value)
        listed = {key: tuple(names) for key, names in found.items()}
        return Scope(**{"quotas": ()} | listed, sees_bytes=set(found) != {"quotas"})


class _ScopeSchema(Schema):
    """Without ``quotas``, no quota can be seen."""

    services = fields.List(fields.String())
    consumers = fields.List(fields.String())
    quotas = fields.List(fields.String())


class _GrantSchema(Schema):
    name = fields.String(required=True, validate=validate.Length(1, 100))
    sha256 = fields.String(
        required=True,
        validate=validate.Regexp(
            "[0-9a-f]{64}\\Z", error="write the 64 digits that sha256sum prints, in lower case"
        ),
    )
    expires = fields.Raw()
    scope = _Scope(required=True)


class _FileSchema(Schema):
    tokens = fields.List(fields.Nested(_GrantSchema), required=True)


def load_grants(path: Path) -> tuple[Grant, ...]:
    """Return the grants of a file of tokens.

    Raises:
        TokensError: it cannot be read or is wrong.

    """
    try:
        with path.open("rb") as file:
            document = read_document(file.read(LARGEST_FILE_BYTES + 1))
        if document.mistakes:
            raise TokensError("\n".join(f"{path}:{mistake}" for mistake in document.mistakes))
        loaded = _FileSchema().load(document.data)
        grants = tuple(_grant(entry) for entry in loaded["tokens"])
    except OSError as error:
        raise TokensError(f"{path}: cannot be read: {error.strerror}") from error
    except DocumentError as error:
        raise TokensError("\n".join(f"{path}:{mistake}" for mistake in error.mistakes)) from error
    except ValidationError as error:
        raise TokensError(f"{path}: {yaml.safe_dump(error.messages)}") from error
    for key in ("name", "sha256"):
        values = [getattr(grant, key) for grant in grants]
        if len(set(values)) < len(values):
            raise TokensError(f"{path}: two tokens have the same {key}")
    return grants


def _grant(entry: dict[str, Any]) -> Grant:
    expires = entry.pop("expires", None)
    return Grant(**entry, expires=None if expires is None else _parse_expiry(expires))


def _parse_expiry(value: Any) -> datetime:
    """Return when a token expires; a day without a time begins at midnight UTC."""
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise ValidationError(
            'write when it expires, such as "2027-01-31" or "2027-01-31T12:00:00Z"', "expires"
        ) from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)
