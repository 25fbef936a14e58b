"""The charts of test mails: with the usage of Prometheus, with an example, or none at all."""

import json
from urllib.parse import parse_qs

import pytest
import responses
from requests import PreparedRequest

from quotas.prometheus.endpoint import Endpoint
from tests.unit.api.answers import RANGE_URL, URL, matrix
from tests.unit.webhook.mails import compose
from tests.unit.webhook.samples import QUOTAS, QUOTAS_WITH_RESOLVED, pipeline, resolved, usage
from webhook.preview.charts import add_charts
from webhook.store.outbox import Mail
from webhook.usage.reading import UsageReader

BUN = QUOTAS.quotas[0]
READER = UsageReader(Endpoint(URL))


def has_chart(mail: Mail) -> bool:
    return mail.content.count(b"Content-Type: image/png") == 2


def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
    """Answer with one point at each end of the range."""
    form = parse_qs(str(request.body))
    points = [[float(form[name][0]), "1000"] for name in ("start", "end")]
    return 200, {}, json.dumps(matrix({"metric": {}, "values": points}))


@responses.activate
def test_real_numbers_have_the_usage_that_prometheus_knows() -> None:
    responses.add_callback("POST", RANGE_URL, callback=answer)
    mails = add_charts(compose(usage()), BUN, READER, is_real=True)
    assert [has_chart(mail) for mail in mails] == [True, True]
    # It was read once for both recipients.
    assert len(responses.calls) == 1


@responses.activate
def test_numbers_that_are_examples_have_an_example() -> None:
    real = compose(usage())
    examples = add_charts(real, BUN, READER, is_real=False)
    assert all(map(has_chart, examples))
    assert [mail.message_id for mail in examples] == [mail.message_id for mail in real]
    assert len(responses.calls) == 0


@responses.activate
def test_without_an_answer_the_mails_have_no_chart() -> None:
    responses.post(RANGE_URL, status=500)
    mails = compose(usage())
    assert add_charts(mails, BUN, READER, is_real=True) == mails


@pytest.mark.parametrize(
    ("mails", "reader"),
    [
        (compose(usage()), None),
        (compose(pipeline()), READER),
        (compose(resolved(), quotas=QUOTAS_WITH_RESOLVED), READER),
    ],
    ids=["no Prometheus", "no quota", "resolved"],
)
def test_mails_that_would_have_no_chart_have_none(
    mails: tuple[Mail, ...], reader: UsageReader | None
) -> None:
    assert add_charts(mails, BUN, reader, is_real=False) == mails
