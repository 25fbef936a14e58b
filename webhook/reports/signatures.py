"""The functions that read and write reports, as types for modules that are passed them."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from quotas.model import Quota
from webhook.store.outbox import Mail
from webhook.usage.model import Reported, ReportSpan

# Reads the figures of quotas until a function says stop.
Read = Callable[[Sequence[Quota], ReportSpan, datetime, Callable[[], bool]], Reported]
# Writes one mail for each recipient.
Write = Callable[[ReportSpan, Reported, datetime], Iterator[Mail]]
# Writes the reports as text, one for each group of recipients.
Show = Callable[[ReportSpan, Reported], Iterator[str]]
