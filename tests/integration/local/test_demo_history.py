from datetime import UTC, datetime
from pathlib import Path

from local.demo import history
from local.demo.run import QUOTAS
from quotas.file.loading import load_quotas

NOW = datetime(2026, 11, 24, 8, 41, 17, tzinfo=UTC)


def test_no_text_is_left_beside_the_blocks(tmp_path: Path) -> None:
    past = history.make_past(NOW, 100_000)
    short = history.Past(
        past.bounds[-20:], [history.Flow(flow.labels, flow.buckets[-19:]) for flow in past.flows]
    )
    history.write_past(short, load_quotas(QUOTAS), "one:1", tmp_path / "data")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert list((tmp_path / "data").iterdir())
