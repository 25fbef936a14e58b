from datetime import UTC, datetime
from pathlib import Path

from local.demo.blocks import write_blocks
from local.demo.run import QUOTAS
from local.demo.traffic import Flow, History, make_history
from quotas.file.loading import load_quotas

NOW = datetime(2026, 11, 24, 8, 41, 17, tzinfo=UTC)


def test_blocks_are_written_and_the_text_for_promtool_is_removed(tmp_path: Path) -> None:
    history = make_history(NOW, 100_000)
    short = History(
        history.bounds[-20:], [Flow(flow.labels, flow.buckets[-19:]) for flow in history.flows]
    )
    write_blocks(short, load_quotas(QUOTAS), "one:1", tmp_path / "data")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert list((tmp_path / "data").iterdir())
