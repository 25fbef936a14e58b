"""What the tests of mistakes share: files with one mistake, and messages that occur often."""

import pytest

from quotas.file.document import DocumentError
from quotas.file.loading import parse_quotas
from quotas.file.schema import QuotaSchema

NOTIFY = "notify: [ops@example.com]"
ONE_QUOTA = f"quotas: [{{name: a, limit: 1 B, {NOTIFY}}}]\n"

# Lists that messages contain.
QUOTA_KEYS = ", ".join(field.data_key or name for name, field in QuotaSchema().fields.items())
LABELS = "service, route, consumer, workspace, direction"
UNITS = "B, kB, MB, GB, TB, PB, KiB, MiB, GiB, TiB, PiB"

# Parts of messages, after what was found.
EXPECTED_CALENDAR = "expected one of hour, day, week, month"
EXPECTED_TEXT = "expected text; put it in quotes if it is meant"
EXPECTED_PERCENT = "expected a number of percent such as 80"
EXPECTED_THRESHOLD = "expected more than 0 and at most 1000 percent, with two decimals at most"
NOT_A_NAME = (
    "is not a name; write 1 to 63 of a-z, 0-9, dot, underscore and hyphen, the first a letter or "
    'digit, for example "bun-egress"'
)
NOT_A_REGEX = "is not a regular expression that Prometheus takes (RE2)"
NOT_A_ZONE = 'is not a time zone; write an IANA name such as "Europe/Berlin"'
NOT_A_DURATION = 'is not a duration; write for example "90s", "5m" or "1h30m"'
NOT_AN_ADDRESS = 'is not a mail address; write for example "ops@example.com"'
NOT_A_LABEL = (
    "is not a label name; write a-z, A-Z, 0-9 and underscores, the first no digit, and not two "
    "underscores in front"
)


def mistakes_in(text: str) -> list[str]:
    """Return every mistake in a quotas.yaml, in the order of the file."""
    with pytest.raises(DocumentError) as caught:
        parse_quotas(text.encode())
    return [str(mistake) for mistake in sorted(caught.value.mistakes)]


def quota_with(line: str) -> str:
    """Return a file with one quota, which begins at line 3 and has this line as line 5."""
    return f"version: 1\nquotas:\n  - name: a\n    {NOTIFY}\n    {line}\n    limit: 1 GB\n"
