"""Whole numbers in query strings, read alike by both applications."""

import re
from typing import Any

from marshmallow import ValidationError, fields

_DIGITS = re.compile("[1-9][0-9]{0,18}")


class WholeNumber(fields.Field[int]):
    """A whole number from 1 to ``most``, in plain digits: neither ``+5`` nor ``1_0`` nor ``٣``."""

    def __init__(self, *, most: int, **more: Any) -> None:
        self.most = most
        # For the OpenAPI document.
        more["metadata"] = {**more.get("metadata", {}), "minimum": 1, "maximum": most}
        super().__init__(**more)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if _DIGITS.fullmatch(value) and int(value) <= self.most:
            return int(value)
        raise ValidationError(f"a whole number from 1 to {self.most}")
