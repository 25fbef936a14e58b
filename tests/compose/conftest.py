import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from tests.compose.engine import BUILD_SECONDS, ROOT, EngineError, docker, find_engine
from tests.compose.folder import COMPOSE_FILES, Folder, make_folder
from tests.compose.stack import Stack

PAUSE_SECONDS = 0.1


@pytest.fixture(scope="session")
def images() -> str:
    """Build the images from the checkout and return their tag."""
    try:
        find_engine()
    except EngineError as error:
        # One message instead of one error for each test.
        pytest.exit(str(error), returncode=pytest.ExitCode.TESTS_FAILED)
    files = [f"--file={ROOT / name}" for name in COMPOSE_FILES]
    tag = "under-test"
    docker("compose", *files, "build", environment={"TAG": tag}, seconds=BUILD_SECONDS)
    return tag


@pytest.fixture(scope="module")
def folder(images: str, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    path = tmp_path_factory.mktemp("deployed")
    # By default, only the user of pytest may enter its folders. Containers have other users.
    for parent in (path, *path.parents[:2]):
        parent.chmod(0o755)
    return make_folder(path, images)


class Traffic:
    """Sends requests through the gateway, one after the other, until ``end`` is called."""

    def __init__(self, stack: Stack) -> None:
        self.sent = 0
        self._stack = stack
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Send nothing inside the ``with`` block."""
        with self._lock:
            yield

    def end(self) -> None:
        """Stop sending."""
        self._ended.set()
        self._thread.join(30)

    def _run(self) -> None:
        number = 0
        while not self._ended.wait(PAUSE_SECONDS):
            number += 1
            with self._lock:
                try:
                    self._stack.send(f"/{('bin', 'ban')[number % 2]}/bytes/{100 * (number % 7)}")
                    self.sent += 1
                except requests.RequestException:
                    time.sleep(PAUSE_SECONDS)  # the gateway is being restarted


@pytest.fixture
def traffic(stack: Stack) -> Iterator[Traffic]:
    traffic = Traffic(stack)
    yield traffic
    traffic.end()
