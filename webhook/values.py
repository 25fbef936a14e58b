"""What a variable's value must be, and what it is then: one function for each kind.

Each raises ValueError, whose message says what is wrong with the value and what is allowed.
"""

import ipaddress
from email.headerregistry import Address
from email.utils import parseaddr

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from webhook.mail.links import web_url

LARGEST_PORT = 65_535
LARGEST_DAYS = 3_650
_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off")


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def parse_flag(text: str) -> bool:
    """Return whether a text says yes."""
    if text.lower() in _TRUE + _FALSE:
        return text.lower() in _TRUE
    raise ValueError(f"is neither yes nor no; write one of {', '.join(_TRUE + _FALSE)}")


def parse_port(text: str) -> int:
    """Return a port."""
    if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= LARGEST_PORT:
        return int(text)
    raise ValueError(f"is not a port; write a number from 1 to {LARGEST_PORT}")


def parse_host(text: str) -> str:
    """Return the name or address of a host."""
    if all("!" <= character <= "~" for character in text) and "/" not in text:
        return text
    raise ValueError('is not a host; write a name or an address, such as "smtp.example.com"')


def parse_database_url(text: str) -> str:
    """Return the address of a database that the store can use.

    Raises:
        ValueError: it is none.

    """
    try:
        url = make_url(text)
    except ArgumentError:
        url = make_url("none://")
    # Each connection to one in memory would be another one, and a restart would lose it.
    in_file = url.database not in (None, "", ":memory:") and "mode" not in url.query
    if url.drivername in ("sqlite", "sqlite+pysqlite") and in_file:
        return text
    if url.drivername == "postgresql+psycopg" and url.database:
        return text
    raise ValueError(
        "is no database that can be used; write sqlite:////path/of/outbox.db or "
        "postgresql+psycopg://user:password@host/name"
    )


def add_password(database_url: str, password: str) -> str:
    """Return the address with this password, if it has a user and no password of its own."""
    if not database_url or not password:
        return database_url
    url = make_url(database_url)
    if not url.username or url.password is not None:
        return database_url
    return url.set(password=password).render_as_string(hide_password=False)


def parse_days(text: str) -> int:
    """Return a number of days."""
    if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= LARGEST_DAYS:
        return int(text)
    raise ValueError(f"is no number of days; write one from 1 to {LARGEST_DAYS}")


def parse_address(text: str) -> str:
    """Return the address of a web page, nothing, or ``none``, which nothing links to."""
    if text in ("", "none") or web_url(text):
        return text
    raise ValueError(
        'is no address of a web page; write such as "https://grafana.example.com/", or "none"'
    )


def parse_sender(text: str) -> Address:
    """Return whom mail is from."""
    name, address = parseaddr(text)
    if text.isprintable():
        try:
            sender = Address(display_name=name, addr_spec=address)
        except (ValueError, IndexError):  # what the parser raises differs with the mistake
            sender = Address()
        if sender.username and sender.domain and sender.addr_spec.isascii():
            return sender
    raise ValueError(
        'is not a sender; write "quotas@example.com" or "Gateway quotas <quotas@example.com>"'
    )
