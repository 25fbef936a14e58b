from tests.unit.webhook.samples import NOW, QUOTAS, WANTING, forecast, over, pipeline, usage
from webhook.alerts.events import read_notices
from webhook.mail.topics import Topic, topics_of


def test_a_topic_has_the_selector_labels_of_its_alert_alone() -> None:
    notices = read_notices([usage(consumer="acme", calendar="month")], QUOTAS, NOW)
    assert topics_of(notices) == (
        Topic(
            "bun-egress",
            {"service": "bun-service", "consumer": "acme", "direction": "egress"},
            "usage",
            90.0,
            "month",
            "202611",
        ),
    )


def test_what_quotas_yaml_has_more_than_the_alert_tells_no_entries_apart() -> None:
    """As the recorded series has it, so that what is asked about one finds what was told of it."""
    bare = usage(quota="shared", service="")
    [topic] = topics_of(read_notices([bare], QUOTAS, NOW))
    assert topic.selector == {}


def test_each_kind_is_named_and_alerts_about_no_quota_are_no_topics() -> None:
    alerts = [usage(100), over(80), forecast(), pipeline()]
    topics = topics_of(read_notices(alerts, WANTING, NOW))
    assert [(topic.kind, topic.percent) for topic in topics] == [
        ("usage", 100.0),
        ("forecast", 100.0),
        ("over", 80.0),
    ]


def test_a_rolling_window_and_a_period_that_is_unknown_have_none() -> None:
    alerts = [usage(calendar="rolling:30d"), usage(period="soon", consumer="b")]
    assert {topic.period for topic in topics_of(read_notices(alerts, QUOTAS, NOW))} == {""}
