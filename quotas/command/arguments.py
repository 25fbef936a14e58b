"""The arguments of ``generate_rules.py``: options, help and examples."""

import argparse
from pathlib import Path

from quotas.prometheus.engine import Engine
from quotas.settings import hide_password, parse_url

# How many rules a group may have in Mimir, unless its limits say otherwise.
MIMIR_GROUP_SIZE = 20
ENGINES = {engine.value.lower(): engine for engine in Engine}

_EPILOG = """\
examples:
  ./generate_rules.py                       write rules/ from quotas.yaml
  ./generate_rules.py --diff                show what would change; --diff=full for every line
  ./generate_rules.py --check               for CI: exit 1 if rules/ is not what quotas.yaml says
  ./generate_rules.py --reload http://localhost:9090
                                            write, have Prometheus load it, and wait until it has
  ./generate_rules.py --push http://mimir:8080
                                            write, and push all groups to Mimir or Cortex, or none
  ./generate_rules.py --verify http://localhost:9090
                                            ask a running Prometheus whether quotas can be trusted
  ./generate_rules.py --verify http://victoria-metrics:8428 --rules-url http://vmalert:8880
                                            the same of VictoriaMetrics
  ./generate_rules.py --test-mail bun-egress --to me@example.com
                                            send me what the quota's recipients would get, marked
                                            as tests, with the webhook's settings
  ./generate_rules.py --format kubernetes --stdout | kubectl apply -f -

environment: PROMETHEUS_HEADERS_FILE, PROMETHEUS_TOKEN, PROMETHEUS_CA_FILE (README.md, Settings).

exit status: 0 done; 1 the quotas are wrong, --check found rules that differ, --reload, --push or
--verify found something wrong, or a test mail was not accepted; 2 wrong arguments."""


def parse_arguments(arguments: list[str] | None, folder: Path, purpose: str) -> argparse.Namespace:
    """Return the options on a command line. Wrong ones end the program, with a message.

    Args:
        arguments: the command line without the program's name; by default that of the process.
        folder: where quotas.yaml and the rules are by default.
        purpose: what the help says first.

    """
    parser = _parser(folder, purpose)
    options = parser.parse_args(arguments)
    if options.check and (options.stdout or options.reload or options.push):
        parser.error("--check writes nothing: it goes with neither --stdout, --reload nor --push")
    if options.reload and (options.stdout or options.format == "kubernetes"):
        parser.error("--reload is for rules in --out that a Prometheus reads")
    if options.push and (options.stdout or options.format == "kubernetes" or options.reload):
        parser.error("--push is for a ruler that reads no files, such as Mimir's")
    if options.to and not options.test_mail:
        parser.error("--to is for --test-mail")
    if (options.rules_url or options.alertmanager_url) and not options.verify:
        parser.error("--rules-url and --alertmanager-url are for --verify")
    if options.engine and not (options.verify or options.reload):
        parser.error("--engine is for --verify and --reload")
    if options.push and options.group_size is None:
        options.group_size = MIMIR_GROUP_SIZE
    options.engine = ENGINES.get(options.engine)
    return options


def short_path(path: Path) -> Path:
    """Return a path below the working directory without that directory."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _parser(folder: Path, purpose: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=purpose,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--quotas",
        type=Path,
        default=short_path(folder / "quotas.yaml"),
        metavar="FILE",
        help="what to compile (%(default)s)",
    )
    add(
        "--out",
        type=Path,
        default=short_path(folder / "rules"),
        metavar="DIR",
        help="where the rules go (%(default)s)",
    )
    add("--check", action="store_true", help="write nothing; exit 1 if the rules would change")
    add(
        "--diff",
        nargs="?",
        const="summary",
        choices=["summary", "full"],
        metavar="full",
        help="write nothing; show what would change on one screen, or with =full every line",
    )
    _add_servers(parser)
    add(
        "--test-mail",
        metavar="QUOTA",
        help="write nothing; send what the quota's recipients would get, marked as tests, with the "
        "webhook's settings (see flask --app webhook preview --help)",
    )
    add("--to", metavar="ADDRESS", help="send test mails to this address instead")
    add(
        "--copy-to",
        type=Path,
        metavar="FILE",
        help="once the rules are written, or found right, put a copy of the quotas here",
    )
    add(
        "--format",
        choices=("prometheus", "kubernetes"),
        default="prometheus",
        help="rule files (also for vmalert, Thanos, Mimir), or PrometheusRule objects",
    )
    add(
        "--group-size",
        type=_group_size,
        metavar="RULES",
        help="split groups that have more rules, for rulers that limit them, such as Mimir "
        f"({MIMIR_GROUP_SIZE}, the default of --push); each part takes up to one evaluation more "
        "until an alert fires",
    )
    add(
        "--no-keep-firing",
        action="store_true",
        help="leave out keep_firing_for, for rulers that do not know it, such as vmalert 1.79",
    )
    add("--stdout", action="store_true", help="print the rules and write nothing")
    add("-q", "--quiet", action="store_true", help="print only what is wrong")
    return parser


def _add_servers(parser: argparse.ArgumentParser) -> None:
    """Add the options that name a running server."""

    def add(option: str, text: str) -> None:
        parser.add_argument(option, type=_parse_url, metavar="URL", help=text)

    add(
        "--reload",
        "have this Prometheus, vmalert or Thanos Ruler load the rules, and wait for it",
    )
    add(
        "--push",
        "replace the rules of the namespace gateway-quotas in this Mimir or Cortex, all or none",
    )
    add("--verify", "write nothing; ask this Prometheus whether the quotas can be trusted")
    add(
        "--rules-url",
        "what --verify asks about rules, if another server evaluates them, such as vmalert",
    )
    add("--alertmanager-url", "where --verify looks whether alerts arrive")
    parser.add_argument(
        "--engine",
        choices=ENGINES,
        help="what the server of --verify or --reload is (detected; mimir is also for Cortex)",
    )


def _group_size(text: str) -> int:
    size = int(text) if text.isascii() and text.isdigit() else 0
    if size < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of rules; 1 or more")
    return size


def _parse_url(text: str) -> str:
    try:
        return parse_url(text, "Prometheus", "http://localhost:9090")
    except ValueError as error:
        raise argparse.ArgumentTypeError(f'"{hide_password(text)}" {error}') from error
