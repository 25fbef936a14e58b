"""The panels about the pipeline: scrapes, evaluations, alerts and mails."""

from deploy.grafana import queries
from deploy.grafana.panels import (
    ALWAYS_BLUE,
    BYTES,
    NONE_IS_GOOD,
    SECONDS,
    Json,
    Query,
    chart,
    number,
    steps,
    table,
)
from quotas import names

# The width, the height and the content of a panel.
Sized = tuple[int, int, Json]


def health() -> list[Sized]:
    """Return the numbers that show whether each part of the pipeline works now."""
    late = steps((None, "green"), (300, "red"))
    numbers = [
        number(
            "Gateways scraped",
            "Gateways that answered the last scrape, and all targets of the job kong.",
            [Query(queries.GATEWAYS_UP, "scraped"), Query(queries.GATEWAYS, "of")],
            "none",
            ALWAYS_BLUE,
        ),
        number(
            "Last counted step",
            "How long ago the newest step that has been counted ended.",
            [Query(queries.STEP_AGE)],
            SECONDS,
            late,
        ),
        number(
            "Missed evaluations, last hour",
            "Evaluations of the rules that are missing. It needs Prometheus's own metrics, and an "
            "hour of data.",
            [Query(queries.MISSED_EVALUATIONS)],
            "none",
            steps((None, "green"), (3, "orange")),
        ),
        number(
            "Caught up, last hour",
            "Bytes of missed evaluations that were counted at the end of a quarter of an hour.",
            [Query(queries.CAUGHT_UP)],
            BYTES,
            ALWAYS_BLUE,
        ),
        number(
            "Last watchdog",
            "How long ago the watchdog alert last reached the webhook.",
            [Query(queries.WATCHDOG_AGE)],
            SECONDS,
            late,
        ),
        number(
            "Delivery last seen",
            "How long ago a delivery process last ran.",
            [Query(queries.DELIVERY_AGE)],
            SECONDS,
            steps((None, "green"), (120, "red")),
        ),
        number(
            "Mails that failed, last day",
            "Mails that failed or expired within a day and were not queued again.",
            [Query(queries.UNDELIVERED)],
            "none",
            NONE_IS_GOOD,
        ),
        number(
            "Delivery held",
            "1 while the mail server accepts no mail at all.",
            [Query(queries.HELD)],
            "none",
            NONE_IS_GOOD,
        ),
    ]
    return [(3, 5, panel) for panel in numbers]


def pipeline_alerts() -> Json:
    """Return the table of alerts that do not concern a quota."""
    return table(
        "Alerts about the pipeline",
        "Alerts that are firing or pending, without those about quotas. docs/operations.md has a "
        "section for each.",
        [Query(queries.ALERTS)],
        {
            "alertname": "Alert",
            "alertstate": "State",
            names.SEVERITY: "Severity",
            "instance": "Gateway",
        },
        sort_by="State",
        hidden=["Value"],
    )


def over_time() -> list[Sized]:
    """Return the charts of gateways, alerts and mails."""
    charts = [
        chart(
            "Gateways",
            "Gateways that answered the last scrape, and all targets of the job kong.",
            [Query(queries.GATEWAYS_UP, "scraped"), Query(queries.GATEWAYS, "targets")],
            "none",
        ),
        chart(
            "Alerts received by the webhook",
            "Alerts by result, and requests by HTTP status.",
            [
                Query(queries.ALERTS_RECEIVED, "{{result}}"),
                Query(queries.REQUESTS, "requests answered {{status}}"),
            ],
            "none",
        ),
        chart(
            "Mails",
            "Mails in the outbox that are not sent yet, and attempts to send one, by result.",
            [
                Query(queries.MAILS_WAITING, "{{state}}"),
                Query(queries.ATTEMPTS, "attempts: {{result}}"),
            ],
            "none",
        ),
        chart(
            "Oldest mail that waits",
            "For how long it has waited.",
            [Query(queries.OLDEST_MAIL, "oldest mail")],
            SECONDS,
        ),
    ]
    return [(6, 8, panel) for panel in charts]
