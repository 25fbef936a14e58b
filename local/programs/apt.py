"""Download packages of this machine's own Debian or Ubuntu and unpack them below ``.tools/``.

Nothing is installed, no service is started, and root is not needed.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from local.programs.finding import ALL, TOOLS, ProgramMissingError

# Debian 12 ships promtool inside prometheus; later releases have a package of its own.
PACKAGES = ("prometheus", "prometheus-alertmanager")
OPTIONAL_PACKAGES = ("promtool",)
TIMEOUT_SECONDS = 600


def is_available() -> bool:
    """Return whether this machine has apt and dpkg."""
    return bool(shutil.which("apt-get") and shutil.which("dpkg"))


def download() -> None:
    """Download Prometheus and Alertmanager and put their programs into ``.tools/bin``.

    Raises:
        ProgramMissingError: apt or dpkg failed; the message holds its output.
        subprocess.TimeoutExpired: one of them took longer than TIMEOUT_SECONDS.

    """
    with tempfile.TemporaryDirectory(dir=TOOLS) as folder:
        work = Path(folder)
        apt = private_apt(work)
        run_quietly([*apt, "update"], work)
        run_quietly([*apt, "download", *PACKAGES], work)
        for package in OPTIONAL_PACKAGES:
            run_quietly([*apt, "download", package], work, check=False)
        unpacked = unpack_all(work)
        target = TOOLS / "bin"
        target.mkdir(exist_ok=True)
        for program in ALL:
            for name in program.names:
                binary = unpacked / "usr" / "bin" / name
                if binary.exists():
                    shutil.move(binary, target / name)
        shared = unpacked / "usr" / "share" / "prometheus"
        if shared.is_dir():
            (TOOLS / "share").mkdir(exist_ok=True)
            shutil.move(shared, TOOLS / "share" / "prometheus")


def private_apt(work: Path) -> list[str]:
    """Return the start of an apt-get command that keeps its files in ``work``, so needs no root."""
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


def unpack_all(work: Path) -> Path:
    """Unpack all packages in a folder and return the folder that holds their files."""
    root = work / "root"
    for archive in work.glob("*.deb"):
        run_quietly(["dpkg", "-x", str(archive), str(root)], work)
    return root


def run_quietly(command: list[str], folder: Path, *, check: bool = True) -> None:
    """Run a command in a folder without showing its output.

    Raises:
        ProgramMissingError: it failed and ``check`` is set; the message holds its output.
        subprocess.TimeoutExpired: it took longer than TIMEOUT_SECONDS.

    """
    done = subprocess.run(  # noqa: S603 - fixed programs, no shell
        command,
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    if check and done.returncode:
        raise ProgramMissingError(f"{' '.join(command[:1] + command[-2:])} failed: {done.stderr}")
