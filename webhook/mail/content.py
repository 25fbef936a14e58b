"""What a mail shows, as dataclasses. Its text and its HTML are both rendered from them."""

from dataclasses import dataclass

from webhook.mail.charts.model import UsageChart

LONGEST_SUBJECT = 150


@dataclass(frozen=True)
class Detail:
    """One line of the list of details. ``exact`` is the same value to the byte, if it is a size."""

    label: str
    value: str
    exact: str = ""


@dataclass(frozen=True)
class AlertRow:
    """One of several alerts. ``tone`` is its colour, and ``state`` says the same in words.

    ``url`` is the page about it. Empty if there is none.
    """

    tone: str
    tag: str
    state: str
    name: str
    figures: str = ""
    note: str = ""
    url: str = ""


@dataclass(frozen=True)
class MailLink:
    """A link. The text part shows ``short``, a shorter address, if ``url`` does not fit a line."""

    label: str
    url: str
    short: str = ""


@dataclass(frozen=True)
class Section:
    """One of several quotas in a report. Parts that are empty are not shown.

    Attributes:
        tone: as of a row.
        tag: the share of the limit.
        name: the quota.
        url: the page about it.
        figures: usage and limit in words.
        bar_percent: how much of the bar is filled, 0 to 100. None for no bar.
        rows: the entries that used most.
        details: the list of details.
        chart: the usage over time. None for no chart.

    """

    tone: str
    tag: str
    name: str
    url: str = ""
    figures: str = ""
    bar_percent: int | None = None
    rows: tuple[AlertRow, ...] = ()
    details: tuple[Detail, ...] = ()
    chart: UsageChart | None = None


@dataclass(frozen=True)
class Attachment:
    """A table that comes with a mail, as CSV in UTF-8."""

    file_name: str
    content: bytes


@dataclass(frozen=True)
class MailContent:
    """The content of a mail. Parts that are empty are not shown.

    Attributes:
        subject: the subject line.
        tone: info, warning, critical or resolved. It selects the colours.
        state: the tone in words.
        title: the heading.
        lead: a sentence below the heading.
        figure: the large number above the bar.
        figure_words: the words beside it.
        bar_percent: how much of the bar is filled, 0 to 100. None for no figure and no bar.
        bar_words: the words below the left and the right end of the bar.
        details: the list of details.
        rows: the alerts, if the mail is about several.
        sections: the quotas, if the mail is a report.
        paragraphs: text.
        to_do: what the reader can do, in paragraphs.
        button: the most important link, shown as a button at the top. None for no button.
        links: the other links.
        test_note: what a test mail says above everything else. Empty for real mails.
        attachments: what comes with the mail.

    """

    subject: str
    tone: str
    state: str
    title: str
    lead: str = ""
    figure: str = ""
    figure_words: str = ""
    bar_percent: int | None = None
    bar_words: tuple[str, str] = ("", "")
    details: tuple[Detail, ...] = ()
    rows: tuple[AlertRow, ...] = ()
    sections: tuple[Section, ...] = ()
    paragraphs: tuple[str, ...] = ()
    to_do: tuple[str, ...] = ()
    button: MailLink | None = None
    links: tuple[MailLink, ...] = ()
    test_note: str = ""
    attachments: tuple[Attachment, ...] = ()
