"""Checks of Python sources: imports between modules, and the size of modules and folders.

Each check returns one sentence for each violation.
"""

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import resolve_name
from pathlib import Path, PurePath

Graph = Mapping[str, set[str]]
# Layers of a package from top to bottom: the names of its modules and sub-packages.
Layers = Sequence[Iterable[str]]


@dataclass(frozen=True)
class Module:
    """A Python file: its path below the root of the repository, and its text."""

    path: PurePath
    source: str

    @property
    def is_package(self) -> bool:
        """Return whether the file is an ``__init__.py``."""
        return self.path.name == "__init__.py"

    @property
    def name(self) -> str:
        """Return the dotted name by which the module is imported."""
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if self.is_package else parts)


def read_modules(root: Path, excluded: Iterable[str] = ()) -> list[Module]:
    """Return all Python files below a folder, without hidden folders.

    Args:
        root: the folder.
        excluded: names of further folders to leave out.

    """
    found = []
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        if not any(part.startswith(".") or part in excluded for part in relative.parts):
            found.append(Module(relative, path.read_text(encoding="utf-8")))
    return found


def imports_of(module: Module) -> set[str]:
    """Return what a module imports, anywhere in it; ``from a import b`` is ``a.b``."""
    package = module.name if module.is_package else module.name.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(module.source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), package)
            found |= {f"{origin}.{alias.name}" for alias in node.names}
    return found


def import_graph(modules: Iterable[Module]) -> dict[str, set[str]]:
    """Return the imports between these modules: for each, the names of those it imports."""
    imports = {module.name: imports_of(module) for module in modules}
    graph: dict[str, set[str]] = {}
    for name, imported in imports.items():
        # ``a.b`` is the module a.b, or a name within the module a.
        targets = {full if full in imports else full.rpartition(".")[0] for full in imported}
        graph[name] = (targets & imports.keys()) - {name}
    return graph


def within(graph: Graph, package: str) -> dict[str, set[str]]:
    """Return the part of a graph that lies within a top-level package."""

    def belongs(name: str) -> bool:
        return name.partition(".")[0] == package

    return {
        name: {target for target in targets if belongs(target)}
        for name, targets in graph.items()
        if belongs(name)
    }


def find_cycle(graph: Graph) -> list[str]:
    """Return modules that import each other in a circle, the first again at the end; else []."""
    finished: set[str] = set()

    def search(chain: list[str]) -> list[str]:
        for target in sorted(graph[chain[-1]] - finished):
            if target in chain:
                return [*chain[chain.index(target) :], target]
            if cycle := search([*chain, target]):
                return cycle
        finished.add(chain[-1])
        return []

    return next((cycle for name in sorted(graph) if (cycle := search([name]))), [])


def longest_chain(graph: Graph) -> list[str]:
    """Return the longest chain of imports in a graph without cycles."""
    longest: dict[str, list[str]] = {}

    def chain_from(name: str) -> list[str]:
        if name not in longest:
            chains = (chain_from(target) for target in sorted(graph[name]))
            longest[name] = [name, *max(chains, key=len, default=[])]
        return longest[name]

    return max((chain_from(name) for name in sorted(graph)), key=len, default=[])


def check_chains(graph: Graph, most: int) -> list[str]:
    """Report a cycle of imports, or else a chain of more than ``most`` modules."""
    if cycle := find_cycle(graph):
        return [f"cycle: {' -> '.join(cycle)}"]
    chain = longest_chain(graph)
    return [f"chain of {len(chain)}: {' -> '.join(chain)}"] if len(chain) > most else []


def check_layers(graph: Graph, package: str, layers: Layers) -> list[str]:
    """Report imports from a lower layer of a package to a higher one.

    The ``__init__.py`` of the package is above all layers.
    """
    ranks_of_units = {unit: rank for rank, layer in enumerate(layers) for unit in layer}
    units = {name: name.split(".")[1] for name in graph if name != package}
    ranks = {name: ranks_of_units[unit] for name, unit in units.items() if unit in ranks_of_units}
    if package in graph:
        ranks[package] = -1
    problems = {
        f"{package}.{unit} is in no layer" for unit in units.values() if unit not in ranks_of_units
    }
    problems |= {
        f"{name} imports {target}, which is in a higher layer"
        for name, rank in ranks.items()
        for target in graph[name] & ranks.keys()
        if ranks[target] < rank
    }
    return sorted(problems)


def check_forbidden(
    modules: Iterable[Module], parts: Iterable[str], forbidden: Iterable[str]
) -> list[str]:
    """Report imports of forbidden modules or packages in these modules or packages."""
    return [
        f"{module.name} imports {imported}"
        for module in modules
        if _is_in(module.name, parts)
        for imported in sorted(imports_of(module))
        if _is_in(imported, forbidden)
    ]


def _is_in(name: str, parts: Iterable[str]) -> bool:
    return any(f"{name}.".startswith(f"{part}.") for part in parts)


def check_folders(paths: Iterable[PurePath], most: int) -> list[str]:
    """Report folders that contain more than ``most`` of these files."""
    counts: dict[PurePath, int] = {}
    for path in paths:
        counts[path.parent] = counts.get(path.parent, 0) + 1
    return [
        f"{folder} has {count} modules" for folder, count in sorted(counts.items()) if count > most
    ]


def check_lengths(modules: Iterable[Module], most: int) -> list[str]:
    """Report modules of more than ``most`` lines."""
    lengths = {module.path: len(module.source.splitlines()) for module in modules}
    return [f"{path} has {length} lines" for path, length in lengths.items() if length > most]
