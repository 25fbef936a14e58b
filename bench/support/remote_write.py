"""Write samples into a running Prometheus, as a Prometheus that forwards its own does.

They get where scrapes of the last two hours are: into its memory. Blocks on the disk, which
promtool can write, are read at another cost. The protocol is protobuf in snappy frames; both are
written here by hand, since all that is needed of them is a page.
https://prometheus.io/docs/specs/prw/remote_write_spec/
"""

import struct
from collections.abc import Iterable, Mapping, Sequence

import requests

TIMEOUT_SECONDS = 60
SERIES_IN_REQUEST = 500
_LONGEST_LITERAL = 65_536
_LITERAL_OF_TWO_BYTE_LENGTH = 61 << 2

# Labels, with the name as __name__, and samples: times in seconds and values.
Series = tuple[Mapping[str, str], Sequence[tuple[float, float]]]


def write(url: str, series: Iterable[Series]) -> None:
    """Write series into the Prometheus at an address; each series' samples are in order of time.

    Raises:
        requests.RequestException: it does not take them.

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
    """Return a protobuf field of bytes."""
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _snappy(content: bytes) -> bytes:
    """Return content as snappy takes it: all of it literal, none of it made smaller."""
    parts = [_varint(len(content))]
    for start in range(0, len(content), _LONGEST_LITERAL):
        literal = content[start : start + _LONGEST_LITERAL]
        parts += [
            bytes([_LITERAL_OF_TWO_BYTE_LENGTH]),
            struct.pack("<H", len(literal) - 1),
            literal,
        ]
    return b"".join(parts)
