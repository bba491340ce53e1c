"""Measure the source: names, docstrings, lengths of functions and files, import cycles.

    hatch run readability          the figures of every package
    hatch run readability check    exit 1 where one is over its limit
    hatch run readability list     also each name and docstring that counts against it

Counted over `contracts/src` and `packages/*/src`. A name is an assigned variable, a parameter
or an attribute of a class; a function's length is its statements' lines without its docstring.
"""

import ast
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PARTICIPLES: Final = frozenset(
    {
        "asked",
        "brought",
        "done",
        "found",
        "given",
        "gone",
        "heard",
        "held",
        "judged",
        "kept",
        "known",
        "left",
        "lost",
        "made",
        "met",
        "named",
        "said",
        "seen",
        "sent",
        "standing",
        "taken",
        "there",
        "told",
        "understood",
        "unheard",
        "wanted",
        "wished",
        "written",
    }
)
RELATIVE_CLAUSES: Final = ("What ", "Who ", "Whether ", "Where ", "Whose ", "Whom ")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Limit:
    """The most a figure may be, and what it measures."""

    name: str
    most: float


LIMITS: Final = {
    "participles": Limit("names that are participles, %", 0.5),
    "clauses": Limit("docstrings that open with a relative clause, %", 2),
    "median": Limit("function length, median", 5),
    "p90": Limit("function length, 90th percentile", 12),
    "longest": Limit("longest file, lines", 400),
    "cycles": Limit("import cycles", 0),
}


def measure(files: Sequence[Path]) -> dict[str, float]:
    """Figures by the keys of LIMITS."""
    trees = {file: ast.parse(file.read_text("utf-8")) for file in files}
    nodes = [node for tree in trees.values() for node in ast.walk(tree)]
    lengths = sorted(_length(node) for node in nodes if isinstance(node, Function))
    names = [name.lstrip("_") for node in nodes for name in _names(node)]
    docstrings = [text for node in nodes if (text := _docstring(node))]
    return {
        "participles": _percent([name in PARTICIPLES for name in names]),
        "clauses": _percent([text.startswith(RELATIVE_CLAUSES) for text in docstrings]),
        "median": statistics.median(lengths),
        "p90": lengths[len(lengths) * 9 // 10],
        "longest": max(len(file.read_text("utf-8").splitlines()) for file in files),
        "cycles": int(bool(_cycle(trees))),
    }


def _percent(flags: Sequence[bool]) -> float:
    return round(100 * sum(flags) / len(flags), 2)


def _names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
            yield name


def _docstring(node: ast.AST) -> str | None:
    if isinstance(node, ast.Module | ast.ClassDef | Function):
        return ast.get_docstring(node)
    return None


def _length(function: Function) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    if not body:
        return 0
    last = body[-1]
    return (last.end_lineno or last.lineno) - body[0].lineno + 1


def _cycle(trees: dict[Path, ast.Module]) -> Sequence[str]:
    """The modules of one import cycle, imports for type checkers aside; empty without one."""
    modules = {_module(file): tree for file, tree in trees.items()}
    graph = {name: set(_imports(tree, modules)) - {name} for name, tree in modules.items()}
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        return list(error.args[1])
    return ()


def _offences(file: Path, root: Path) -> Iterator[str]:
    """The names and docstrings of a file that count against it."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        line = f"{file.relative_to(root)}:{getattr(node, 'lineno', 1)}"
        yield from (f"{line} {name}" for name in _names(node) if name.lstrip("_") in PARTICIPLES)
        if (_docstring(node) or "").startswith(RELATIVE_CLAUSES):
            yield f"{line} {(_docstring(node) or '').splitlines()[0]}"


def _module(file: Path) -> str:
    parts = file.with_suffix("").parts
    return ".".join(parts[parts.index("src") + 1 :]).removesuffix(".__init__")


def _imports(tree: ast.Module, modules: dict[str, ast.Module]) -> Iterator[str]:
    """Imports at the top level of a module."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                name = submodule if submodule in modules else node.module
                yield from {str(name)} & modules.keys()


def report(figures: dict[str, dict[str, float]]) -> str:
    """A line for each limit, with the figure of each group."""
    lines = []
    for key, limit in LIMITS.items():
        groups = ", ".join(f"{group} {each[key]:g}" for group, each in figures.items())
        lines.append(f"{limit.name} (at most {limit.most:g}): {groups}\n")
    return "".join(lines)


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Print the figures; the exit code."""
    sources = [root / "contracts" / "src", *sorted(root.glob("packages/*/src"))]
    groups = {folder.parent.name: sorted(folder.rglob("*.py")) for folder in sources}
    groups["all"] = [file for files in groups.values() for file in files]
    figures = {group: measure(files) for group, files in groups.items()}
    sys.stdout.write(report(figures))
    if "list" in arguments:
        offences = (line for file in groups["all"] for line in _offences(file, root))
        sys.stdout.writelines(f"{line}\n" for line in offences)
    over = [key for key, limit in LIMITS.items() if figures["all"][key] > limit.most]
    return int(bool(over) and "check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
