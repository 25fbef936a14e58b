"""Finds chains of ``or`` in PromQL that are not nested to the right.

VictoriaMetrics, since 1.150, keeps both series of ``(a or b)`` in range queries when a third term
follows. ``a or (b or c)`` means the same, and every engine gets it right.
"""

from collections.abc import Iterator

from quotas.prometheus.promql_tokens import tokenize


def left_nested(query: str) -> str:
    """Return the tokens before the first ``or`` whose left side is an ``or``; empty without any."""
    return _Reader(iter(tokenize(query))).find()


class _Reader:
    def __init__(self, tokens: Iterator[str]) -> None:
        self._tokens = tokens
        self._seen: list[str] = []
        self._found = ""

    def find(self) -> str:
        self._read_level()
        return self._found

    def _read_level(self) -> bool:
        """Read until the end of a pair of parentheses; return whether it has an ``or`` itself."""
        has_or = False
        # Whether the operand so far is nothing but a pair of parentheses with an ``or`` inside.
        is_chain, is_empty = False, True
        for token in self._tokens:
            self._seen.append(token)
            if token == ")":
                break
            if token == "or":
                if (has_or or is_chain) and not self._found:
                    self._found = " ".join(self._seen)
                has_or, is_chain, is_empty = True, False, True
                continue
            inner = token == "(" and self._read_level()
            is_chain = inner and is_empty
            is_empty = False
        # Parentheses around nothing but parentheses with an ``or`` are such a chain, too.
        return has_or or is_chain
