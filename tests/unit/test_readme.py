"""The table of settings in the README is the one that the code defines."""

from pathlib import Path

import api.settings
import webhook.settings

README = Path(__file__).resolve().parents[2] / "README.md"
BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->\n"


def row(name: str, of: str, default: str | None, meaning: str, *, secret: bool = False) -> str:
    variable = f"`{name}`, or `{name}_FILE`" if secret else f"`{name}`"
    shown = "required" if default is None else f"`{default}`" if default else ""
    cells = [cell.replace("|", "\\|") for cell in (variable, of, shown, meaning)]
    return f"| {' | '.join(cells)} |".replace("|  |", "| |")


def settings_table() -> str:
    """Return the table that the README must contain."""
    rows = [
        "| variable | of | default | meaning |",
        "|---|---|---|---|",
        *(
            row(s.name, of, s.default, s.help, secret=s.secret)
            for of, settings in (
                ("api", api.settings.SETTINGS),
                ("webhook", webhook.settings.SETTINGS),
            )
            for s in settings
        ),
    ]
    return "".join(f"{line}\n" for line in rows)


def test_the_readme_lists_every_setting_as_the_code_defines_it() -> None:
    readme = README.read_text(encoding="utf-8")
    wanted = f"{BEGIN}\n{settings_table()}\n{END}"
    assert wanted in readme, f"README.md must contain:\n\n{wanted}"
    assert readme.count(BEGIN) == readme.count(END) == 1
