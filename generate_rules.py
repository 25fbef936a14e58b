#!/usr/bin/env python3
"""Compile quotas.yaml to Prometheus rules."""

import argparse
import gc
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
EPILOG = """\
examples:
  ./generate_rules.py                       write rules/ from quotas.yaml
  ./generate_rules.py --diff                show what would change, first in terms of quotas
  ./generate_rules.py --check               for CI: exit 1 if rules/ is not what quotas.yaml says
  ./generate_rules.py --reload http://localhost:9090
                                            write, have Prometheus load it, and wait until it has
  ./generate_rules.py --verify http://localhost:9090
                                            ask a running Prometheus whether quotas can be trusted
  ./generate_rules.py --test-mail bun-egress --to me@example.com
                                            send me what the quota's recipients would get, marked
                                            as tests, with the webhook's settings
  ./generate_rules.py --format kubernetes --stdout | kubectl apply -f -

environment: PROMETHEUS_HEADERS_FILE, PROMETHEUS_TOKEN, PROMETHEUS_CA_FILE (README.md, Settings).

exit status: 0 done; 1 the quotas are wrong, --check found rules that differ, --reload or --verify
found something wrong, or a test mail was not accepted; 2 wrong arguments."""

try:
    from quotas.file.loading import QuotasError, load_quotas
    from quotas.model import QuotaFile
    from quotas.prometheus.client import PrometheusClient, PrometheusError
    from quotas.prometheus.endpoint import make_endpoint
    from quotas.prometheus.reload import reload_rules
    from quotas.prometheus.verify import verify
    from quotas.rule_files.diff import describe_changes
    from quotas.rule_files.folder import changed_files, replace_file, write_files
    from quotas.rule_files.kubernetes import MOST_BYTES, delete_command
    from quotas.rule_files.rendering import render_files, render_stream
    from quotas.rule_files.rule import RuleFile
    from quotas.rule_files.splitting import TooLargeGroupError, split_groups
    from quotas.rules.compiler import compile_rules
    from quotas.settings import SettingsError, hide_password, parse_url
except ModuleNotFoundError as missing:
    # ./generate_rules.py runs with the system's Python, which lacks the packages.
    python = HERE / ".venv" / "bin" / "python"
    if not python.exists() or Path(sys.prefix) == python.parent.parent:
        sys.exit(f"{missing}; `make rules` sets up what is needed and runs this")
    os.execv(python, [str(python), *sys.argv])  # noqa: S606 - the same program, no shell


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.check and (options.stdout or options.reload):
        parser.error("--check writes nothing: it goes neither with --stdout nor with --reload")
    if options.reload and (options.stdout or options.format == "kubernetes"):
        parser.error("--reload is for rules in --out that a Prometheus reads")
    if options.to and not options.test_mail:
        parser.error("--to is for --test-mail")
    try:
        return _run(options)
    except (QuotasError, PrometheusError, SettingsError, TooLargeGroupError) as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
    return 1


def _run(options: argparse.Namespace) -> int:
    quotas = load_quotas(options.quotas)
    for warning in quotas.warnings:
        print(f"{options.quotas}:{warning} (a warning)", file=sys.stderr)
    kubernetes = options.format == "kubernetes"
    rules = split_groups(
        compile_rules(quotas, datetime.now(UTC)),
        most_rules=options.group_size,
        most_bytes=MOST_BYTES if kubernetes else None,
    )
    files = render_files(rules, kubernetes=kubernetes)
    status = 0
    is_current = False
    if options.diff:
        print(describe_changes(options.out, files, colour=_is_coloured()), end="")
    if options.stdout:
        print(render_stream(rules, kubernetes=kubernetes), end="")
    elif options.check:
        status = _check(options.out, files)
        is_current = status == 0
    elif options.reload or not (options.diff or options.verify or options.test_mail):
        _write(options, files)
        is_current = True
    if options.copy_to and is_current:
        # Before the reload, so that the webhook knows the recipients before an alert fires.
        replace_file(options.copy_to, options.quotas.read_text(encoding="utf-8"))
    if options.reload:
        client = PrometheusClient(make_endpoint(options.reload, os.environ))
        _say(options, reload_rules(client, rules))
    if options.verify:
        status = max(status, _verify(options, quotas, rules))
    return max(status, _send_test_mails(options)) if options.test_mail else status


