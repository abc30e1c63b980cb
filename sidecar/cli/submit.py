"""`sidecar rate`, `compare`, `report-error`, `request-feature`: feedback from a shell.

Job: make the words of a command one record, by the names of the schema, and say what became of it.
Must not: know a field by itself: `records.py` says which there are, what they hold and what they mean.

Without a daemon the record waits in the spool; the next daemon takes it in exactly once.
"""

import sys
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from typing import Any, Final, NamedTuple, get_args, get_type_hints

from sidecar import strict
from sidecar.cli import arguments, screen
from sidecar.client import FeedbackClient, Receipt
from sidecar.errors import ContentNotAccepted, InvalidRecord, UsageError
from sidecar.records import Comparison, ErrorReport, FeatureRequest, Feedback, Rating

STDIN: Final = "-"
STARS: Final = ("1", "2", "3", "4", "5")
THUMBS: Final = ("up", "down")


class Form(NamedTuple):
    """A command: its kind of record, its positional words, its example."""

    kind: type[Feedback]
    words: tuple[str, ...]
    example: str


FORMS: Final = {
    "rate": Form(Rating, ("model", "rating"), "llama3.1:8b 4 --task summarization --reason accurate"),
    "compare": Form(Comparison, ("preferred", "alternative"), "qwen2.5:7b llama3.1:8b --task chat"),
    "report-error": Form(
        ErrorReport, ("error_type", "error_message"), 'out_of_memory "CUDA out of memory" --runtime ollama'
    ),
    "request-feature": Form(FeatureRequest, ("feature_description",), '"resume a download that broke off"'),
}
FROM_STDIN: Final = frozenset({"error_message", "feature_description"})
"""Long texts, which had better not stand in the history of a shell."""


def declare(name: str, parser: ArgumentParser) -> None:
    """The fields of the kind: the required ones by their place, the others as options."""
    form = FORMS[name]
    parser.epilog = f"example: sidecar {name} {form.example}"
    for field in form.words:
        parser.add_argument(field, metavar=field.upper(), help=_help(form, field))
    for field in form.kind.__struct_fields__:
        if field not in {*form.words, "thumb"}:
            _add_option(parser, form, field)
    arguments.add_json(parser)


def run(name: str, options: Namespace) -> int:
    """Submit one record.

    Raises:
        UsageError: what was typed is no record; nothing is stored.
    """
    settings = arguments.settings(options)
    try:
        with FeedbackClient(settings=settings) as client:
            receipt = client.submit(_record(FORMS[name], options))
    except (InvalidRecord, ContentNotAccepted) as fault:
        raise UsageError(fault.detail) from fault
    if options.json:
        screen.show_json(receipt.answer or {"spooled": True})
    else:
        _tell(receipt)
    return arguments.DONE


def _add_option(parser: ArgumentParser, form: Form, field: str) -> None:
    flags = arguments.flags(field)
    described = _help(form, field)
    hint = get_type_hints(form.kind)[field]
    if hint is bool or bool in get_args(hint):
        parser.add_argument(*flags, action=BooleanOptionalAction, help=described)
    elif field == "reasons":
        parser.add_argument(*flags, metavar="WORD,...", help=described)
    else:
        parser.add_argument(*flags, metavar="WORD", help=described)


def _help(form: Form, field: str) -> str:
    meta = strict.described_fields(form.kind)[field]
    words = strict.closed_fields(form.kind).get(field)
    says_them = all(word in (meta.description or "") for word in words or ())
    listed = "" if says_them or not words else f": {', '.join(sorted(words))}"
    text = f"{meta.description}{listed}".replace("%", "%%")
    if field == "rating":
        text += "; or up, or down"
    return f"{text}; `-` reads it from stdin" if field in FROM_STDIN else text


def _record(form: Form, options: Namespace) -> dict[str, Any]:
    given = {name: getattr(options, name, None) for name in form.kind.__struct_fields__}
    record = {name: value for name, value in given.items() if value is not None}
    if "reasons" in record:
        record["reasons"] = record["reasons"].split(",")
    for name in FROM_STDIN & set(record):
        if record[name] == STDIN:
            record[name] = sys.stdin.read().strip()
    if record.get("rating") in THUMBS:
        record["thumb"] = record.pop("rating")
    elif "rating" in record:
        record["rating"] = int(record["rating"]) if record["rating"] in STARS else record["rating"]
    return {"feedback_type": form.kind.kind, **record}


def _tell(receipt: Receipt) -> None:
    """What became of it, and for an error what it means and what helps."""
    if receipt.spooled:
        screen.say("no daemon answers; the record waits in the spool, and the next daemon takes it in")
        return
    screen.say(f"{receipt.feedback_id} stored" + (" before, under the same key" if receipt.duplicate else ""))
    for name in ("cause", "remedy"):
        if receipt.answer.get(name):
            screen.say(f"{name}: {receipt.answer[name]}")
