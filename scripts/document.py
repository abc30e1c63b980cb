#!/usr/bin/env python3
"""Write what comes from code: pages of `docs/`, and the widget's copy for bundlers.

Job: turn the schema, ROUTES and the errors into tables; `python scripts/document.py` writes them anew.
Must not: say anything of a field, a route or a problem that is not read from the code.
"""

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from sidecar import strict, vocabulary
from sidecar.api import problems
from sidecar.api.pageroutes import PAGES as SERVED
from sidecar.api.route import Route
from sidecar.api.routes import ROUTES
from sidecar.api.schema import openapi
from sidecar.products import Products
from sidecar.records import KINDS, Change, Record
from sidecar.share.consent import BATCH
from sidecar.share.manifest import MANIFEST, REVISION, SCOPES
from sidecar.web import asset

ROOT: Final = Path(__file__).resolve().parents[1]
SHAPES: Final[dict[str, dict[str, Any]]] = openapi(ROUTES, Products(()))["components"]["schemas"]
ASKED: Final = {
    *(cls.__name__ for cls in KINDS),
    "Change",
    "Feedback",
    "Answering",
    "Approval",
    "Asking",
    "Batch",
    "Nothing",
    "Pairing",
    "Purge",
    "SignIn",
    "Steering",
    "Treatment",
}
"""Shapes of bodies; all others are of answers."""

SHORT_LIST: Final = 4  # words that stand well inside a table; longer lists have a section
ATTRIBUTE: Final = re.compile(r"^ {4}(\w+(?:, \w+)*): ", re.MULTILINE)
MARK: Final = "<!-- Written by scripts/document.py from {}. Change the code, then run it again. -->"

RECORDS_INTRODUCTION: Final = """\
One record is one JSON object for `POST /v1/feedback`; `feedback_type` selects its kind. A field that is not
needed may be left out or null, which mean the same. An unknown field, a wrong type, a duplicate key or NaN is
refused with 422, and nothing is stored or repeated. `GET /v1/schema` gives the same as JSON Schema.

The last column says where a field is kept:

- `series`: as a dimension of its series, each combination once
- `record`: in the row of the record
- `text`: as words beside the record, after addresses, keys and paths were replaced
- `derived`: not itself; only what was made from it"""

API_INTRODUCTION: Final = """\
JSON in UTF-8 on `http://127.0.0.1:8917`. `GET /v1/openapi.json` says the same for programs. A route that
needs the *token* takes `Authorization: Bearer` with what `sidecar token` prints; *pages* says which routes
web pages of loopback origins, and of those that the user paired, may ask; *listener* which ones live on a
submit-only listener as well ([configuration.md](configuration.md)). A GET route answers HEAD too. The
fields of a record: [records.md](records.md)."""

PAGES_INTRODUCTION: Final = """\
`sidecar open` signs a browser in. Its session is a cookie that no script can read. Where a route needs the
token, our own pages may show the cookie instead; a change then also needs `X-CSRF-Token`, as
`GET /v1/session` answers it. A wrong token, code or CSRF token is answered ever later, up to two seconds,
and with 429 when many wait already."""

PROBLEMS_INTRODUCTION: Final = """\
A refusal is `application/problem+json` (RFC 9457) with `type`, `title`, `status`, `detail`, and the `field`
or the `index` at fault. `type` is `/problems/` and the name, relative to the daemon, which explains it there.
Some names are of the command line and the client alone."""

MANIFEST_BEGINS: Final = "<!-- manifest: scripts/document.py writes from here -->"
MANIFEST_ENDS: Final = "<!-- manifest: to here -->"

CONTENT: Final = """\
Under these names other programs pass what a person wrote or read. The refusal says what to send instead."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar inside a cell is escaped."""
    lines = ([cell.replace("|", "\\|") for cell in line] for line in (head, ["---"] * len(head), *rows))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(words: Iterable[str]) -> str:
    """Words as code, joined by commas."""
    return ", ".join(f"`{word}`" for word in words)


def about(docstring: str | None) -> str:
    """A docstring on one line, without its list of attributes."""
    return " ".join(inspect.cleandoc(docstring or "").partition("\n\nAttributes:")[0].split())


def attributes(docstring: str) -> dict[str, str]:
    """What a docstring says of each attribute."""
    listed = inspect.cleandoc(docstring).partition("\n\nAttributes:\n")[2]
    pieces = ATTRIBUTE.split(listed)
    pairs = zip(pieces[1::2], pieces[2::2], strict=True)
    return {name: " ".join(words.split()) for names, words in pairs for name in names.split(", ")}


