"""Cells of CSV files that people open in a spreadsheet."""

from typing import Any

# A spreadsheet takes text that begins with these for a formula. Some take the full-width forms for
# the same: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def harmless(value: Any) -> Any:
    """Return a value; a text that a spreadsheet would calculate gets an apostrophe in front."""
    if isinstance(value, str) and value.startswith(_FORMULAS):
        return f"'{value}"
    return value
