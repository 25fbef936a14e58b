"""What is written once for all quotas: ratio, forecast, and the alerts on them."""

from collections.abc import Iterable, Sequence

from quotas import names
from quotas.calendars import LONGEST_SECONDS, Calendar, Kind, Rolling
from quotas.model import QuotaFile, Threshold
from quotas.promql import match_any, match_none
from quotas.rules.intervals import interval_seconds, reach_seconds
from quotas.rules.rulefile import Rule
from quotas.units import format_duration

# How long a forecast must hold before it is worth a mail.
_FORECAST_FOR_SECONDS: dict[Kind, int] = {"hour": 60, "day": 300, "week": 900, "month": 3_600}
# The recent rate is that of a quarter of the period; before so much is known, of less.
_RATE_PARTS = (4, 32, 256)
LEAST_EVALUATIONS = 5

_FORECAST_EXPLANATION = """\
Used so far + recent rate x time left. The recent rate is that of the last quarter of the period;
before so much of it is known, that of a thirty-second or less, or of the period so far."""
_FORECAST_ALERT_EXPLANATION = """\
The forecast was above the limit all the time for a while that fits the period, and not only
because so little of it is over; and the limit itself was not passed yet."""


def quota_rules(quotas: QuotaFile, calendars: Sequence[Calendar | Rolling]) -> list[Rule]:
    """Return the rules for ratio and forecast and the alerts on them, for all quotas at once.

    Args:
        quotas: all of them.
        calendars: those that quotas have; rules look back no further than these need.

    """
    reach = reach_seconds(calendars, quotas.accounting)
    # What an alert tells reads twice as far: the ratio that it is about was made of older values.
    back, far_back = format_duration(reach), format_duration(2 * reach)
    by_kind = {
        kind: names_of_kind
        for kind in LONGEST_SECONDS
        if (names_of_kind := [c.name for c in calendars if getattr(c, "kind", None) == kind])
    }
    return [
        Rule(
            names.RATIO,
            f"last_over_time({names.USED}[{back}])\n/ on ({names.QUOTA}) group_left ()\n"
            f"last_over_time({names.LIMIT}[{back}])",
        ),
        *_forecast_rules(quotas, by_kind, back),
        *_usage_alerts(quotas, back, far_back),
        *_forecast_alerts(quotas, by_kind, back, far_back),
    ]


def _forecast_rules(quotas: QuotaFile, by_kind: dict[Kind, list[str]], back: str) -> list[Rule]:
    forecasts = [
        _forecast(kind, mine, back, interval_seconds(Calendar(kind), quotas.accounting))
        for kind, mine in by_kind.items()
    ]
    if not forecasts:  # only windows that roll
        return []
    return [Rule(names.FORECAST, "\nor\n".join(forecasts), comment=_FORECAST_EXPLANATION)]


