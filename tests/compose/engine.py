"""Run docker commands. DOCKER_HOST may name the engine; otherwise it is this machine's own."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD_SECONDS = 1_200
COMMAND_SECONDS = 180
NO_ENGINE = (
    "no Docker engine answers (%s). Start one, or let DOCKER_HOST name one: these tests build "
    "images and run the whole stack in containers"
)


class EngineError(Exception):
    """A docker command failed; the message holds its output."""


def docker(
    *arguments: str,
    folder: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    seconds: float = COMMAND_SECONDS,
    with_errors: bool = False,
) -> str:
    """Run docker and return its output, ``with_errors`` also that on standard error.

    Raises:
        EngineError: it failed, or took longer than ``seconds``.

    """
    command = ["docker", *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | dict(environment or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if with_errors else subprocess.PIPE,
            text=True,
            check=False,
            timeout=seconds,
        )
    except FileNotFoundError as error:
        raise EngineError("there is no program docker") from error
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"{' '.join(command)} did not end within {seconds:.0f} s") from error
    if done.returncode:
        said = (done.stdout + (done.stderr or ""))[-4_000:]
        raise EngineError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
    return done.stdout


def find_engine() -> str:
    """Return the version of the engine.

    Raises:
        EngineError: no engine answers.

    """
    try:
        return docker("version", "--format", "{{.Server.Version}}", seconds=30).strip()
    except EngineError as error:
        raise EngineError(NO_ENGINE % " ".join(str(error).split())) from error


def containers(labels: Sequence[str]) -> Sequence[str]:
    """Return the ids of the running containers with these labels, newest first."""
    return docker("ps", "--quiet", "--no-trunc", *_filters(labels)).split()


def exit_codes(labels: Sequence[str]) -> list[int]:
    """Return the exit codes of the stopped containers with these labels."""
    filters = [*_filters(labels), "--filter=status=exited"]
    ended = docker("ps", "--all", "--quiet", "--no-trunc", *filters).split()
    return [int(inspect("{{.State.ExitCode}}", container)) for container in ended]


def _filters(labels: Sequence[str]) -> list[str]:
    return [f"--filter=label={label}" for label in labels]


def inspect(form: str, *names: str) -> str:
    """Return the result of a Go template for containers or images."""
    return docker("inspect", "--format", form, *names).strip()
