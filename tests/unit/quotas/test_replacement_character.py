from quotas.promql import quote


def test_the_replacement_character_is_escaped_since_the_lexer_takes_it_for_broken_utf_8() -> None:
    assert quote("a\ufffdb") == '"a\\ufffdb"'
    assert quote("a\\\ufffdb") == '"a\\\\\\ufffdb"'
