import pytest

from kong.mock.options import parser


def test_a_gateway_has_two_workers_and_five_megabytes_by_default() -> None:
    options = parser(None).parse_args([])
    assert (options.workers, options.dictionary_size) == (2, 5 * 1024**2)
    assert (options.kong, options.node_id) == ("3.9", None)


@pytest.mark.parametrize(
    ("text", "size_bytes"), [("65536", 65536), ("64k", 65536), ("5M", 5 * 1024**2)]
)
def test_sizes_are_written_as_for_nginx(text: str, size_bytes: int) -> None:
    assert parser(None).parse_args(["--dictionary-size", text]).dictionary_size == size_bytes


@pytest.mark.parametrize(
    "arguments",
    [
        ["--workers", "0"],
        ["--workers", "65"],
        ["--workers", "x"],
        ["--dictionary-size", "8k"],
        ["--dictionary-size", "2048m"],
        ["--dictionary-size", "1g"],
        ["--dictionary-size", ""],
        ["--node-id", "kong-1"],
        ["--proxy-port", "65536"],
        ["--scrape-delay", "nan"],
        ["--kong", "3.0"],
    ],
)
def test_invalid_options_end_with_exit_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser(None).parse_args(arguments)
    assert ended.value.code == 2
    assert arguments[0] in capsys.readouterr().err
