"""Read the routes of kong.yml and find the one that a path matches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DEFAULT_CONFIG = Path(__file__).parents[1] / "kong.yml"


class ConfigError(Exception):
    """The declarative configuration cannot be used; the message says what is wrong and where."""


@dataclass(frozen=True)
class Route:
    """One path of a route, with the names that the metrics of Kong have."""

    service: str
    route: str
    path: str


def read_routes(config: Path) -> tuple[Route, ...]:
    """Return the routes of a declarative configuration, longest path first, as Kong tries them.

    Args:
        config: a file in Kong's format, with routes inside of services or at the top.

    Raises:
        ConfigError: the file is unreadable, has no route, or has a path that is no plain prefix.

    """
    try:
        document = yaml.safe_load(config.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{config}: {' '.join(str(error).split())}") from error
    try:
        routes = list(_routes_of(document))
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{config}: services and routes need a name, routes need paths: {error!r}"
        ) from error
    if not routes:
        raise ConfigError(f"{config}: has no route; add one below services, with name and paths")
    for route in routes:
        if not isinstance(route.path, str) or not route.path.startswith("/"):
            raise ConfigError(
                f"{config}: {route.route}: path {route.path!r} is no prefix such as /bin; "
                "the mock gateway matches prefixes only"
            )
    return tuple(sorted(routes, key=lambda route: len(route.path), reverse=True))


def match_route(routes: Sequence[Route], path: str) -> Route | None:
    """Return the first route whose path is a prefix of ``path``; ``/bin`` matches ``/binary``."""
    return next((route for route in routes if path.startswith(route.path)), None)


def _routes_of(document: Any) -> Iterator[Route]:
    for service in document.get("services") or ():
        for route in service.get("routes") or ():
            yield from _paths_of(service["name"], route)
    for route in document.get("routes") or ():
        service = route["service"]
        yield from _paths_of(service["name"] if isinstance(service, dict) else service, route)


def _paths_of(service: str, route: Any) -> Iterator[Route]:
    for path in route["paths"]:
        yield Route(service=service, route=route["name"], path=path)
