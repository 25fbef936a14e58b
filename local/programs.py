"""Find Prometheus, promtool, Alertmanager and amtool, or fetch them where apt can.

Looked for in this order: the variable that names one, the PATH, ``.tools/bin``. With
``--fetch`` what is missing is downloaded from the machine's own Debian or Ubuntu
packages and unpacked under ``.tools/``: no root, nothing installed, no service started.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent / ".tools"
FETCH_TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class Program:
    """A program of the stack: the variable that names it, and what it is called on a PATH."""

    variable: str
    names: tuple[str, ...]


PROMETHEUS = Program("PROMETHEUS_BIN", ("prometheus",))
PROMTOOL = Program("PROMTOOL_BIN", ("promtool",))
ALERTMANAGER = Program("ALERTMANAGER_BIN", ("prometheus-alertmanager", "alertmanager"))
AMTOOL = Program("AMTOOL_BIN", ("amtool",))
ALL = (PROMETHEUS, PROMTOOL, ALERTMANAGER, AMTOOL)

# Debian 12 ships promtool inside prometheus; later releases have a package of its own.
PACKAGES = ("prometheus", "prometheus-alertmanager")
OPTIONAL_PACKAGES = ("promtool",)
_DEBIAN_TEMPLATES = "/usr/share/prometheus/alertmanager"


class ProgramMissingError(Exception):
    """A program is not on this machine; the message says what to install and how."""


def find(program: Program) -> Path:
    """Return the path of a program.

    Raises:
        ProgramMissingError: its variable names no executable file, or it is nowhere.

    """
    path = _look_up(program)
    return _startable(path) if program == ALERTMANAGER else path


def _look_up(program: Program) -> Path:
    named = os.environ.get(program.variable)
    if named:
        path = shutil.which(named)
        if path is None:
            raise ProgramMissingError(
                f"{program.variable}={named} is not an executable file; "
                f"correct it, or unset it to look on the PATH"
            )
        return Path(path)
    search = os.pathsep.join([os.environ.get("PATH", ""), str(TOOLS / "bin")])
    for name in program.names:
        path = shutil.which(name, path=search)
        if path:
            return Path(path)
    raise ProgramMissingError(
        f"{program.names[0]} is not on the PATH. Install Prometheus (2.42 or newer) and "
        f"Alertmanager (0.25 or newer) from https://prometheus.io/download/, "
        f"or name the program with {program.variable}=/path/to/{program.names[-1]}"
    )


def missing() -> list[ProgramMissingError]:
    """Return one error for each program that cannot be found."""
    errors = []
    for program in ALL:
        try:
            find(program)
        except ProgramMissingError as error:
            errors.append(error)
    return errors


def fetch() -> None:
    """Download the packages of the programs with apt and unpack them under ``.tools/``."""
    with tempfile.TemporaryDirectory(dir=TOOLS) as folder:
        work = Path(folder)
        apt = private_apt(work)
        run_quietly([*apt, "update"], work)
        run_quietly([*apt, "download", *PACKAGES], work)
        for package in OPTIONAL_PACKAGES:
            run_quietly([*apt, "download", package], work, check=False)
        for archive in work.glob("*.deb"):
            run_quietly(["dpkg", "-x", str(archive), str(work / "root")], work)
        target = TOOLS / "bin"
        target.mkdir(exist_ok=True)
        for program in ALL:
            for name in program.names:
                binary = work / "root" / "usr" / "bin" / name
                if binary.exists():
                    shutil.move(binary, target / name)
        shared = work / "root" / "usr" / "share" / "prometheus"
        if shared.is_dir():
            (TOOLS / "share").mkdir(exist_ok=True)
            shutil.move(shared, TOOLS / "share" / "prometheus")


def _startable(program: Path) -> Path:
    """Return an Alertmanager that starts: the program itself, or one that finds its templates.

    Debian's reads them from one absolute path, which is not there when its package was unpacked
    but not installed. A path of the same length that means "here" takes its place in a copy, and
    a script starts that where the templates are; paths on its command line must be absolute.
    """
    content = program.read_bytes()
    if _DEBIAN_TEMPLATES.encode() not in content or Path(_DEBIAN_TEMPLATES).exists():
        return program
    home = TOOLS / "alertmanager" / hashlib.sha256(content).hexdigest()[:16]
    start = home / "start"
    if not start.exists():
        home.mkdir(parents=True, exist_ok=True)
        for name in ("default.tmpl", "email.tmpl"):
            packaged = program.parent.parent / "share" / "prometheus" / "alertmanager" / name
            # Only receivers other than webhooks use them: without any, it starts just as well.
            (home / name).write_bytes(packaged.read_bytes() if packaged.exists() else b"")
        here = "./" * (len(_DEBIAN_TEMPLATES) // 2)
        copy = home / "alertmanager"
        copy.write_bytes(content.replace(_DEBIAN_TEMPLATES.encode(), here.encode()))
        copy.chmod(0o755)
        start.write_text('#!/bin/sh\ncd "${0%/*}" && exec ./alertmanager "$@"\n')
        start.chmod(0o755)
    return start


def private_apt(work: Path) -> list[str]:
    """Return an apt-get that keeps its lists under ``work``, so that it needs no root."""
    lists = work / "lists"
    (lists / "partial").mkdir(parents=True)
    options = {
        "Dir::State::Lists": str(lists),
        "Dir::Cache": str(work),
        "Dir::Cache::archives": str(work),
        "Debug::NoLocking": "1",
        "Acquire::http::Timeout": "30",
        "Acquire::Retries": "2",
    }
    if os.geteuid() == 0:
        options["APT::Sandbox::User"] = "root"
    return ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]


def run_quietly(command: list[str], folder: Path, *, check: bool = True) -> None:
    """Run a command in a folder.

    Raises:
        ProgramMissingError: it failed; the message holds what it said.

    """
    done = subprocess.run(  # noqa: S603 - fixed programs, no shell
        command,
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=FETCH_TIMEOUT_SECONDS,
    )
    if check and done.returncode:
        raise ProgramMissingError(f"{' '.join(command[:1] + command[-2:])} failed: {done.stderr}")


def main() -> int:
    """Print where each program is; with ``--fetch``, get what is missing first."""
    parser = argparse.ArgumentParser(prog="python -m local.programs", description=__doc__)
    parser.add_argument("--fetch", action="store_true", help="download what is missing with apt")
    arguments = parser.parse_args()
    TOOLS.mkdir(exist_ok=True)
    try:
        errors = missing()
        if errors and arguments.fetch and shutil.which("apt-get") and shutil.which("dpkg"):
            print(f"fetching {', '.join(PACKAGES)} into {TOOLS}", flush=True)
            fetch()
        for program in ALL:
            print(f"{program.names[-1]:12} {find(program)}")
    except (ProgramMissingError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
