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

try:
    from quotas.command.arguments import parse_arguments, short_path
    from quotas.file.loading import QuotasError, load_quotas
    from quotas.model import QuotaFile
    from quotas.prometheus.client import PrometheusClient, PrometheusError
    from quotas.prometheus.endpoint import make_endpoint
    from quotas.prometheus.push import push_rules
    from quotas.prometheus.reload import reload_rules
    from quotas.prometheus.verify import Servers, verify
    from quotas.rule_files.diff import describe_changes
    from quotas.rule_files.folder import changed_files, replace_file, write_files
    from quotas.rule_files.kubernetes import MOST_BYTES, delete_command
    from quotas.rule_files.older_rulers import without_keep_firing
    from quotas.rule_files.rendering import render_files, render_stream
    from quotas.rule_files.rule import RuleFile
    from quotas.rule_files.splitting import TooLargeGroupError, split_groups
    from quotas.rules.compiler import compile_rules
    from quotas.settings import SettingsError
except ModuleNotFoundError as missing:
    # ./generate_rules.py runs with the system's Python, which lacks the packages.
    python = HERE / ".venv" / "bin" / "python"
    if not python.exists() or Path(sys.prefix) == python.parent.parent:
        sys.exit(f"{missing}; `make rules` sets up what is needed and runs this")
    os.execv(python, [str(python), *sys.argv])  # noqa: S606 - the same program, no shell


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = parse_arguments(arguments, HERE, __doc__ or "")
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
    rules = _compile(options, quotas)
    files = render_files(rules, kubernetes=kubernetes)
    status = 0
    is_current = False
    if options.diff:
        full = options.diff == "full"
        print(describe_changes(options.out, files, full=full, colour=_is_coloured()), end="")
    if options.stdout:
        print(render_stream(rules, kubernetes=kubernetes), end="")
    elif options.check:
        status = _check(options.out, files)
        is_current = status == 0
    elif (
        options.reload or options.push or not (options.diff or options.verify or options.test_mail)
    ):
        _write(options, files)
        is_current = True
    if options.copy_to and is_current:
        # Before the reload, so that the webhook knows the recipients before an alert fires.
        replace_file(options.copy_to, options.quotas.read_text(encoding="utf-8"))
    if options.reload:
        _say(options, reload_rules(_open_client(options.reload), rules, options.engine))
    if options.push:
        _say(options, push_rules(_open_client(options.push), rules))
    if options.verify:
        status = max(status, _verify(options, quotas, rules))
    return max(status, _send_test_mails(options)) if options.test_mail else status


def _compile(options: argparse.Namespace, quotas: QuotaFile) -> list[RuleFile]:
    rules = split_groups(
        compile_rules(quotas, datetime.now(UTC)),
        most_rules=options.group_size,
        most_bytes=MOST_BYTES if options.format == "kubernetes" else None,
    )
    return without_keep_firing(rules) if options.no_keep_firing else rules


def _open_client(url: str) -> PrometheusClient:
    return PrometheusClient(make_endpoint(url, os.environ))


def _write(options: argparse.Namespace, files: dict[str, str]) -> None:
    changed = write_files(options.out, files)
    for path in changed:
        _say(options, f"{'wrote' if path.exists() else 'removed'} {short_path(path)}")
    if not changed:
        _say(options, f"{short_path(options.out)} is up to date")
    if options.format == "kubernetes" and not all(path.exists() for path in changed):
        command = delete_command(Path(name).stem for name in files)
        _say(options, f"to delete the objects of removed files: {command}")


def _check(folder: Path, files: dict[str, str]) -> int:
    changed = changed_files(folder, files)
    for path in changed:
        print(
            f"{short_path(path)}: is not what the quotas compile to; generate_rules.py "
            "without --check writes it (in containers, see docs/operations.md, Change a quota)",
            file=sys.stderr,
        )
    return 1 if changed else 0


def _verify(options: argparse.Namespace, quotas: QuotaFile, rules: list[RuleFile]) -> int:
    status = 0
    others = options.rules_url, options.alertmanager_url
    ruler, alertmanager = (_open_client(url) if url else None for url in others)
    servers = Servers(_open_client(options.verify), ruler, alertmanager, options.engine)
    for finding in verify(servers, quotas, rules):
        if finding.good is False:
            status = 1
        if finding.good is False or not options.quiet:
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


def _say(options: argparse.Namespace, text: str) -> None:
    if not options.quiet:
        print(text, flush=True)


def _is_coloured() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


if __name__ == "__main__":
    # There are no reference cycles to collect, and searching for them takes half the time of a
    # large quotas.yaml.
    gc.disable()
    sys.exit(main())
