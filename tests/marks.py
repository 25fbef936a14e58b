"""Marks that tests of several packages use."""

import pytest
from _pytest.mark import ParameterSet


def thorough(*values: object) -> ParameterSet:
    """Return parameters with which only ``make test-thorough`` runs a test."""
    return pytest.param(*values, marks=pytest.mark.thorough)
