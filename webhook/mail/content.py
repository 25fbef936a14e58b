"""What a mail shows, as values: its text and its HTML are made of the same."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """One line of figures: what it is, its value, and the same value to the byte."""

    label: str
    value: str
    exact: str = ""


@dataclass(frozen=True)
class Row:
    """One of several alerts: ``tone`` colours it, ``state`` says the same in words."""

    tone: str
    tag: str
    state: str
    name: str
    figures: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Link:
    """A web page. ``short`` is a shorter address of it, or of what leads there, for text."""

    label: str
    url: str
    short: str = ""


@dataclass(frozen=True)
class Page:
    """A whole mail. ``tone`` is info, warning, critical or resolved."""

    subject: str
    tone: str
    state: str
    title: str
    lead: str = ""
    figure: str = ""
    figure_words: str = ""
    bar_percent: int | None = None
    bar_words: tuple[str, str] = ("", "")
    facts: tuple[Fact, ...] = ()
    rows: tuple[Row, ...] = ()
    paragraphs: tuple[str, ...] = ()
    to_do: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
