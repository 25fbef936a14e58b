"""Check the parameters of a request, and report every mistake at once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl

from marshmallow import Schema, ValidationError, fields

from quotas.file.values import did_you_mean

# A hundred values of the greatest length fit, or five hundred of usual ones. Gunicorn's worker
# takes twice as much.
MOST_QUERY_BYTES = 128 * 1024
MOST_PARAMETERS = 1_000
# Of more mistakes, nobody reads the rest.
_MOST_MISTAKES = 100
_LONGEST_SHOWN = 80
_HALF_PAIR = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class WrongParameter:
    """A parameter, its value (None if it is missing) and what is expected instead."""

    parameter: str
    value: str | None
    expected: str


class ParametersError(Exception):
    """Parameters of a request are wrong; ``mistakes`` holds each of them."""

    def __init__(self, mistakes: Sequence[WrongParameter]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(f"{m.parameter}: expected {m.expected}" for m in mistakes))


class QueryTooLongError(Exception):
    """The query string is too long."""

    def __init__(self, size_bytes: int) -> None:
        super().__init__(
            f"the query string has {size_bytes} bytes, at most {MOST_QUERY_BYTES} are read; ask "
            f"for fewer values"
        )


def read_query(query: bytes) -> dict[str, list[str]]:
    """Return the values of each parameter of a query string, in its order.

    Raises:
        QueryTooLongError: it has more than MOST_QUERY_BYTES.
        ParametersError: a name or value is not UTF-8, or there are too many.

    """
    if len(query) > MOST_QUERY_BYTES:
        raise QueryTooLongError(len(query))
    if query.count(b"&") >= MOST_PARAMETERS:
        count = query.count(b"&") + 1
        expected = f"at most {MOST_PARAMETERS} parameters, not {count}"
        raise ParametersError([WrongParameter("", None, expected)])
    # Bytes that are not UTF-8 become halves of surrogate pairs, which UTF-8 itself cannot contain.
    text = query.decode("utf-8", "surrogateescape")
    given: dict[str, list[str]] = {}
    mistakes = []
    for name, value in parse_qsl(text, keep_blank_values=True, errors="surrogateescape"):
        given.setdefault(name, []).append(value)
        if _HALF_PAIR.search(name + value):
            mistakes.append(WrongParameter(_escape(name), _escape(value), "text in UTF-8"))
    if mistakes:
        raise ParametersError(mistakes)
    return given


def _escape(text: str) -> str:
    return _shorten(text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))


def load_parameters(schema: Schema, given: Mapping[str, Sequence[str]]) -> Any:
    """Return the parameters of a request as the schema loads them.

    Args:
        schema: the schema of the parameters.
        given: the values of each parameter, in the order of the query string.

    Raises:
        ParametersError: it holds each parameter that is wrong.

    """
    known = {field.data_key or key: field for key, field in schema.load_fields.items()}
    many = {name for name, field in known.items() if isinstance(field, fields.List)}
    mistakes = list(_find_repeated(given, many))
    try:
        loaded = schema.load(
            {name: values if name in many else values[0] for name, values in given.items()}
        )
    except ValidationError as error:
        reported = {mistake.parameter for mistake in mistakes}
        mistakes += [
            _describe(list(known), given, name, messages)
            for name, messages in islice(error.messages_dict.items(), _MOST_MISTAKES)
            if name not in reported
        ]
    if mistakes:
        raise ParametersError(sorted(mistakes, key=lambda mistake: mistake.parameter))
    return loaded


def _find_repeated(given: Mapping[str, Sequence[str]], many: set[str]) -> Iterator[WrongParameter]:
    for name, values in given.items():
        if len(values) > 1 and name not in many:
            yield WrongParameter(
                _shorten(name), _shorten(values[0]), f"one value, not {len(values)}"
            )


def _describe(
    known: Sequence[str],
    given: Mapping[str, Sequence[str]],
    name: str,
    messages: list[str],
) -> WrongParameter:
    value = _shorten(", ".join(given[name])) if name in given else None
    if name in known:
        return WrongParameter(name, value, messages[0])
    return WrongParameter(
        _shorten(name),
        value,
        f"one of the parameters {', '.join(known)}{did_you_mean(name, known)}",
    )


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."
