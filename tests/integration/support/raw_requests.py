"""Requests to the webhook as bytes, in parts and at moments that a test chooses."""

import socket

from tests.integration.support.webhook_app import TOKEN

HOST = "127.0.0.1"
TIMEOUT_SECONDS = 40


def connect(port: int, *parts: bytes) -> socket.socket:
    """Return a connection that has sent these bytes."""
    connection = socket.create_connection((HOST, port), TIMEOUT_SECONDS)
    for part in parts:
        connection.sendall(part)
    return connection


def read_all(connection: socket.socket) -> bytes:
    """Return all bytes until the server closes the connection."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def head(*headers: str) -> bytes:
    """Return the head of a post with the token."""
    lines = ["POST /alerts HTTP/1.1", f"Host: {HOST}", "Content-Type: application/json"]
    return "\r\n".join([*lines, f"Authorization: Bearer {TOKEN}", *headers, "", ""]).encode()
