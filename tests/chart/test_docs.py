"""The values in docs/kubernetes.md are values that the chart accepts."""

import re

import pytest
import yaml

from tests.chart.rendering import ROOT, SQLITE, Chart, find, find_mistakes

PAGE = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
BLOCKS = [
    yaml.safe_load(block)
    for block in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
]
# Other blocks are for Prometheus and quotas.yaml.
VALUES = [block for block in BLOCKS if not {"prometheus", "version"} & block.keys()]


def test_the_page_has_values_to_install_with_and_two_more_blocks_of_values() -> None:
    assert [sorted(values) for values in VALUES] == [
        ["image", "mail", "podMonitor", "prometheusRules", "secrets"],
        ["database"],
        ["networkPolicy"],
    ]


def test_the_values_to_install_with_are_complete(chart: Chart) -> None:
    objects = chart.render(VALUES[0])
    assert find_mistakes(objects) == ""
    assert find(objects, "PodMonitor")["metadata"]["labels"]["release"] == "kube-prometheus-stack"


@pytest.mark.parametrize("more", VALUES[1:], ids=["PostgreSQL", "ingress"])
def test_further_values_go_with_them(chart: Chart, more: dict[str, object]) -> None:
    objects = chart.render({**VALUES[0], **more})
    assert find_mistakes(objects) == ""
    assert objects != chart.render(VALUES[0])
    assert objects != chart.render(SQLITE)
