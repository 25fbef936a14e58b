"""The span of time that a request asks for, and the windows it is cut into."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.bandwidth.rates import BYTES
from api.http.parameters import ParametersError, WrongParameter
from api.windows import (
    EPOCH,
    MINUTE,
    Step,
    Windows,
    choose_auto_step,
    cut_windows,
    to_ms,
)
from quotas.calendars import DAY_SECONDS
from quotas.units import format_duration

LONGEST_ROWS_SECONDS = 7 * DAY_SECONDS
LONGEST_CHART_SECONDS = 800 * DAY_SECONDS
DEFAULT_LOOKBACK_SECONDS = DAY_SECONDS


@dataclass(frozen=True, kw_only=True)
class SpanQuestion:
    """A span of time, cut into windows; the times are aware."""

    lookback_seconds: int | None = None
    start: datetime | None = None
    end: datetime | None = None
    step: Step | None = None

    def _span(self, now: datetime, lookback: int, longest: int) -> tuple[datetime, datetime]:
        """Return start and end; the future is cut off."""
        end = now if self.end is None else min(self.end, now)
        start = self.start
        if start is None:
            start = max(EPOCH, end - timedelta(seconds=lookback))
        if start >= end:
            raise _wrong("start", start.isoformat(), "a time in the past, before the end")
        if (end - start).total_seconds() > longest:
            expected = f"a time at most {format_duration(longest)} before the end"
            raise _wrong("start", start.isoformat(), expected)
        return start, end


@dataclass(frozen=True, kw_only=True)
class BandwidthUsedQuestion(SpanQuestion):
    """A span, and the values that some labels must have."""

    selection: Mapping[str, str]

    def cut(self, now: datetime) -> Windows:
        """Return the windows that are asked for; the last one ends at the end of the span.

        Raises:
            ParametersError, TooManyPointsError: they cannot be answered.

        """
        start, end = self._span(now, self.lookback_seconds or 0, LONGEST_ROWS_SECONDS)
        step = self.step or MINUTE
        return cut_windows(to_ms(start), to_ms(end), to_ms(now), step, whole_last=False)


@dataclass(frozen=True, kw_only=True)
class BandwidthQuestion(SpanQuestion):
    """A span, labels to group by, filters, and the format of the answer. No step means auto."""

    filters: Mapping[str, tuple[str, ...]]
    by: tuple[str, ...] = ()
    timezone: str = "UTC"
    top: int | None = None
    format: str | None = None
    unit: str = BYTES
    percentile: int | None = None

    def cut(self, now: datetime, scrape_interval_seconds: int) -> Windows:
        """Return the windows that are asked for.

        Raises:
            ParametersError, TooManyPointsError: they cannot be answered.

        """
        lookback = self.lookback_seconds or DEFAULT_LOOKBACK_SECONDS
        start, end = self._span(now, lookback, LONGEST_CHART_SECONDS)
        seconds = (end - start).total_seconds()
        step = self.step or choose_auto_step(seconds, scrape_interval_seconds)
        if step.seconds < scrape_interval_seconds:
            expected = f'at least "{scrape_interval_seconds}s", the time between scrapes'
            raise _wrong("step", step.name, expected)
        return cut_windows(to_ms(start), to_ms(end), to_ms(now), step, self.timezone)


def _wrong(parameter: str, value: str, expected: str) -> ParametersError:
    return ParametersError([WrongParameter(parameter, value, expected)])
