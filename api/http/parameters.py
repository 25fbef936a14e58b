"""Check the parameters of a request, and report every mistake at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, fields

from quotas.file.values import nearest

_LONGEST_SHOWN = 80


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
            for name, messages in error.messages_dict.items()
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
        _shorten(name), value, f"one of the parameters {', '.join(known)}{nearest(name, known)}"
    )


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."
