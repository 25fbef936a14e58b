"""The endpoint that an address and the environment make, and mistakes, which show no secret."""

from collections.abc import Callable
from pathlib import Path

import pytest

from quotas.prometheus import endpoint as under_test
from quotas.prometheus.endpoint import Endpoint, make_endpoint
from quotas.settings import SettingsError
from tests.integration.support.scripted_smtp import make_certificate

URL = "https://mimir:9009/prometheus"
Write = Callable[[str | bytes], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a file and returns its path."""

    def write_file(content: str | bytes) -> str:
        path = tmp_path / "file"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write_file


def mistakes(url: str = URL, **environ: str) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        make_endpoint(url, environ)
    return str(raised.value).splitlines()


def headers_of(**environ: str) -> dict[str, str]:
    return dict(make_endpoint(URL, environ).headers.headers)


def test_without_settings_it_is_the_address() -> None:
    assert make_endpoint(f"{URL}/", {}) == Endpoint(URL)


@pytest.mark.parametrize(
    ("login", "pair"),
    [
        ("me:p%40ss%3Aw%2Frd", "bWU6cEBzczp3L3Jk"),
        ("me", "bWU6"),
        ("me@example.com:x", "bWVAZXhhbXBsZS5jb206eA=="),
    ],
)
def test_user_and_password_of_the_address_become_a_header(login: str, pair: str) -> None:
    found = make_endpoint(f"https://{login}@[::1]:9009/prometheus", {})
    assert found.url == "https://[::1]:9009/prometheus"
    assert found.headers.headers == (("Authorization", f"Basic {pair}"),)
    assert pair not in repr(found)


def test_headers_come_from_a_file_with_comments_and_empty_lines(write: Write) -> None:
    path = write("# tenants\nX-Scope-OrgID: team-a|team-b \r\n\nAuthorization:\tBasic bWU6eA==\n")
    assert headers_of(PROMETHEUS_HEADERS_FILE=path) == {
        "X-Scope-OrgID": "team-a|team-b",
        "Authorization": "Basic bWU6eA==",
    }


def test_a_token_is_a_bearer_token(write: Write) -> None:
    assert headers_of(PROMETHEUS_TOKEN="abc") == {"Authorization": "Bearer abc"}
    assert headers_of(PROMETHEUS_TOKEN_FILE=write("abc\n")) == {"Authorization": "Bearer abc"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("X-A: hush\nhush\n", "has no header in line 2; write a name, a colon and a value"),
        ("hush hush: x", "has no header in line 1; "),
        ("X-A:", "has no header in line 1; "),
        (": hush", "has no header in line 1; "),
        ("X-A: hush\x00", "has no header in line 1; "),
        ("X-A: hüsh", "has no header in line 1; "),
        ("X-A: a\x85X-B: hush", "has no header in line 1; "),
        (b"X-A: hush\xff", "has no header in line 1; "),
        ("X-A: 1\nx-a: hush", "sets x-a in line 2 again; keep one of these lines"),
        ("content-length: 99", "sets content-length in line 1, which each request sets; remove it"),
        ("\n".join(f"X-{n}: hush" for n in range(51)), "has 51 headers; the most are 50"),
        ("X-A: hush\n" * 10_000, "is larger than 65,536 bytes; a header needs few"),
    ],
)
def test_a_file_of_other_lines_is_refused_without_showing_them(
    write: Write, content: str | bytes, expected: str
) -> None:
    path = write(content)
    [mistake] = mistakes(PROMETHEUS_HEADERS_FILE=path)
    assert mistake.startswith(f'PROMETHEUS_HEADERS_FILE: "{path}" {expected}')
    assert "hush" not in mistake
    assert "hüsh" not in mistake


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    [mistake] = mistakes(PROMETHEUS_HEADERS_FILE=str(tmp_path))
    assert mistake == (
        f'PROMETHEUS_HEADERS_FILE: "{tmp_path}" cannot be read (Is a directory); '
        f"name a readable file"
    )


def test_a_wrong_token_is_refused_without_showing_it() -> None:
    [mistake] = mistakes(PROMETHEUS_TOKEN="hush hush")
    assert mistake.startswith("PROMETHEUS_TOKEN: has characters that a header cannot carry")
    assert "hush" not in mistake


@pytest.mark.parametrize("url", ["me:hush@mimir", "ftp://me:hush@mimir", "http://me:hush@mimir:x"])
def test_a_wrong_address_is_refused_without_its_password(url: str) -> None:
    [mistake] = mistakes(url)
    assert "***@mimir" in mistake
    assert "is not the address of a Prometheus; write http:// or https://" in mistake
    assert "hush" not in mistake


def test_only_one_authorization_can_be_sent(write: Write) -> None:
    path = write("authorization: Basic hush")
    [mistake] = mistakes(PROMETHEUS_HEADERS_FILE=path, PROMETHEUS_TOKEN="hush")
    assert mistake.startswith("PROMETHEUS_HEADERS_FILE and PROMETHEUS_TOKEN each say who asks ")
    [mistake] = mistakes("http://me:hush@mimir", PROMETHEUS_TOKEN="hush")
    assert mistake.startswith("PROMETHEUS_TOKEN and the address each say who asks Prometheus")
    assert "hush" not in mistake


def test_a_file_of_certificates_is_used(tmp_path: Path) -> None:
    certificate, _ = make_certificate(tmp_path, "localhost")
    found = make_endpoint(URL, {under_test.CA_FILE: str(certificate)})
    assert found.ca_file == str(certificate)


@pytest.mark.parametrize("content", ["", "no certificate", b"\xff"])
def test_a_file_without_certificates_is_refused(write: Write, content: str | bytes) -> None:
    path = write(content)
    [mistake] = mistakes(PROMETHEUS_CA_FILE=path)
    assert mistake.startswith(
        f'PROMETHEUS_CA_FILE: "{path}" holds no certificates that can be used ('
    )


def test_a_file_of_certificates_that_is_not_there_is_named() -> None:
    [mistake] = mistakes(PROMETHEUS_CA_FILE="/none")
    assert 'PROMETHEUS_CA_FILE: "/none" holds no certificates' in mistake
    assert "(No such file or directory)" in mistake


def test_all_mistakes_are_reported_at_once() -> None:
    found = mistakes("mimir", PROMETHEUS_CA_FILE="/none", PROMETHEUS_TOKEN="a b")
    assert len(found) == 3
