"""From the content of a mail to its text and its HTML."""

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from webhook.mail.content import MailContent
from webhook.text import fill

_TEMPLATES = Path(__file__).parent / "templates"


def render_text(content: MailContent, footer: str) -> str:
    """Return the mail as plain text of at most 78 columns."""
    return _environment().get_template("mail.txt").render(content=content, footer=footer)


def render_html(content: MailContent, footer: str) -> str:
    """Return the mail as HTML, with every value escaped."""
    # Mail clients show this after the subject in the list of mails.
    preview = content.lead or " ".join((*content.paragraphs, *content.to_do))
    template = _environment().get_template("mail.html")
    return template.render(content=content, footer=footer, preview=preview).lstrip()


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
