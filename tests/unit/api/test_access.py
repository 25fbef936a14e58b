import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.access import ALL, Grant, Scope, TokensError, find_grant, load_grants, sees_quota

HASH = hashlib.sha256(b"secret").hexdigest()
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def load(folder: Path, text: str) -> tuple[Grant, ...]:
    path = folder / "tokens.yaml"
    path.write_text(text, encoding="utf-8")
    return load_grants(path)


def one(folder: Path, scope: str) -> Scope:
    [grant] = load(folder, f'tokens: [{{name: a, sha256: "{HASH}", scope: {scope}}}]')
    return grant.scope


def test_a_scope_of_all_restricts_nothing(tmp_path: Path) -> None:
    assert one(tmp_path, "all") == ALL


def test_quotas_that_are_not_listed_cannot_be_seen(tmp_path: Path) -> None:
    assert one(tmp_path, "{services: [a, b]}") == Scope(services=("a", "b"), quotas=())
    assert one(tmp_path, "{consumers: [a]}") == Scope(consumers=("a",), quotas=())


def test_a_scope_of_quotas_alone_sees_no_bytes(tmp_path: Path) -> None:
    assert one(tmp_path, "{quotas: [q]}") == Scope(quotas=("q",), sees_bytes=False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tokens: 1",
        "token: []",
        f'tokens: [{{name: a, sha256: "{HASH}"}}]',
        f'tokens: [{{name: a, sha256: "{HASH}", scope: some}}]',
        f'tokens: [{{name: a, sha256: "{HASH}", scope: {{}}}}]',
        f'tokens: [{{name: a, sha256: "{HASH}", scope: {{service: [a]}}}}]',
        f'tokens: [{{name: a, sha256: "{HASH}", scope: {{services: a}}}}]',
        f'tokens: [{{name: a, sha256: "{HASH[:-1]}", scope: all}}]',
        f'tokens: [{{name: a, sha256: "{HASH.upper()}", scope: all}}]',
        f'tokens: [{{name: a, sha256: "{HASH}", scope: all, expires: soon}}]',
        f'tokens: [{{name: a, sha256: "{HASH}", scope: all, expires: null, x: 1}}]',
        f'tokens: [{{name: a, sha256: "{HASH}", scope: all, scope: all}}]',
        "tokens:\n" + 2 * f'  - {{name: a, sha256: "{HASH}", scope: all}}\n',
    ],
)
def test_a_file_that_is_wrong_stops_the_start(tmp_path: Path, text: str) -> None:
    with pytest.raises(TokensError, match=r"tokens\.yaml"):
        load(tmp_path, text)


def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(TokensError, match="cannot be read"):
        load_grants(tmp_path / "none")


@pytest.mark.parametrize(
    ("expires", "valid"),
    [("2026-11-24T00:00:01Z", True), ("2026-11-24", False), ("2026-11-25", True)],
)
def test_a_token_is_valid_until_it_expires(tmp_path: Path, expires: str, valid: bool) -> None:  # noqa: FBT001 - of a table
    grants = load(
        tmp_path, f'tokens: [{{name: a, sha256: "{HASH}", scope: all, expires: {expires}}}]'
    )
    assert (find_grant(grants, "secret", NOW) is not None) is valid


def test_another_token_opens_nothing(tmp_path: Path) -> None:
    grants = load(tmp_path, f'tokens: [{{name: a, sha256: "{HASH}", scope: all}}]')
    assert find_grant(grants, "secre", NOW) is None
    assert find_grant(grants, HASH, NOW) is None


@pytest.mark.parametrize(
    ("scope", "labels", "is_seen"),
    [
        (Scope(quotas=("q",), sees_bytes=False), {}, True),
        (Scope(quotas=("q",), sees_bytes=False), {"consumer": "a"}, True),
        (Scope(quotas=("other",), sees_bytes=False), {"consumer": "a"}, False),
        (Scope(services=("s",), quotas=("q",)), {"service": "s"}, True),
        (Scope(services=("s",), quotas=("q",)), {"service": "s", "consumer": "a"}, True),
        (Scope(services=("s",), quotas=("q",)), {"service": "t"}, False),
        # Over all services, or over several.
        (Scope(services=("s",), quotas=("q",)), {"consumer": "a"}, False),
        (Scope(services=("s",), quotas=("q",)), {}, False),
        (Scope(services=("s", ""), quotas=("q",)), {"consumer": "a"}, False),
        (Scope(consumers=("a",), quotas=("q",)), {"consumer": "a"}, True),
        (Scope(consumers=("a",), quotas=("q",)), {"consumer": "b"}, False),
        (Scope(consumers=("a",), quotas=("q",)), {"service": "s"}, False),
        (Scope(services=("s",), consumers=("a",), quotas=("q",)), {"consumer": "a"}, False),
        (
            Scope(services=("s",), consumers=("a",), quotas=("q",)),
            {"service": "s", "consumer": "a"},
            True,
        ),
        (Scope(services=(), quotas=("q",)), {"service": "s"}, False),
        (ALL, {}, True),
    ],
)
def test_an_entry_is_seen_if_all_that_it_counts_is(
    scope: Scope, labels: dict[str, str], *, is_seen: bool
) -> None:
    assert sees_quota(scope, "q", labels) is is_seen
