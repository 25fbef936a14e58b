"""Names with labels, and numbers, as Kong's plugin writes them (prometheus.lua)."""

from collections.abc import Mapping

# A key in Kong's shared dictionary, which is a metric's name with labels, and its value.
Sample = tuple[str, float]


def full_name(name: str, labels: Mapping[str, object]) -> str:
    """Return a name with its labels in the given order, such as ``up{job="kong"}``.

    Kong escapes backslashes and quotes, and nothing else.
    """
    if not labels:
        return name
    parts = (f'{label}="{_escaped(str(value))}"' for label, value in labels.items())
    return f"{name}{{{','.join(parts)}}}"


def format_number(value: float) -> str:
    """Return a number as Lua's tostring writes it.

    C's %.14g writes it, so that values from 1e14 on have an exponent and lose their last digits.
    LuaJIT writes other values as nan, inf and -inf (src/lj_strfmt_num.c).
    """
    return format(float(value), ".14g")


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"")