def _write(options: argparse.Namespace, files: dict[str, str]) -> None:
    changed = write_files(options.out, files)
    for path in changed:
        _say(options, f"{'wrote' if path.exists() else 'removed'} {_short(path)}")
    if not changed:
        _say(options, f"{_short(options.out)} is up to date")
    if options.format == "kubernetes" and not all(path.exists() for path in changed):
        command = delete_command(Path(name).stem for name in files)
        _say(options, f"to delete the objects of removed files: {command}")


def _check(folder: Path, files: dict[str, str]) -> int:
    changed = changed_files(folder, files)
    for path in changed:
        print(
            f"{_short(path)}: is not what the quotas compile to; generate_rules.py "
            "without --check writes it (in containers, see docs/operations.md, Change a quota)",
            file=sys.stderr,
        )
    return 1 if changed else 0


def _verify(options: argparse.Namespace, quotas: QuotaFile, rules: list[RuleFile]) -> int:
    status = 0
    client = PrometheusClient(make_endpoint(options.verify, os.environ))
    for finding in verify(client, quotas, rules):
        if not finding.good:
            status = 1
        if not (finding.good and options.quiet):
            print(finding.render(colour=_is_coloured()), flush=True)
    return status


def _send_test_mails(options: argparse.Namespace) -> int:
    """Run a command of the webhook, which alone knows how to write and send mails."""
    to = ["--to", options.to] if options.to else []
    command = ["-m", "flask", "--app", "webhook", "preview", "--send", *to, "--", options.test_mail]
    environ = {**os.environ, "QUOTAS_FILE": str(options.quotas)}
    # The working directory stays the same, because settings may have paths that begin there.
    environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HERE), environ.get("PYTHONPATH")]))
    return subprocess.run([sys.executable, *command], env=environ, check=False).returncode  # noqa: S603 - no shell


def _group_size(text: str) -> int:
    size = int(text) if text.isascii() and text.isdigit() else 0
    if size < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of rules; 1 or more")
    return size


def _say(options: argparse.Namespace, text: str) -> None:
    if not options.quiet:
        print(text, flush=True)


def _short(path: Path) -> Path:
    """Return a path below the working directory without that directory."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _is_coloured() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--quotas",
        type=Path,
        default=_short(HERE / "quotas.yaml"),
        metavar="FILE",
        help="what to compile (%(default)s)",
    )
    add(
        "--out",
        type=Path,
        default=_short(HERE / "rules"),
        metavar="DIR",
        help="where the rules go (%(default)s)",
    )
    add("--check", action="store_true", help="write nothing; exit 1 if the rules would change")
    add("--diff", action="store_true", help="write nothing; show what would change")
    add(
        "--reload",
        type=_parse_url,
        metavar="URL",
        help="have this Prometheus load the rules, and wait for it",
    )
    add(
        "--verify",
        type=_parse_url,
        metavar="URL",
        help="write nothing; ask this Prometheus whether the quotas can be trusted",
    )
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
        help="split groups that have more rules, for rulers that limit them, such as Mimir (20); "
        "each part takes up to one evaluation more until an alert fires",
    )
    add("--stdout", action="store_true", help="print the rules and write nothing")
    add("-q", "--quiet", action="store_true", help="print only what is wrong")
    return parser


def _parse_url(text: str) -> str:
    try:
        return parse_url(text, "Prometheus", "http://localhost:9090")
    except ValueError as error:
        raise argparse.ArgumentTypeError(f'"{hide_password(text)}" {error}') from error


if __name__ == "__main__":
    # There are no reference cycles to collect, and searching for them takes half the time of a
    # large quotas.yaml.
    gc.disable()
    sys.exit(main())
