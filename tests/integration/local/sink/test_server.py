"""Starting and stopping the sink, inside a test and as a process."""

import json
import re
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from local.sink.server import ListenError, Sink, running
from tests.integration.local.sink.client import TIMEOUT_SECONDS, compose, get_mails, send

ROOT = Path(__file__).resolve().parents[4]
# A sink that waited for its clients would take at least five seconds.
STOP_SECONDS = 4


def test_a_sink_stops_while_clients_are_connected_and_frees_its_ports() -> None:
    with running() as first:
        client = smtplib.SMTP(first.host, first.smtp_port, timeout=TIMEOUT_SECONDS)
        idle = socket.create_connection((first.host, first.page_port), TIMEOUT_SECONDS)
        stopped_at = time.monotonic()
    assert time.monotonic() - stopped_at < STOP_SECONDS
    client.close()
    idle.close()
    with running(smtp_port=first.smtp_port, page_port=first.page_port) as second:
        send(second, compose())
        assert len(get_mails(second)) == 1


def test_the_error_for_a_port_in_use_names_the_port_and_the_option(sink: Sink) -> None:
    with pytest.raises(ListenError, match=f"SMTP port {sink.smtp_port} .*--smtp-port"):
        running(smtp_port=sink.smtp_port).__enter__()


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "local.sink", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_prints_its_urls_logs_each_mail_and_stops_at_a_signal(number: int) -> None:
    with started("--smtp-port", "0", "--page-port", "0") as process:
        assert process.stdout
        line = process.stdout.readline()
        found = re.fullmatch(
            r"mail sink ready: smtp://127\.0\.0\.1:(\d+) page (http://127\.0\.0\.1:\d+/)\n", line
        )
        assert found, line
        with smtplib.SMTP("127.0.0.1", int(found[1]), timeout=TIMEOUT_SECONDS) as client:
            client.send_message(compose("über\x1b[1m"), to_addrs=["a@example.com", "b@example.com"])
        assert (
            process.stdout.readline()
            == "mail: über\N{REPLACEMENT CHARACTER}[1m -> a@example.com, b@example.com\n"
        )
        answer = requests.get(found[2] + "api/mails", timeout=TIMEOUT_SECONDS)
        assert len(json.loads(answer.text)) == 1
        stopped_at = time.monotonic()
        process.send_signal(number)
        assert process.wait(TIMEOUT_SECONDS) == 0
        assert time.monotonic() - stopped_at < STOP_SECONDS
        assert process.stdout.read() == ""
        assert process.stderr
        assert process.stderr.read() == ""


def test_the_process_reports_a_port_in_use_in_one_line(sink: Sink) -> None:
    with started("--smtp-port", "0", "--page-port", str(sink.page_port)) as process:
        output, errors = process.communicate(timeout=TIMEOUT_SECONDS)
    assert process.returncode == 1
    assert output == ""
    assert re.fullmatch(
        f"mail sink: page port {sink.page_port} on 127.0.0.1 cannot be opened: "
        r"Address already in use; .*--page-port or --host\n",
        errors,
    )


def test_a_port_above_65535_is_an_invalid_argument() -> None:
    with started("--smtp-port", "70000") as process:
        _, errors = process.communicate(timeout=TIMEOUT_SECONDS)
    assert process.returncode == 2
    assert '"70000" is not a port' in errors
