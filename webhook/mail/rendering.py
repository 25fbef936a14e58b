"""From the content of a mail to its text and its HTML."""

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from webhook.mail.content import MailContent
from webhook.text import fill

# The space before a unit.
_UNIT = re.compile(r"(?<=\d) (?=(?:%|[kMGTP]?i?B)(?!\w))", re.ASCII)
_TEMPLATES = Path(__file__).parent / "templates"
# Where the HTML of a mail can have a chart. Values are escaped, so none of them contains this.
CHART_PLACE = "<!--chart-->"


def render_text(content: MailContent, footer: str) -> str:
    """Return the mail as plain text of at most 78 columns."""
    return _environment().get_template("mail.txt").render(content=content, footer=footer)


def render_html(content: MailContent, footer: str) -> str:
    """Return the mail as HTML, with every value escaped."""
    # Mail clients show this after the subject in the list of mails.
    preview = content.lead or " ".join((*content.paragraphs, *content.to_do))
    template = _environment(_keep_together).get_template("mail.html")
    return template.render(content=content, footer=footer, preview=preview).lstrip()


def render_chart(light_id: str, dark_id: str, words: str) -> str:
    """Return the HTML of a chart, which is a row of the table that the mail consists of.

    Args:
        light_id: the Content-ID of the picture for light mode.
        dark_id: the same for dark mode.
        words: what the pictures show.

    """
    template = _environment(_keep_together).get_template("chart.html")
    return template.render(light_id=light_id, dark_id=dark_id, words=words).strip()


def _keep_together(value: Any) -> Any:
    """Return a text in which no line breaks between a number and its unit."""
    return _UNIT.sub("\N{NO-BREAK SPACE}", value) if type(value) is str else value


@lru_cache(maxsize=2)
def _environment(finalize: Callable[[Any], Any] | None = None) -> Environment:
    environment = Environment(
        finalize=finalize,
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["fill"] = fill
    return environment
