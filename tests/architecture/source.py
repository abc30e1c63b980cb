"""The house as text: its modules, parsed once, and its documents.

Job: hand every rule of this folder the same files.
Must not: import what it reads: a module that cannot be imported is still judged.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from msgspec import Struct

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = "sidecar"
CODE = (PRODUCT, "scripts", "benchmarks")
"""Folders of Python that people read to understand the house; tests have rules of their own."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Module(Struct, frozen=True):
    """One file of Python; `name` is its path from the root, with forward slashes."""

    name: str
    text: str
    tree: ast.Module

    def functions(self) -> Iterator[Function]:
        """Every function, inner ones and methods included."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def imported(self) -> set[str]:
        """Dotted names that it imports anywhere, `from a import b` both as `a` and as `a.b`."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            match node:
                case ast.Import():
                    found |= {alias.name for alias in node.names}
                case ast.ImportFrom(module=str(origin)):
                    found |= {origin} | {f"{origin}.{alias.name}" for alias in node.names}
        return found

    def attributes(self) -> set[str]:
        """Every `name.attribute` that it mentions, as dotted text."""
        nodes = (node for node in ast.walk(self.tree) if isinstance(node, ast.Attribute))
        return {f"{node.value.id}.{node.attr}" for node in nodes if isinstance(node.value, ast.Name)}


def read(path: str) -> str:
    """A file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Every module below these folders, in the order of their names."""
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    named = [(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in paths]
    return tuple(Module(name, text, ast.parse(text, name)) for name, text in named)
