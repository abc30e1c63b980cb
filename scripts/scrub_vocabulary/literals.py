"""Literals and names of one source file.

Job: find the strings that a program may print as an error, and the names that it defines.
Must not: take strings that are not about errors: prompts, templates and documentation are no vocabulary.
"""

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

BLANK = " <x> "
"""What stands for a value that the program fills in."""

_ERROR_NAME = re.compile(
    r"(?:error|exception|warning|fail|abort|fatal|panic|assert|warn|err|problem|refus|reject|invalid|unsupported|raise)",
    re.IGNORECASE,
)
_ERROR_VARIABLE = re.compile(
    r"(?:^|_)(?:err|error|msg|message|reason|detail|details|warning|hint|explanation)(?:s|_msg|_message)?$",
    re.IGNORECASE,
)
_ERROR_CODE = re.compile(
    r"throw |runtime_error|invalid_argument|Error\(|Exception\(|"
    r"(?:LOG|GGML_LOG|LLAMA_LOG|SRV|SLT|COM|JNI)_(?:ERR|WRN|WARN|ERROR|CNT)\w*\(|GGML_ABORT|GGML_ASSERT|"
    r"TORCH_CHECK|TORCH_INTERNAL|AT_ERROR|ORT_THROW|ORT_ENFORCE|CHECK|ASSERT|assert|Errorf|errors\.New|"
    r"errorString|slog\.|panic|fprintf\(\s*stderr|cerr|NSLog|LOG\(|WARN\(|fatal|raise|ERROR|return fmt|"
    r"error_|_error|_res_err|strerror|errors = ",
)
_C_LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`([^`]{4,400})`')
_C_NAME = re.compile(r"\b[A-Za-z_]\w{2,63}\b", re.ASCII)
_GPU_NAME = re.compile(r"\b(?:cuda|hip|cublas|cudnn|nccl|rocblas|nvml|cu|vk|cl)[A-Z]\w{2,50}\b", re.ASCII)
_FLAG = re.compile(r"--[a-z][a-z0-9]*(?:[-_][a-z0-9]+)+")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_PLACEHOLDER = re.compile(
    r"%[-+#0-9.*]*(?:hh|h|ll|l|z|j|t|L)?[a-zA-Z%@]|\{[^{}]*\}|%\([a-z_]+\)[a-z]|\"\s*PRI\w+\s*\""
)
_ESCAPE = re.compile(r"\\[nrt]")
_SENTENCE = re.compile(rb"[\x20-\x7e]{10,400}")
_PROSE = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")
_ERROR_WORD = re.compile(
    r"\b(?:error|fail|failed|failure|cannot|can't|could not|couldn't|not|invalid|unsupported|expected|"
    r"unexpected|must|missing|unable|exceeds?|exceeded|out of|mismatch|unknown|denied|refused|"
    r"illegal|abort|too|no|only|"
    r"requires?|already|corrupt|corrupted|corruption|bad|timed?|timeout|terminate|throwing|killed|"
    r"broken|lost|closed|dumped|violation|reset|interrupted|insufficient|unrecognized|wrong)\b",
    re.IGNORECASE,
)


class Found(NamedTuple):
    """What one file gives."""

    texts: set[str]
    names: set[str]
    flags: set[str]
    classes: set[str]


def blanked(text: str) -> str:
    """A format string with its placeholders as blanks and its escapes as line ends."""
    return _PLACEHOLDER.sub(BLANK, _ESCAPE.sub("\n", text))


def from_python(source: bytes) -> Found:
    """Error texts, defined names and command-line flags of a Python module."""
    found = Found(set(), set(), set(), set())
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return found
    for node in ast.walk(tree):
        _python_node(node, found)
    return found


def _python_node(node: ast.AST, found: Found) -> None:
    for told in _error_parts(node):
        found.texts.update(_strings(told))
    match node:
        case ast.ClassDef(name=name):
            found.classes.add(name)
        case (
            ast.FunctionDef(name=name)
            | ast.AsyncFunctionDef(name=name)
            | ast.arg(arg=name)
            | ast.keyword(arg=str(name))
        ):
            found.names.add(name)
        case ast.Name(id=name) | ast.Attribute(attr=name) if name[:1].isupper() or isinstance(
            node.ctx, ast.Store
        ):
            found.names.add(name)
        case ast.Constant(value=str(text)) if _FLAG.fullmatch(text):
            found.flags.add(text)
        case ast.Constant(value=str(text)) if _CONSTANT.fullmatch(text):
            found.names.add(text)
        case _:
            pass


def _error_parts(node: ast.AST) -> list[ast.AST]:
    """The expressions below a node whose strings a program may print as an error."""
    match node:
        case ast.Raise(exc=value) | ast.Assert(msg=value) if value is not None:
            return [value]
        case ast.Call(func=function) if _ERROR_NAME.search(_name_of(function)):
            return [node]
        case ast.Assign(targets=[target], value=value) if _ERROR_VARIABLE.search(_name_of(target)):
            return [value]
        case ast.AugAssign(target=target, value=value) if _ERROR_VARIABLE.search(_name_of(target)):
            return [value]
        case ast.keyword(arg=str(name), value=value) if _ERROR_VARIABLE.search(name):
            return [value]
        case _:
            return []


def _name_of(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _strings(node: ast.AST) -> Iterator[str]:
    """Each literal below a node; the values of an f-string are blanks, pieces joined by `+` are one."""
    match node:
        case ast.Constant(value=str(text)):
            yield blanked(text)
        case ast.JoinedStr(values=values):
            yield "".join(
                blanked(part.value)
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
                else BLANK
                for part in values
            )
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield BLANK.join([*_strings(left)][:1]) + "".join([*_strings(right)][:1])
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _strings(child)


def from_c(source: bytes, *, every_name: bool) -> Found:
    """Error texts of a C-like or Go file, with all its names or only those of GPU interfaces."""
    lines = re.sub(r'"\s*\n\s*"', "", source.decode(errors="replace")).split("\n")
    pattern = _C_NAME if every_name else _GPU_NAME
    found = Found(set(), {name for line in lines for name in pattern.findall(line)}, set(), set())
    for index, line in enumerate(lines):
        if '"' in line or "`" in line:
            near = "\n".join(lines[max(0, index - 3) : index + 1])
            for literal in _C_LITERAL.finditer(line):
                inner = literal[1] or literal[2] or ""
                if _FLAG.fullmatch(inner):
                    found.flags.add(inner)
                elif _ERROR_CODE.search(near):
                    found.texts.add(blanked(inner))
    return found


def from_binary(data: bytes) -> Found:
    """Sentences about errors in a shared object."""
    texts = set()
    for match in _SENTENCE.finditer(data):
        text = match[0].decode()
        if _PROSE.search(text) and _ERROR_WORD.search(text) and text.count(" ") >= 1:
            texts.add(blanked(text))
    return Found(texts, set(), set(), set())


def constants(source: bytes) -> set[str]:
    """Every string constant of a Python module: for tables whose strings are names."""
    return {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
