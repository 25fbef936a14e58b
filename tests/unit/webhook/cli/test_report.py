"""flask --app webhook report, with figures that a test makes up."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from quotas.accounting_options import Accounting
from quotas.calendars import MONTH
from quotas.model import Quota, QuotaFile
from webhook.cli.report import register
from webhook.store.database import Store
from webhook.store.outbox import Mail
from webhook.usage.model import Figures, Reported, ReportSpan

QUOTAS = QuotaFile(Accounting(), (), (Quota("team", 1, report=MONTH, notify=("a@example.com",)),))


def read(quotas: Sequence[Quota], *_: object) -> Reported:
    return [(quota, Figures("period")) for quota in quotas]


def write(span: ReportSpan, _: Reported, now: datetime) -> Iterator[Mail]:
    yield Mail("a@example.com", span.period.title, f"<{now}>", b"")


def show(span: ReportSpan, _: Reported) -> Iterator[str]:
    yield f"about {span.period.title}"


@pytest.mark.parametrize(
    ("arguments", "status", "output"),
    [
        ([], 0, "about October 2025\n"),
        (["--send"], 1, "Error: the store failed: FileNotFoundError: "),
    ],
)
def test_only_sending_needs_a_store(
    tmp_path: Path, arguments: list[str], status: int, output: str
) -> None:
    app = Flask(__name__)
    store = Store(f"sqlite:///{tmp_path}/missing/outbox.db")
    register(app, store, lambda: QUOTAS, read, write=write, show=show)
    result = app.test_cli_runner().invoke(args=["report", "--period", "2025-10", *arguments])
    assert result.exit_code == status
    assert result.output.startswith(output)
