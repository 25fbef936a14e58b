from quotas.rule_files.older_rulers import without_keep_firing
from quotas.rule_files.rendering import render_files
from quotas.rule_files.rule import Group, Rule, RuleFile

ALERT = Rule("Alert", "up == 0", alert=True, for_seconds=60, keep_firing_seconds=600)
RECORD = Rule("series", "up")


def test_only_keep_firing_for_is_left_out() -> None:
    file = RuleFile("file", [Group("group", 60, [RECORD, ALERT])], note="a note")
    before = render_files([file])["file.yml"]
    assert "keep_firing_for: 10m\n" in before
    after = render_files(without_keep_firing([file]))["file.yml"]
    assert after == before.replace("        keep_firing_for: 10m\n", "")
