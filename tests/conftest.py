"""Settings of all tests."""

from hypothesis import HealthCheck, settings

# How long Hypothesis takes depends on the load of the machine, not on the code under test.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")
