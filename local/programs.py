"""Find Prometheus, promtool, Alertmanager and amtool, or fetch them where apt can.

Looked for in this order: the variable that names one, the PATH, ``.tools/bin``. With
``--fetch`` what is missing is downloaded from the machine's own Debian or Ubuntu
packages and unpacked under ``.tools/``: no root, nothing installed, no service started.
"""

import argparse
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
        apt = _private_apt(work)
        _run([*apt, "update"], work)
        _run([*apt, "download", *PACKAGES], work)
        for package in OPTIONAL_PACKAGES:
            _run([*apt, "download", package], work, check=False)
        for archive in work.glob("*.deb"):
            _run(["dpkg", "-x", str(archive), str(work / "root")], work)
        target = TOOLS / "bin"
        target.mkdir(exist_ok=True)
        for program in ALL:
            for name in program.names:
                binary = work / "root" / "usr" / "bin" / name
                if binary.exists():
                    shutil.move(binary, target / name)
        shared = work / "root" / _DEBIAN_TEMPLATES.lstrip("/")
        if shared.is_dir():
            _relocate_alertmanager(shared)


def _relocate_alertmanager(templates: Path) -> None:
    """Make Debian's Alertmanager find its templates though its package is not installed.

    It reads them from one absolute path. A path of the same length that means "here" takes its
    place in the program, and a script of the program's name starts it there; so paths given on
    its command line must be absolute.
    """
    home = TOOLS / "alertmanager"
    shutil.rmtree(home, ignore_errors=True)
    shutil.move(templates, home)
    script = TOOLS / "bin" / "prometheus-alertmanager"
    here = "./" * (len(_DEBIAN_TEMPLATES) // 2)
    program = script.read_bytes().replace(_DEBIAN_TEMPLATES.encode(), here.encode())
    (home / "program").write_bytes(program)
    (home / "program").chmod(0o755)
    script.write_text('#!/bin/sh\ncd "${0%/*}/../alertmanager" && exec ./program "$@"\n')


def _private_apt(work: Path) -> list[str]:
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


def _run(command: list[str], folder: Path, *, check: bool = True) -> None:
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
