"""Write samples into a running Prometheus with the remote write protocol.

The samples are then in the memory of Prometheus, as scrapes of the last two hours are. Blocks on
disk, which promtool can write, have another cost. The protocol is protobuf compressed with snappy.
Both are written by hand, since only a small part of them is needed.
https://prometheus.io/docs/specs/prw/remote_write_spec/
"""

import struct
from collections.abc import Iterable, Mapping, Sequence

import requests

TIMEOUT_SECONDS = 60
SERIES_IN_REQUEST = 500
_LONGEST_LITERAL = 65_536
_LITERAL_OF_TWO_BYTE_LENGTH = 61 << 2

# The labels, with the name as __name__, and the samples: Unix seconds and value.
Series = tuple[Mapping[str, str], Sequence[tuple[float, float]]]


def write(url: str, series: Iterable[Series]) -> None:
    """Write series into a Prometheus. The samples of each series must be sorted by time.

    Raises:
        requests.RequestException: Prometheus cannot be reached or refuses them.

    """
    batch: list[bytes] = []
    for labels, samples in series:
        batch.append(_field(1, _series(labels, samples)))
        if len(batch) == SERIES_IN_REQUEST:
            _post(url, b"".join(batch))
            batch = []
    _post(url, b"".join(batch))


def _post(url: str, message: bytes) -> None:
    response = requests.post(
        f"{url}/api/v1/write",
        data=_snappy(message),
        headers={
            "Content-Encoding": "snappy",
            "Content-Type": "application/x-protobuf",
            "X-Prometheus-Remote-Write-Version": "0.1.0",
        },
        timeout=TIMEOUT_SECONDS,
    )
    response.raise_for_status()


def _series(labels: Mapping[str, str], samples: Sequence[tuple[float, float]]) -> bytes:
    parts = [
        _field(1, _field(1, name.encode()) + _field(2, labels[name].encode()))
        for name in sorted(labels)
    ]
    for time, value in samples:
        sample = b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(round(time * 1000))
        parts.append(_field(2, sample))
    return b"".join(parts)


def _field(number: int, content: bytes) -> bytes:
    """Return a protobuf field that holds bytes."""
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits per byte
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _snappy(content: bytes) -> bytes:
    """Return content in the format of snappy, without compressing it."""
    parts = [_varint(len(content))]
    for start in range(0, len(content), _LONGEST_LITERAL):
        literal = content[start : start + _LONGEST_LITERAL]
        parts += [
            bytes([_LITERAL_OF_TWO_BYTE_LENGTH]),
            struct.pack("<H", len(literal) - 1),
            literal,
        ]
    return b"".join(parts)
