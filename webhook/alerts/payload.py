"""The payload of Alertmanager, and of Grafana: from a request's body to dataclasses.

Both have the same fields. Their ``version`` differs, and is ignored:
https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

FIRING = "firing"
RESOLVED = "resolved"
MOST_MISTAKES = 20
LARGEST_BODY_BYTES = 10 * 1024 * 1024
MOST_ALERTS = 10_000
# Braces, brackets and commas, which are counted before anything is parsed. An alert has about 25.
MOST_ELEMENTS = 500_000
_FNV_OFFSET, _FNV_PRIME, _FNV_MASK = 0xCBF29CE484222325, 0x100000001B3, 0xFFFFFFFFFFFFFFFF


class PayloadError(ValueError):
    """The body is no payload. The message names the places that are wrong."""


class PayloadTooLargeError(PayloadError):
    """The body has too many bytes, alerts or other elements. It takes little work to find out."""


@dataclass(frozen=True)
class Alert:
    """An alert. ``starts_at`` and ``ends_at`` are aware, in UTC, or None if they are unknown."""

    status: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    generator_url: str = ""
    fingerprint: str = ""

    @property
    def name(self) -> str:
        """The alert's name, or an empty string if it has none."""
        return self.labels.get("alertname", "")


@dataclass(frozen=True)
class Payload:
    """One request: the alerts of one group."""

    alerts: tuple[Alert, ...]
    group_key: str = ""
    receiver: str = ""
    truncated_alerts: int = 0
    external_url: str = ""


def parse_payload(body: bytes) -> Payload:
    """Return the payload in a request's body.

    Unknown fields are ignored. An optional field may also be null.

    Raises:
        PayloadTooLargeError: the body is larger than LARGEST_BODY_BYTES, MOST_ALERTS or
            MOST_ELEMENTS.
        PayloadError: the body is not JSON, or no payload.

    """
    _check_size(body)
    try:
        document = json.loads(body.decode("utf-8"))
    except ValueError as error:
        raise PayloadError(f"the body is not JSON in UTF-8: {error}") from error
    except RecursionError as error:
        raise PayloadError("the body is JSON nested too deep to be a payload") from error
    if not isinstance(document, dict):
        raise PayloadError(
            "the body is not a JSON object; send the payload of Alertmanager or Grafana"
        )
    alerts = document.get("alerts")
    if isinstance(alerts, list) and len(alerts) > MOST_ALERTS:
        raise PayloadTooLargeError(f"it has {len(alerts):,} alerts; the most are {MOST_ALERTS:,}")
    try:
        payload: Payload = _PayloadSchema().load(document)
    except ValidationError as error:
        mistakes = _list_mistakes(error.messages)
        raise PayloadError(f"the body is no payload of Alertmanager: {mistakes}") from error
    return payload


def fingerprint_of(labels: Mapping[str, str]) -> str:
    """Return the fingerprint that Alertmanager gives an alert with these labels.

    It is FNV-1a of 64 bits over the sorted labels:
    https://github.com/prometheus/common/blob/main/model/signature.go

    >>> fingerprint_of({})
    'cbf29ce484222325'
    """
    number = _FNV_OFFSET
    for name in sorted(labels):
        text = f"{name}\0{labels[name]}\0".encode("utf-8", "backslashreplace")
        for byte in text.replace(b"\0", b"\xff"):
            number = (number ^ byte) * _FNV_PRIME & _FNV_MASK
    return f"{number:016x}"


def _check_size(body: bytes) -> None:
    if len(body) > LARGEST_BODY_BYTES:
        raise PayloadTooLargeError(f"it is larger than {LARGEST_BODY_BYTES:,} bytes")
    elements = sum(body.count(mark) for mark in (b"{", b"[", b","))
    if elements > MOST_ELEMENTS:
        raise PayloadTooLargeError(
            f"it has more than {MOST_ELEMENTS:,} elements (braces, brackets and commas)"
        )


def _list_mistakes(messages: Any) -> str:
    """Return the first of marshmallow's nested messages as ``alerts.0.labels: Missing data``."""
    lines: list[str] = []
    waiting: list[tuple[str, Any]] = [("", messages)]
    while waiting and len(lines) < MOST_MISTAKES:
        path, found = waiting.pop(0)
        if isinstance(found, dict):
            waiting[:0] = [(f"{path}.{key}".lstrip("."), value) for key, value in found.items()]
        else:
            lines.append(f"{path}: {' '.join(map(str, found))}")
    return "; ".join(lines)


class _Time(fields.Field[datetime | None]):
    """A point in time, or None if it cannot be read: the alert matters more than its time."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime | None:
        try:
            time = datetime.fromisoformat(value)
            # Go writes an unset time, such as the end of a firing alert, as the year 1.
            if time.tzinfo is None or time.year == 1:
                return None
            return time.astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            return None


class _Strings(fields.Dict):
    """A map of strings to strings. Null becomes an empty map, and null values are left out."""

    def __init__(self, *, required: bool = False) -> None:
        super().__init__(
            keys=fields.String(),
            values=fields.String(allow_none=True),
            required=required,
            allow_none=True,
        )

    def deserialize(self, value: Any, *args: Any, **options: Any) -> Any:
        strings = super().deserialize(value, *args, **options)
        if not isinstance(strings, dict):
            return {}
        return {name: text for name, text in strings.items() if text is not None}


class _AlertSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    status = fields.String(required=True, validate=validate.OneOf([FIRING, RESOLVED]))
    labels = _Strings(required=True)
    annotations = _Strings()
    starts_at = _Time(data_key="startsAt", allow_none=True)
    ends_at = _Time(data_key="endsAt", allow_none=True)
    generator_url = fields.String(data_key="generatorURL", allow_none=True)
    fingerprint = fields.String(allow_none=True)

    @post_load
    def _make(self, values: dict[str, Any], **_: Any) -> Alert:
        given = _without_nulls(values)
        given["fingerprint"] = given.get("fingerprint") or fingerprint_of(given["labels"])
        return Alert(**given)


class _PayloadSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    alerts = fields.List(fields.Nested(_AlertSchema), required=True)
    group_key = fields.String(data_key="groupKey", allow_none=True)
    receiver = fields.String(allow_none=True)
    truncated_alerts = fields.Integer(data_key="truncatedAlerts", allow_none=True)
    external_url = fields.String(data_key="externalURL", allow_none=True)

    @post_load
    def _make(self, values: dict[str, Any], **_: Any) -> Payload:
        return Payload(**_without_nulls(values | {"alerts": tuple(values["alerts"])}))


def _without_nulls(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
