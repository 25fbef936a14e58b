"""Splits PromQL into tokens, so that two spellings of the same query compare equal.

Prometheus shows a query in its own notation, not in that of the rule file.
"""

import json
import re

from quotas.units import read_duration

# Strings, numbers with an exponent, words (names, numbers and durations), and other characters.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[0-9.]+e[+-]?[0-9]+|[A-Za-z0-9_.:]+|[^\sA-Za-z0-9_.:"]')
_MATCHER = re.compile(r'[^",]+"(?:[^"\\]|\\.)*"')
# An escape of Go that JSON does not have (\U0001f680), or any other escape.
_ESCAPE = re.compile(r"\\(?:U([0-9a-f]{8})|.)")
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)


def tokenize(query: str) -> tuple[str, ...]:
    """Return the tokens of a query, without its layout, its comments and its forms of numbers."""
    words = (_normalise(word) for word in _TOKEN.findall(_COMMENT.sub("", query)))
    tokens: list[str] = []
    for word in words:
        if word == "{":
            # Prometheus sorts the matchers of a selector.
            selector = "".join(iter(lambda: next(words, "}"), "}"))
            tokens.append(str(sorted(_MATCHER.findall(selector))))
        elif word != ",":
            tokens.append(word)
    return tuple(tokens)


def _normalise(word: str) -> str:
    if word.startswith('"'):
        plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[0], word)
        return json.dumps(json.loads(plain))
    if not word[0].isdigit():
        return word
    for read in (float, read_duration):
        try:
            return repr(float(read(word)))
        except ValueError:
            continue
    return word
