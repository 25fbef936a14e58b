"""A project of docker compose, brought up from a folder as users have it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.compose.engine import docker, inspect
from tests.compose.folder import COMPOSE_FILES, Folder, keep_logs
from tests.compose.stack import Stack

NAME = "gateway-telemetry-test"


@dataclass(frozen=True)
class Project:
    """The folder, and the files of settings and of the test's own beside those of production."""

    folder: Folder
    env_files: tuple[str, ...] = ("local.env",)
    more_files: tuple[str, ...] = ("test.yml",)

    def compose(self, *arguments: str) -> str:
        """Run docker compose in the folder, as the README does, and return what it prints.

        Raises:
            EngineError: it failed, or did not end in time.

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
        """Bring it up, and take it down with all that it kept, but for its logs."""
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
        """Start a service that was stopped, and wait until it is well."""
        self.compose("start", service)
        form = "{{if .State.Health}}{{.State.Health.Status}}{{else}}healthy{{end}}"
        stack.wait(
            f"{service} to run", lambda: inspect(form, stack.container(service)) == "healthy"
        )
