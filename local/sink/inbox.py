"""The web page of the sink: the list of mails next to one of them."""

import re

from flask import Blueprint, Response, abort, current_app, render_template, request

from local.sink.current import get_mailbox
from local.sink.mailbox import Mail
from local.sink.parsing import decode, embed_pictures

MAX_SHOWN_CHARACTERS = 200_000

# A mail may use its own styles and embedded images. It must not run scripts or load anything from
# the network. Links open in a new tab, outside the sandbox.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
LINKS_IN_NEW_TABS = '<base target="_blank">'

blueprint = Blueprint("inbox", __name__)


@blueprint.get("/")
def show_inbox() -> str:
    """Show the list and, on wide screens, the newest mail."""
    mails = get_mailbox().mails()
    return _page(mails[-1] if mails else None, state="list" if mails else "empty")


@blueprint.get("/mail/<mail_id>")
def show_mail(mail_id: str) -> tuple[str, int]:
    """Show the list and one mail; status 404 if the mail is gone."""
    mail = get_mailbox().get(mail_id)
    return _page(mail, state="mail"), 200 if mail else 404


@blueprint.get("/mail/<mail_id>/html")
def show_html(mail_id: str) -> Response:
    """Return the HTML part alone, with a policy that also holds outside of the page's frame."""
    mail = _mail_or_404(mail_id)
    response = Response(embed_pictures(_with_links_in_new_tabs(mail.html), mail.raw))
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


@blueprint.get("/mail/<mail_id>/source")
def download_source(mail_id: str) -> Response:
    """Return the mail as a file, byte for byte as it was received."""
    response = Response(_mail_or_404(mail_id).raw, mimetype="message/rfc822")
    response.headers["Content-Disposition"] = f'attachment; filename="{mail_id}.eml"'
    return response


def _mail_or_404(mail_id: str) -> Mail:
    mail = get_mailbox().get(mail_id)
    if mail is None:
        abort(404, "This mail is gone.")
    return mail


def _page(mail: Mail | None, *, state: str) -> str:
    # The revision is read before the mails. If a mail arrives in between, the script of the page
    # sees another revision and loads the page again.
    revision = get_mailbox().revision()
    smtp_host, smtp_port = current_app.config["SMTP_ADDRESS"]
    view = _view(mail, request.args.get("view")) if mail else ""
    shown = _shown(mail, view) if mail else ""
    return render_template(
        "inbox.html",
        revision=revision,
        mails=get_mailbox().mails()[::-1],
        mail=mail,
        state=state,
        view=view,
        shown=shown[:MAX_SHOWN_CHARACTERS],
        clipped=len(shown) > MAX_SHOWN_CHARACTERS,
        smtp_host=smtp_host,
        smtp_port=smtp_port,
    )


def _view(mail: Mail, wanted: str | None) -> str:
    """Return the wanted view if the mail has it, else the first of html, text and source."""
    available = [
        name for name, part in (("html", mail.html), ("text", mail.text), ("source", True)) if part
    ]
    return wanted if wanted in available else available[0]


def _shown(mail: Mail, view: str) -> str:
    if view == "source":
        return decode(mail.raw).replace("\r\n", "\n")
    return mail.text if view == "text" else ""


def _with_links_in_new_tabs(html: str) -> str:
    """Add a ``base`` element after the doctype; before it, browsers would use quirks mode."""
    for place in (r"<head\b[^>]*>", r"<html\b[^>]*>", r"<!doctype\b[^>]*>"):
        found = re.search(place, html, re.IGNORECASE)
        if found:
            return html[: found.end()] + LINKS_IN_NEW_TABS + html[found.end() :]
    return LINKS_IN_NEW_TABS + html
