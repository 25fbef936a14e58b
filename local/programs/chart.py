"""Get what the tests of the Helm chart need: python -m local.programs.chart.

These are helm, built with Go, and Python packages that hold the schemas of Kubernetes and of the
Prometheus Operator. They are only in ``.tools/``, because nothing else needs them.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from local.programs.finding import TOOLS, Program, ProgramMissingError, find

HELM = Program("HELM_BIN", ("helm",))
HELM_MODULE = "helm.sh/helm/v3/cmd/helm@v3.18.6"
SCHEMAS = TOOLS / "chart-schemas"
SCHEMA_PACKAGES = (
    "kubernetes-validate==1.37.0",
    "cloudcoil-models-prometheus-operator==0.80.1.0",
)
TIMEOUT_SECONDS = 1_200
ATTEMPTS = 3


def find_helm() -> Path:
    """Return the path of helm.

    Raises:
        ProgramMissingError: it is neither on this machine nor in ``.tools/bin``.

    """
    try:
        return find(HELM)
    except ProgramMissingError as error:
        if os.environ.get(HELM.variable):
            raise
        raise ProgramMissingError(
            "helm is not on the PATH. Install Helm 3, install Go and run `make test-chart`, "
            f"or name the program with {HELM.variable}=/path/to/helm"
        ) from error


def build_helm() -> None:
    """Build helm with Go into ``.tools/bin``."""
    environment = {**os.environ, "GOBIN": str(TOOLS / "bin"), "CGO_ENABLED": "0"}
    command = ["go", "install", "-trimpath", "-ldflags=-s -w", HELM_MODULE]
    _run(command, environment)


def install_schemas() -> None:
    """Install the packages of schemas into a folder of their own."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
    with tempfile.TemporaryDirectory(dir=TOOLS) as work:
        folder = Path(work) / "schemas"
        _run([*command, "--target", str(folder), *SCHEMA_PACKAGES], dict(os.environ))
        shutil.rmtree(SCHEMAS, ignore_errors=True)
        folder.rename(SCHEMAS)


def _run(command: list[str], environment: dict[str, str]) -> None:
    """Run a command that downloads, again if it fails: it goes on with what it has already."""
    for _ in range(ATTEMPTS):
        done = subprocess.run(  # noqa: S603 - fixed programs, no shell
            command,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
        )
        if not done.returncode:
            return
    raise ProgramMissingError(f"{' '.join(command[:3])} … failed: {done.stderr}")


def main() -> int:
    """Run the command line; return 0, or 1 if something is missing."""
    try:
        try:
            found = find_helm()
        except ProgramMissingError:
            if os.environ.get(HELM.variable) or not shutil.which("go"):
                raise
            print(f"building {HELM_MODULE} into {TOOLS / 'bin'}", flush=True)
            build_helm()
            found = find_helm()
        print(f"{'helm':12} {found}")
        if not SCHEMAS.exists():
            print(f"fetching {', '.join(SCHEMA_PACKAGES)} into {SCHEMAS}", flush=True)
            install_schemas()
    except (ProgramMissingError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
