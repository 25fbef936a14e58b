from pathlib import Path

import pytest
import yaml

from kong.mock.routes import DEFAULT_CONFIG, ConfigError, Route, match_route, read_routes


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "kong.yml"
    path.write_text(text)
    return path


def test_the_configuration_of_the_project_has_three_routes() -> None:
    assert {(route.service, route.route, route.path) for route in read_routes(DEFAULT_CONFIG)} == {
        ("bin-service", "bin-route", "/bin"),
        ("bun-service", "bun-route", "/bun"),
        ("ban-service", "ban-route", "/ban"),
    }


def test_the_configuration_of_the_project_counts_the_bandwidth_of_all_routes() -> None:
    document = yaml.safe_load(DEFAULT_CONFIG.read_text())
    assert document["_format_version"] == "3.0"
    (plugin,) = document["plugins"]
    assert plugin["name"] == "prometheus"
    switched_on = {name for name, on in plugin["config"].items() if on}
    assert switched_on == {"bandwidth_metrics", "per_consumer"}


def test_the_longest_path_is_tried_first(tmp_path: Path) -> None:
    config = write(
        tmp_path,
        """
        services:
          - {name: s, routes: [{name: short, paths: [/a]}, {name: long, paths: [/a/b]}]}
        """,
    )
    routes = read_routes(config)
    assert match_route(routes, "/a/b/c") == Route("s", "long", "/a/b")
    assert match_route(routes, "/a/c") == Route("s", "short", "/a")


def test_a_prefix_also_matches_within_a_word_as_in_kong() -> None:
    route = match_route(read_routes(DEFAULT_CONFIG), "/binary")
    assert route is not None
    assert route.route == "bin-route"


def test_a_path_without_a_route_matches_nothing() -> None:
    assert match_route(read_routes(DEFAULT_CONFIG), "/other") is None


@pytest.mark.parametrize("service", ["s", "{name: s}"])
def test_routes_can_be_listed_outside_of_services(tmp_path: Path, service: str) -> None:
    config = write(tmp_path, f"routes: [{{name: r, paths: [/r], service: {service}}}]")
    assert read_routes(config) == (Route("s", "r", "/r"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "need a name"),
        ("services: []", "has no route"),
        ("services: [{routes: [{name: r, paths: [/r]}]}]", "need a name"),
        ("services: [{name: s, routes: [{name: r}]}]", "'paths'"),
        ("services: [{name: s, routes: [{name: r, paths: ['~/r$']}]}]", "prefixes only"),
        ("services: [", "while parsing"),
    ],
)
def test_the_error_for_an_invalid_configuration_says_what_is_wrong(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        read_routes(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_the_error_for_a_missing_file_names_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.yml"):
        read_routes(tmp_path / "absent.yml")
