"""What each module owes its reader: a sign on the door, a size that fits a screen, no hidden faults."""

import ast
import re

import pytest

from tests.architecture.source import CODE, PRODUCT, ROOT, Module, modules

LONGEST_MODULE = 300  # lines
LONGEST_FUNCTION = 50  # lines, its docstring included
LEFT_OVER = re.compile(r"\b(?:TO[D]O|FIX[M]E|HA[C]K)\b")  # the brackets keep this line out of its own net
TEXTS = {".py", ".md", ".sql", ".toml", ".sh", ".service", ".socket", ".conf", ".plist"}
SIGNED = ("\nJob: ", "\nMust not: ")
TAKES_ALL = {"Exception", "BaseException"}


def is_empty(body: list[ast.stmt]) -> bool:
    """Whether a handler does nothing with the error that it caught."""
    return all(isinstance(node, ast.Pass | ast.Continue) or is_ellipsis(node) for node in body)


def is_ellipsis(node: ast.stmt) -> bool:
    """`...` or a bare string."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def caught(handler: ast.ExceptHandler) -> set[str]:
    """The last names of what a handler catches; everything, for one that names nothing."""
    if handler.type is None:
        return TAKES_ALL
    nodes = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {ast.unparse(node).rpartition(".")[2] for node in nodes}


def swallowed(module: Module) -> list[int]:
    """Lines where every error is caught and dropped."""
    lines = []
    for node in ast.walk(module.tree):
        match node:
            case ast.ExceptHandler() if TAKES_ALL & caught(node) and (
                node.type is None or is_empty(node.body)
            ):
                lines.append(node.lineno)
            case ast.Call() if ast.unparse(node.func).endswith("suppress"):
                named = {ast.unparse(argument).rpartition(".")[2] for argument in node.args}
                lines += [node.lineno] * bool(TAKES_ALL & named)
    return lines


def test_a_module_says_its_job_and_what_it_must_not_do() -> None:
    unsigned = []
    for module in modules(PRODUCT, "scripts"):
        sign = ast.get_docstring(module.tree) or ""
        opens_with_its_purpose = not f"\n{sign}".startswith(SIGNED)
        if not (opens_with_its_purpose and all(part in sign for part in SIGNED)):
            unsigned.append(module.name)
    assert unsigned == [], "open it with what it is for, then `Job:` and `Must not:`"


def test_a_module_is_read_in_one_sitting() -> None:
    long = [module.name for module in modules(*CODE) if len(module.text.splitlines()) > LONGEST_MODULE]
    assert long == []


def test_a_function_fits_a_screen() -> None:
    long = [
        f"{module.name}: {function.name}"
        for module in modules(*CODE)
        for function in module.functions()
        if (function.end_lineno or 0) - function.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_no_error_is_caught_and_dropped_unseen() -> None:
    assert [f"{module.name}:{line}" for module in modules(*CODE) for line in swallowed(module)] == []


@pytest.mark.parametrize(
    "dropped",
    [
        "try: f()\nexcept: g()",
        "try: f()\nexcept Exception: pass",
        "try: f()\nexcept (ValueError, BaseException): ...",
        "with contextlib.suppress(Exception): f()",
    ],
)
def test_an_error_that_is_dropped_would_be_found(dropped: str) -> None:
    assert swallowed(Module("x.py", dropped, ast.parse(dropped)))


def test_nothing_is_left_for_later() -> None:
    folders = [ROOT / name for name in (*CODE, "docs", "tests", "systemd", "launchd")]
    paths = [*ROOT.glob("*.md"), *(path for folder in folders for path in folder.rglob("*"))]
    left = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in paths
        if path.suffix in TEXTS
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if LEFT_OVER.search(line)
    ]
    assert left == []


def test_every_room_of_the_product_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / PRODUCT).rglob("*.py")}
    assert sorted(folder.name for folder in folders if not (folder / "__init__.py").is_file()) == []
