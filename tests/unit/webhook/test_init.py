import subprocess
import sys

import pytest

from quotas.settings import SettingsError
from webhook import create_app


def test_a_wrong_setting_stops_the_start(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="MAIL_PORT"):
        create_app(environ | {"MAIL_PORT": "none"})


def test_importing_reads_nothing() -> None:
    """An environment without any variable is wrong only when the factory reads it."""
    subprocess.run([sys.executable, "-c", "import webhook"], env={}, check=True, timeout=60)
