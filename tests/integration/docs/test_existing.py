"""docs/existing.md works: its blocks are applied, and its commands print what it shows."""

from pathlib import Path
from typing import Any

import requests

from local.stack.config import ROOT
from tests.integration.docs.existing import Existing, existing
from tests.integration.docs.page import blocks_of, commands_of
from tests.integration.docs.shell import Shell, shell

PAGE = ROOT / "docs" / "existing.md"
TIMEOUT_SECONDS = 10
TEST_MAILS = 3


def test_every_block_works_and_prints_what_the_page_shows(tmp_path: Path) -> None:
    with (
        existing(tmp_path) as machine,
        shell(machine.folder, machine.shell_variables) as reader,
    ):
        follow_page(machine, reader)
        subjects = [mail["subject"] for mail in ask(machine.ports.url("mails"), "/api/mails")]
        assert len(subjects) == TEST_MAILS
        assert all(subject.startswith("[TEST] ") for subject in subjects)
        (quota,) = ask(machine.ports.url("api"), "/api/v1/quotas")["quotas"]
        assert quota["used_bytes"] > 0


def ask(url: str, path: str) -> Any:
    answer = requests.get(f"{url}{path}", timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()
    return answer.json()


def follow_page(machine: Existing, reader: Shell) -> None:
    """Apply each block of the page; fail if a command fails or prints something else."""
    for block in blocks_of(machine.localise(PAGE.read_text(encoding="utf-8"))):
        if block.language != "console":
            machine.apply(block)
            continue
        for command in commands_of(block):
            output, status = reader.run(command.line)
            assert status == 0, f"{command.line}\n{output}"
            assert command.is_like(output), f"$ {command.line}\n{output}"