def _forecast(kind: Kind, calendar_names: Sequence[str], back: str, interval: int) -> str:
    """Return PromQL for the forecast of all quotas whose calendars are of a kind."""
    mine = match_any(names.CALENDAR, calendar_names)
    used, elapsed, left = (
        f"last_over_time({_series(metric, mine)}[{back}])"
        for metric in (names.USED, names.PERIOD_ELAPSED, names.PERIOD_LEFT)
    )
    # Two values a few evaluations apart tell no rate.
    spans = [LONGEST_SECONDS[kind] // part for part in _RATE_PARTS]
    spans = [span for span in spans if span >= LEAST_EVALUATIONS * interval]
    rates = [
        f"({used} - last_over_time({_series(names.USED, mine)}[{back}]"
        f" offset {format_duration(span)})) / {span}"
        for span in spans
    ]
    # Nothing is left of a period that has ended and stays until its last step is counted.
    left = f"(topk by ({names.CALENDAR}) (1, {left}) or 0 * {left})"
    by_period = f"on ({names.CALENDAR}, {names.PERIOD}) group_left ()"
    rates.append(f"{used} / {by_period} {elapsed}")
    rate = "\n  or\n  ".join(rates)
    return f"{used}\n+\n(\n  {rate}\n)\n* {by_period} {left}"


def _usage_alerts(quotas: QuotaFile, back: str, far_back: str) -> list[Rule]:
    having: dict[Threshold, list[str]] = {}
    for quota in quotas.quotas:
        for threshold in quota.thresholds:
            having.setdefault(threshold, []).append(quota.name)
    return [
        _usage_alert(threshold, _which(quotas, having[threshold]), back, far_back)
        for threshold in sorted(having, key=lambda known: (known.percent, known.severity))
    ]


def _usage_alert(threshold: Threshold, which: str, back: str, far_back: str) -> Rule:
    # 99.9 / 100 is a little more than 0.999.
    reached = round(threshold.percent / 100, 4)
    return Rule(
        names.USAGE_ALERT,
        f"last_over_time({_series(names.RATIO, which)}[{back}]) >= {reached!r}",
        alert=True,
        labels={names.THRESHOLD: threshold.label, names.SEVERITY: threshold.severity},
        annotations={
            names.SUMMARY: (
                "{{ $labels.quota }} has used {{ $value | humanizePercentage }} of its limit"
            ),
            names.DESCRIPTION: (
                f"The quota {{{{ $labels.quota }}}} passed {threshold.label} % of its limit"
                "{{ with $labels.period }} in period {{ . }}{{ end }}."
            ),
            names.USED_BYTES: _number_of(names.USED, far_back),
            names.LIMIT_BYTES: _limit(far_back),
            names.RATIO_NUMBER: "{{ $value }}",
            names.FORECAST_BYTES: _number_of(names.FORECAST, far_back),
        },
    )


def _forecast_alerts(
    quotas: QuotaFile, by_kind: dict[Kind, list[str]], back: str, far_back: str
) -> list[Rule]:
    asked = [quota.name for quota in quotas.quotas if quota.forecast]
    if not asked:
        return []
    held = "\n  or\n  ".join(
        _held_forecast(kind, mine, _which(quotas, asked), back) for kind, mine in by_kind.items()
    )
    return [
        Rule(
            names.FORECAST_ALERT,
            f"(\n  {held}\n)\n> on ({names.QUOTA}) group_left ()\n"
            f"last_over_time({names.LIMIT}[{back}])\n"
            f"unless\nlast_over_time({names.RATIO}[{back}]) >= 1",
            alert=True,
            labels={names.SEVERITY: "warning"},
            annotations={
                names.SUMMARY: "{{ $labels.quota }} is expected to pass its limit",
                names.DESCRIPTION: (
                    "At the recent pace {{ $labels.quota }} reaches {{ $value | humanize }}B "
                    "by the end of period {{ $labels.period }}."
                ),
                names.USED_BYTES: _number_of(names.USED, far_back),
                names.LIMIT_BYTES: _limit(far_back),
                names.RATIO_NUMBER: _number_of(names.RATIO, far_back, "%g"),
                names.FORECAST_BYTES: '{{ $value | printf "%.0f" }}',
            },
            comment=_FORECAST_ALERT_EXPLANATION,
        )
    ]


def _held_forecast(kind: Kind, calendar_names: Sequence[str], which: str, back: str) -> str:
    """Return PromQL for the least that the forecast was for a while, where it was so long."""
    forecast = _series(names.FORECAST, which, match_any(names.CALENDAR, calendar_names))
    held = format_duration(_FORECAST_FOR_SECONDS[kind])
    return f"min_over_time({forecast}[{held}]) and last_over_time({forecast}[{back}] offset {held})"


def _which(quotas: QuotaFile, wanted: Iterable[str]) -> str:
    """Return the matcher of these quotas: nothing where it is all of them.

    Of the two ways to say it the shorter, so that it is the exceptions that are listed.
    """
    chosen = set(wanted)
    others = [quota.name for quota in quotas.quotas if quota.name not in chosen]
    if not others:
        return ""
    if len(others) < len(chosen):
        return match_none(names.QUOTA, sorted(others))
    return match_any(names.QUOTA, sorted(chosen))


def _series(metric: str, *matchers: str) -> str:
    """Return a selector of a metric's series; empty matchers are left out."""
    chosen = ", ".join(filter(None, matchers))
    return f"{metric}{{{chosen}}}" if chosen else metric


def _number_of(metric: str, back: str, number_format: str = "%.0f") -> str:
    """Return the annotation template for a series' value: that with the alert's own labels.

    A label that the alert lacks is matched as empty, which is to match its absence.
    """
    labels = (names.QUOTA, names.PERIOD, *names.SELECTOR_LABELS)
    matchers = ", ".join(f"{label}=%q" for label in labels)
    values = " ".join(f"$labels.{label}" for label in labels)
    return _first(f"last_over_time({metric}{{{matchers}}}[{back}])", values, number_format)


def _limit(back: str) -> str:
    query = f"last_over_time({names.LIMIT}{{{names.QUOTA}=%q}}[{back}])"
    return _first(query, f"$labels.{names.QUOTA}", "%.0f")


def _first(query: str, values: str, number_format: str) -> str:
    return (
        f'{{{{ with printf "{query}" {values} | query }}}}'
        f'{{{{ . | first | value | printf "{number_format}" }}}}{{{{ end }}}}'
    )
