"""From a page to the text and the HTML of a mail."""

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from webhook.mail.content import Page
from webhook.text import fill

_TEMPLATES = Path(__file__).parent / "templates"


def render_text(page: Page, footer: str) -> str:
    """Return the mail as plain text, at most 78 columns wide."""
    return _environment().get_template("mail.txt").render(page=page, footer=footer)


def render_html(page: Page, footer: str) -> str:
    """Return the mail as HTML. Everything in it that came from outside is escaped."""
    # What a list of mails shows after the subject: not the subject once more.
    preview = page.lead or " ".join((*page.paragraphs, *page.to_do))
    template = _environment().get_template("mail.html")
    return template.render(page=page, footer=footer, preview=preview).lstrip()


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["fill"] = fill
    return environment