def shape(schema: dict[str, Any]) -> str:
    """What JSON a schema describes, in a few words."""
    match schema:
        case {"$ref": str(reference)}:
            name = reference.rpartition("/")[2]
            return f"[{name}](#{name.lower()})"
        case {"anyOf": options}:
            return " or ".join(map(shape, options))
        case {"type": "array" | "object" as kind}:
            inner = schema.get("items") or schema.get("additionalProperties")
            return f"{kind} of {shape(inner)}" if isinstance(inner, dict) and inner else str(kind)
        case {"enum": words} if len(words) <= SHORT_LIST:
            return code(words)
    return str(schema.get("type", "anything"))


def closed_list(schema: dict[str, Any]) -> list[str]:
    """The closed list of a field, in its own order; empty where there is none."""
    inner = [*schema.get("anyOf", []), *([schema["items"]] if schema.get("items") else [])]
    return list(schema.get("enum", [])) or next(filter(None, map(closed_list, inner)), [])


def fields_of(cls: type[Struct], names: Iterable[str]) -> str:
    """The table of some fields of a record."""
    described, schema = strict.described_fields(cls), SHAPES[cls.__name__]
    rows = []
    for name in names:
        field, meta = schema["properties"][name], described[name]
        words = f" ([words](#{name}))" if len(closed_list(field)) > SHORT_LIST else ""
        default = field.get("default")
        left_out = "no" if default in (None, []) else f"no; `{json.dumps(default)}` when left out"
        needed = "yes" if name in schema["required"] else left_out
        kept = str((meta.extra or {})["kept"])
        rows.append((f"`{name}`", shape(field), f"{meta.description}{words}", needed, kept))
    return table(("field", "JSON", "must be", "needed", "kept"), rows)


def records_page() -> str:
    """`docs/records.md`."""
    common = Record.__struct_fields__
    parts = [
        "# Records",
        MARK.format("sidecar/records.py and sidecar/vocabulary.py"),
        RECORDS_INTRODUCTION,
        "## In every kind",
        fields_of(KINDS[0], common),
    ]
    for cls in KINDS:
        own = [name for name in cls.__struct_fields__ if name not in common]
        parts += [f"## {cls.kind}", about(cls.__doc__), fields_of(cls, own)]
    parts += [
        "## What PATCH may change",
        about(Change.__doc__),
        fields_of(Change, Change.__struct_fields__),
        "## Never accepted",
        code(sorted(vocabulary.CONTENT_FIELDS)),
        CONTENT,
        *_closed_lists(),
    ]
    return "\n\n".join(parts) + "\n"


def _closed_lists() -> list[str]:
    """A section for each closed list, with the spellings that stand for its words."""
    fields = {name: field for cls in KINDS for name, field in SHAPES[cls.__name__]["properties"].items()}
    lists = {name: words for name, field in fields.items() if len(words := closed_list(field)) > SHORT_LIST}
    own = (
        f"{code(strict.OWN_WORD_FIELDS)}: a product file may declare words of its own; each begins with `x_`."
    )
    parts = ["## Closed lists", own]
    for name, words in sorted(lists.items()):
        parts += [f"### {name}", code(words)]
        if name == "task_category":
            aliases = (f"`{alias}` is `{word}`" for alias, word in vocabulary.TASK_ALIASES.items())
            parts += [f"In any case, with blanks or hyphens too. Other spellings: {', '.join(aliases)}."]
    return parts


def api_page() -> str:
    """`docs/api.md`."""
    parts = ["# HTTP interface", MARK.format("ROUTES in sidecar/api/routes.py"), API_INTRODUCTION]
    parts += [table(("route", "does", "token", "pages", "listener"), map(_row, ROUTES))]
    served = ((f"`{page.path}`", page.summary, code(page.media)) for page in SERVED)
    parts += ["## Pages for a browser", PAGES_INTRODUCTION, table(("path", "is", "media type"), served)]
    for route in (row.loaded() for row in ROUTES):
        parts += [f"## {route.method} {route.path}", f"{route.summary}.", _details(route)]
    parts += ["## Shapes of the answers"]
    for name, schema in sorted(SHAPES.items()):
        if name not in ASKED:
            parts += [f"### {name}", about(schema.get("description")), _members(schema)]
    known = sorted(problems.known().values(), key=lambda cls: (cls.status, cls.slug))
    rows = ((f"`{cls.slug}`", str(cls.status), cls.title, about(cls.__doc__)) for cls in known)
    parts += ["## Problems", PROBLEMS_INTRODUCTION, table(("name", "status", "title", "when"), rows)]
    return "\n\n".join(parts) + "\n"


