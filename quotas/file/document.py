"""Reads YAML into dicts and lists, and can give the line and column of each value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

LARGEST_FILE_BYTES = 10 * 2**20
MOST_NODES_BY_ALIAS = 100_000
DEEPEST_NESTING = 20

# The parser of libyaml is about ten times faster, but PyYAML may be built without it.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# The tags whose values are converted. All others, such as dates and binaries, remain text.
_construct = yaml.constructor.SafeConstructor()
_CONVERT: dict[str, Callable[[Any], Any]] = {
    "tag:yaml.org,2002:null": _construct.construct_yaml_null,
    "tag:yaml.org,2002:bool": _construct.construct_yaml_bool,
    "tag:yaml.org,2002:int": _construct.construct_yaml_int,
    "tag:yaml.org,2002:float": _construct.construct_yaml_float,
}

# Clearer words for some messages of the parser.
_TOO_DEEP = f"lists and mappings are more than {DEEPEST_NESTING} deep; is a line indented?"
_CLEARER_MESSAGES = {
    "but found another document": "is a second document; a file holds one",
    # The scanner looks ahead within brackets and has a limit of its own.
    "exceeded maximum nesting depth": _TOO_DEEP,
}

# The keys and list indexes that lead to a value: ("quotas", 3, "limit").
Place = Sequence[str | int]


@dataclass(frozen=True, order=True)
class Mistake:
    """One mistake in a file, with its position and key. Lines and columns count from 1."""

    line: int
    column: int
    key: str
    message: str

    def __str__(self) -> str:
        """Return ``line:column: key: message``."""
        key = f"{self.key}: " if self.key else ""
        return f"{self.line}:{self.column}: {key}{self.message}"


class DocumentError(Exception):
    """The file is wrong; ``mistakes`` lists what is wrong with it."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = list(mistakes)


@dataclass
class Document:
    """A YAML document.

    Attributes:
        root: the node of the whole document.
        data: the document as dicts, lists and single values.
        mistakes: mistakes that ``data`` cannot show, such as a key that is there twice.

    """

    root: yaml.Node
    data: Any = None
    mistakes: list[Mistake] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)
    _nodes_by_alias: int = 0

    def mistake(self, place: Place, message: str, *, at_key: bool = False) -> Mistake:
        """Return a mistake with the position of the value at a place, or of its key.

        If there is no such value, the position is that of the innermost value that would hold it.
        """
        node = self.root
        for step in place:
            key, child = _child(node, step)
            if child is None:
                break
            node = key if at_key and key is not None and step is place[-1] else child
        return _mistake(node, place, message)

    def read(self, node: yaml.Node, place: tuple[str | int, ...] = ()) -> Any:
        """Return a node as plain data, and add its mistakes to ``mistakes``."""
        if len(place) > DEEPEST_NESTING:
            raise DocumentError([_mistake(node, (), f"more than {DEEPEST_NESTING} levels deep")])
        self._count(node)
        if isinstance(node, yaml.MappingNode):
            return self._read_mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(entry, (*place, index)) for index, entry in enumerate(node.value)]
        return _plain(node)

    def _read_mapping(self, node: yaml.MappingNode, place: tuple[str | int, ...]) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.mistakes.append(_mistake(key, place, "a key is a word, not a list or mapping"))
                continue
            name = str(key.value)
            if name in data:
                self.mistakes.append(_mistake(key, (*place, name), "is there twice; keep one"))
            data[name] = self.read(value, (*place, name))
        return data

    def _count(self, node: yaml.Node) -> None:
        # A node that is read a second time was reached through an alias.
        if id(node) in self._seen:
            self._nodes_by_alias += 1
        self._seen.add(id(node))
        if self._nodes_by_alias > MOST_NODES_BY_ALIAS:
            message = f"aliases expand to more than {MOST_NODES_BY_ALIAS} values; write them out"
            raise DocumentError([_mistake(node, (), message)])


def read_document(content: bytes) -> Document:
    """Return the YAML document in the content of a file.

    Raises:
        DocumentError: the content is too large, not UTF-8, not YAML, empty, nested too deep, or
            its aliases expand too far.

    """
    document = Document(_compose(_decode(content)))
    document.data = document.read(document.root)
    return document


def _decode(content: bytes) -> str:
    if len(content) > LARGEST_FILE_BYTES:
        raise _error(1, 1, f"the file is larger than {LARGEST_FILE_BYTES} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        message = f"byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8"
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise _error(line, column, message) from error


def _compose(text: str) -> Any:
    forbidden = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if forbidden:
        before, character = text[: forbidden.start()], ord(forbidden.group())
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise _error(line, column, f"U+{character:04X} is not allowed in YAML; remove it")
    try:
        _check_nesting(text)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise _error(*_explain(error, text)) from error
    if root is None:
        raise _error(1, 1, "the file is empty; a first quota is in the README")
    return root


def _check_nesting(text: str) -> None:
    """Raise DocumentError if the text is nested too deep; the parser itself has no limit."""
    depth = 0
    event: Any
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST_NESTING:
            mark = event.start_mark
            raise _error(mark.line + 1, mark.column + 1, _TOO_DEEP)


def _explain(error: yaml.MarkedYAMLError, text: str) -> tuple[int, int, str]:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return 1, 1, f"is not YAML: {error.problem}"
    line = [*text.splitlines(), ""][min(mark.line, text.count("\n"))]
    hint = "; there is a tab in this line, indent with spaces" if "\t" in line else ""
    problem = _CLEARER_MESSAGES.get(str(error.problem), f"is not YAML: {error.problem}")
    return mark.line + 1, mark.column + 1, problem + hint


def _plain(node: yaml.Node) -> Any:
    try:
        return _CONVERT.get(node.tag, lambda node: node.value)(node)
    except (ValueError, KeyError, IndexError, yaml.YAMLError):
        # A tag such as !!int in front of text that is not a number.
        return node.value


def _child(node: yaml.Node, step: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    """Return the key node and value node of a key or index; both None if there is none."""
    if isinstance(node, yaml.MappingNode):
        pairs = [(key, value) for key, value in node.value if key.value == step]
        return pairs[-1] if pairs else (None, None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    return None, None


def _mistake(node: yaml.Node, place: Place, message: str) -> Mistake:
    key = ".".join(str(step) for step in place if not isinstance(step, int))
    key = key.removeprefix("quotas.")
    return Mistake(node.start_mark.line + 1, node.start_mark.column + 1, key, message)


def _error(line: int, column: int, message: str) -> DocumentError:
    return DocumentError([Mistake(line, column, "", message)])
