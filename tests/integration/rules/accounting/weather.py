"""Random weather for property tests: events that happen to gateways, also several times."""

from operator import add

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from bench.weather.simulation import KINDS, Event, begin_later, repeat

# Some events last longer than a gap tolerance of a quarter of an hour, most a scrape or two.
LASTING_SCRAPES = (1, 1, 2, 3, 6, 20, 70, 100)
# Scrapes within which events coincide.
COINCIDING_SCRAPES = 5
# Scrapes until all of it happens again.
AFTER = st.sampled_from((0, 0, 9, 40))


def events(gateways: int, scrapes: int) -> st.SearchStrategy[list[Event]]:
    """Return a strategy for what happens to so many gateways within so many scrapes.

    Most of it happens at about the same time, because single events are easily understood.
    """
    event = st.builds(
        Event,
        kind=st.sampled_from(KINDS),
        gateway=st.integers(0, gateways - 1),
        scrape=st.integers(0, COINCIDING_SCRAPES),
        lasting=st.sampled_from(LASTING_SCRAPES),
    )
    coinciding = st.builds(
        begin_later,
        st.lists(event, min_size=1, max_size=4),
        st.integers(8, scrapes - 1 - COINCIDING_SCRAPES),
    )
    return st.builds(repeat, st.builds(add, coinciding, st.just([]) | coinciding), AFTER)


def slow(examples: int) -> settings:
    """Return the settings of a test that needs seconds for each example."""
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        database=None,
    )