def _row(route: Route) -> tuple[str, ...]:
    marks = ("yes" if holds else "" for holds in (route.manages, route.cors, route.submits))
    return (f"`{route.method} {route.path}`", route.summary, *marks)


def _details(route: Route) -> str:
    named = (*route.path_parameters, *route.query)
    lines = [f"- `{name}`: {_bounds(schema)}" for name, schema in named]
    if route.body is not None:
        name = getattr(route.body, "__name__", "")
        lines.append(f"- body: {_BODIES.get(name, '[a record](records.md)')}")
    for status, cls in route.answers:
        told = f"[{cls.__name__}](#{cls.__name__.lower()})" if cls else code(route.media)
        lines.append(f"- {status}: {told}")
    return "\n".join([*lines, f"- problems: {', '.join(map(str, route.refusals))}"])


_BODIES: Final = {
    "Answering": (
        '`{"destination", "scopes", "digest", "include_earlier"}` to grant, '
        '`{"destination", "revoke": true, "withdraw"}` to say no, or `{"mode"}`; [words](cli.md#consent)'
    ),
    "Asking": '`{"destination": "..."}`',
    "Nothing": "`{}`",
    "Treatment": "`muted`, `delete_records`, or both",
    "Batch": '`{"records": [...]}` with 1 to 500 [records](records.md)',
    "Change": "[a change](records.md#what-patch-may-change)",
    "Pairing": '`{"origins": [...]}` with every origin that shall be paired, at most 64',
    "SignIn": '`{"code": "..."}`, as `sidecar open` puts it behind the `#` of its link',
    "Steering": (
        "any of `state`, `category`, `severity`, `effort`, `merge`, `split`, `share`: [words](cli.md#triage)"
    ),
    "Purge": '`{}` for everything, or `{"product_id": "..."}`',
}


def _bounds(schema: dict[str, Any]) -> str:
    """What a parameter may be; a list has its words in `items`."""
    words, default = closed_list(schema), schema.get("default", "")
    said = [schema["description"]] if "description" in schema else []
    said += [f"{'' if schema['type'] == 'array' else 'one '}of {code(words)}"] if words else []
    said += [f"`{schema['pattern']}`"] if "pattern" in schema else []
    said += [f"{schema['minimum']} to {schema['maximum']}"] if "minimum" in schema else []
    said += [f"at most {schema['maxLength']} characters"] if "maxLength" in schema else []
    said += (
        [f"`{','.join(default) if isinstance(default, list) else default}` when left out"] if default else []
    )
    return "; ".join(said)


def _members(schema: dict[str, Any]) -> str:
    meanings = attributes(schema.get("description", ""))
    members = schema.get("properties", {}).items()
    if not meanings:
        return table(("field", "JSON"), ((f"`{name}`", shape(value)) for name, value in members))
    rows = ((f"`{name}`", shape(value), meanings.get(name, "")) for name, value in members)
    return table(("field", "JSON", "is"), rows)


def sharing_page() -> str:
    """`docs/sharing.md`: written by hand, but for the tables of what may leave."""
    before, _, rest = (ROOT / "docs/sharing.md").read_text("utf-8").partition(MANIFEST_BEGINS)
    parts = [f"This is the manifest, revision {REVISION}.", "### With every batch", _entries(BATCH)]
    parts += [f"### If you grant `{scope}`\n\n{_entries(kind)}" for scope, kind in SCOPES.items()]
    after = rest.partition(MANIFEST_ENDS)[2]
    return "\n\n".join([before + MANIFEST_BEGINS, *parts, MANIFEST_ENDS + after])


def _entries(kind: str) -> str:
    found = [entry for entry in MANIFEST if entry.kind == kind]
    rows = ((f"`{entry.name}`", entry.values, entry.why, str(entry.since)) for entry in found)
    return table(("field", "values", "why", "since revision"), rows)


PAGES: Final[dict[str, Callable[[], str]]] = {
    "docs/records.md": records_page,
    "docs/api.md": api_page,
    "docs/sharing.md": sharing_page,
    "clients/js/feedback-sidecar.js": lambda: asset("widget.js").decode(),
}


def main() -> int:
    """Write every page."""
    for name, written in PAGES.items():
        (ROOT / name).write_text(written(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
