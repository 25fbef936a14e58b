"""The test mails of a quota, from payloads as Alertmanager would post them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from quotas.model import Quota, QuotaFile
from webhook.alerts.events import Event, QuotaEvent
from webhook.alerts.payload import Payload, parse_payload
from webhook.mail.formatting import format_amount, format_percent
from webhook.mail.wording import name_event
from webhook.preview.alerts import Step, make_steps
from webhook.preview.numbers import Numbers, read_numbers
from webhook.recipients import recipients_of, select_events
from webhook.store.outbox import Mail
from webhook.usage.reading import UsageReader


class Compose(Protocol):
    """Writes the mails: ``compose_mails`` with the sender and the addresses filled in."""

    def __call__(
        self,
        by_recipient: Mapping[str, Sequence[Event]],
        payload: Payload,
        now: datetime,
        *,
        test_note: str,
    ) -> Sequence[Mail]:
        """Return the mails of each recipient."""


@dataclass(frozen=True)
class Preview:
    """The mails at one event, one for each recipient. They differ only in the recipient.

    ``is_real`` says whether their numbers are those of Prometheus.
    """

    name: str
    mails: tuple[Mail, ...]
    is_real: bool = False


def make_previews(
    quota: Quota,
    quotas: QuotaFile,
    usage: UsageReader | None,
    compose: Compose,
    now: datetime,
    *,
    recipient: str = "",
) -> tuple[Preview, ...]:
    """Return what the recipients of a quota would get at each event.

    Args:
        quota: one of the quotas.
        quotas: the current content of quotas.yaml.
        usage: reads the present usage. None if there is no Prometheus.
        compose: writes the mails.
        now: the current time (aware, UTC).
        recipient: who gets all mails instead of the recipients in quotas.yaml, if not empty.

    """
    numbers = read_numbers(quota, usage, now)
    previews = []
    for step in make_steps(quota, quotas, numbers, now):
        payload = parse_payload(step.body)
        for event in select_events(payload.alerts, quotas, now):
            to = (recipient,) if recipient else recipients_of(event, quotas)
            note = _describe_test(step, event, quota, numbers)
            mails = compose(dict.fromkeys(to, (event,)), payload, now, test_note=note)
            previews.append(Preview(step.name, tuple(mails), step.is_real))
    return tuple(previews)


def _describe_test(step: Step, event: Event, quota: Quota, numbers: Numbers) -> str:
    test = "This is a test: nothing has happened, and there is nothing to do."
    if step.is_real:
        return f"{test} The numbers are those of Prometheus."
    if numbers.used_bytes is None:
        return f"{test} The numbers are examples, because {numbers.missing}."
    used = format_amount(numbers.used_bytes, quota.limit_bytes, quota.limit_unit)
    limit = format_amount(quota.limit_bytes, quota.limit_bytes, quota.limit_unit)
    percent = format_percent(numbers.used_bytes, quota.limit_bytes)
    name = name_event(event) if isinstance(event, QuotaEvent) else quota.name
    return f"{test} Its usage is an example: {name} has used {used} of {limit} so far ({percent})."
