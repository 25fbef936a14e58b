"""Start and stop the stack with docker compose."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.compose.engine import docker, inspect
from tests.compose.folder import COMPOSE_FILES, Folder, keep_logs
from tests.compose.stack import Stack

NAME = "gateway-telemetry-test"


@dataclass(frozen=True)
class Project:
    """A project of docker compose: its folder, its files of settings, and additional files."""

    folder: Folder
    env_files: tuple[str, ...] = ("local.env",)
    more_files: tuple[str, ...] = ("test.yml",)

    def compose(self, *arguments: str) -> str:
        """Run docker compose in the folder, as the README does, and return its output.

        Raises:
            EngineError: it failed, or took too long.

        """
        return docker(
            *("compose", "--project-name", NAME),
            *(f"--env-file={name}" for name in self.env_files),
            *(f"--file={name}" for name in (*COMPOSE_FILES, *self.more_files)),
            *arguments,
            folder=self.folder.path,
            environment=self.folder.environment,
        )

    @contextmanager
    def running(self) -> Iterator[Stack]:
        """Run all services inside the ``with`` block. At the end, remove all but their logs."""
        of_project = f"com.docker.compose.project={NAME}"
        folder = self.folder
        ports = {"kong": folder.proxy_port, "api": folder.api_port, "mailpit": folder.mails_port}
        stack = Stack(
            folder,
            labels=lambda service: (of_project, f"com.docker.compose.service={service}"),
            address=lambda service, _: f"127.0.0.1:{ports[service]}",
        )
        try:
            self.compose("up", "--detach", "--no-build")
            stack.await_watched()
            yield stack
        finally:
            keep_logs(folder, self.compose("logs", "--no-color", "--timestamps"))
            self.compose("down", "--volumes", "--timeout", "5")

    def start(self, stack: Stack, service: str) -> None:
        """Start a stopped service and wait until it is healthy."""
        self.compose("start", service)
        form = "{{if .State.Health}}{{.State.Health.Status}}{{else}}healthy{{end}}"
        stack.wait(
            f"{service} to run", lambda: inspect(form, stack.container(service)) == "healthy"
        )
