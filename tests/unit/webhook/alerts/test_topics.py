from tests.unit.webhook.samples import (
    NOW,
    QUOTAS,
    QUOTAS_WITH_RESOLVED,
    forecast,
    pipeline,
    resolved,
    usage,
)
from webhook.alerts.topics import topics_of
from webhook.recipients import select_events
from webhook.store.topics import Topic


def test_a_topic_has_the_selector_labels_of_its_alert() -> None:
    events = select_events([usage(consumer="acme", calendar="month")], QUOTAS, NOW)
    assert topics_of(events) == (
        Topic(
            "bun-egress",
            {"service": "bun-service", "consumer": "acme", "direction": "egress"},
            "usage",
            90.0,
            "month",
            "202611",
        ),
    )


def test_selector_labels_that_only_quotas_yaml_has_are_left_out() -> None:
    """The recorded series lacks them too, so a filter by its labels finds the topic."""
    bare = usage(quota="shared", service="")
    [topic] = topics_of(select_events([bare], QUOTAS, NOW))
    assert topic.selector == {}


def test_each_kind_has_a_name_and_other_alerts_have_no_topic() -> None:
    alerts = [usage(100), resolved(80), forecast(), pipeline()]
    topics = topics_of(select_events(alerts, QUOTAS_WITH_RESOLVED, NOW))
    assert [(topic.kind, topic.percent) for topic in topics] == [
        ("usage", 100.0),
        ("forecast", 100.0),
        ("over", 80.0),
    ]


def test_the_period_is_empty_for_a_rolling_window_and_an_unknown_id() -> None:
    alerts = [usage(calendar="rolling:30d"), usage(period="soon", consumer="b")]
    assert {topic.period for topic in topics_of(select_events(alerts, QUOTAS, NOW))} == {""}
