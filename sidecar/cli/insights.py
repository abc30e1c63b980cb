"""`sidecar insights WHAT`: what the feedback says, with how sure it is.

Job: ask the daemon, and lay its rows out for a person: estimate, interval, and why it may be too little.
Must not: compute a statistic, or leave out that there is too little to say.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any, Final

from sidecar.cli import (
    arguments,
    errortable,
    fleettable,
    modeltable,
    presence,
    requesttable,
    screen,
    versiontable,
)
from sidecar.cli.screen import Cell, Interval

FILTERS: Final = ("task_category", "hardware_bucket", "model", "product_id", "product_version", "runs_on")
OF_ERRORS: Final = ("fingerprint", "error_type", "signature", "runtime", "runtime_version", "limit")
OF_MODELS: Final = ("ties",)
WHAT: Final = ("ratings", "models", "versions", "usage", "errors", "requests")
STARS: Final = (1.0, 5.0)
NOT_GIVEN: Final = "not given"
NOTHING: Final = "nothing yet: no feedback of this kind fits"


def declare(_: str, parser: ArgumentParser) -> None:
    """What `insights` takes; the names are those of the HTTP route."""
    parser.epilog = "example: sidecar insights ratings --group-by model --task summarization"
    parser.add_argument("what", choices=WHAT)
    parser.add_argument("--group-by", metavar="NAME,...", help="what makes a row, for example model,week")
    parser.add_argument("--since", metavar="WEEK", help="from this ISO week on, for example 2026-W40")
    for name in FILTERS:
        parser.add_argument(*arguments.flags(name), metavar="WORD", help=f"only this {name}")
    errors = parser.add_argument_group("for errors")
    for name in OF_ERRORS[:-1]:
        errors.add_argument(*arguments.flags(name), metavar="WORD", help=f"only this {name}")
    parser.add_argument(
        "--limit", metavar="N", help="for errors and requests: at most so many rows, 100 when left out"
    )
    models = parser.add_argument_group("for models")
    models.add_argument("--ties", metavar="WORD", help="davidson, or half: a tie is half a win for both")
    parser.add_argument(
        "--fleet",
        action="store_true",
        help="for ratings and models: what a kept fleet table says, beside",
    )
    arguments.add_json(parser)


def run(_: str, options: Namespace) -> int:
    """Show the rows.

    Raises:
        InvalidQuery: a name or a week that the daemon does not know.
    """
    query = {name: getattr(options, name) for name in ("group_by", "since", *FILTERS, *OF_ERRORS, *OF_MODELS)}
    with presence.connected(arguments.settings(options)) as client:
        found = client.get(f"/v1/insights/{options.what}", query, manage=True)
    if options.json:
        screen.show_json(found)
    elif options.what == "models":
        modeltable.show(found)
        if options.fleet:
            fleettable.show_models(found)
    elif not found["rows"]:
        screen.say(NOTHING)
    elif options.what == "ratings":
        _show_ratings(found, with_fleet=options.fleet)
    elif options.what == "errors":
        errortable.show(found)
    elif options.what == "versions":
        versiontable.show(found)
    elif options.what == "requests":
        requesttable.show(found)
    else:
        _show_usage(found)
    return arguments.DONE


def _show_ratings(found: dict[str, Any], *, with_fleet: bool) -> None:
    level = round(100 * found["rows"][0]["level"])
    columns = [*found["group_by"], "n", "mean", "estimate", f"{level} % interval", "up", "down", "note"]
    rows = [_rating(found["group_by"], row) for row in found["rows"]]
    if with_fleet:
        columns.append(fleettable.COLUMN)
        rows = [
            [*cells, fleettable.stars(row["fleet"])] for cells, row in zip(rows, found["rows"], strict=True)
        ]
    screen.show_table(columns, rows)
    if with_fleet:
        fleettable.say_source(found["fleet"])


def _rating(group_by: Sequence[str], row: dict[str, Any]) -> list[Cell]:
    interval = None
    if row["n"]:
        interval = Interval(row["low"], row["estimate"], row["high"], *STARS)
    figures: list[Cell] = [row["n"], row["mean"], row["estimate"], interval, row["up"], row["down"]]
    return [*_group(group_by, row), *figures, row["why_not"]]


def _show_usage(found: dict[str, Any]) -> None:
    columns = [*found["group_by"], "n", "tokens/s", "of them p10 to p90", "first token ms", "note"]
    screen.show_table(columns, [_usage(found["group_by"], row) for row in found["rows"]])
    rate = found["answer_rate"]
    if rate is not None:
        screen.say(f"questions shown: {rate['asked']}, of them not dismissed: {rate['answered']}")


def _usage(group_by: Sequence[str], row: dict[str, Any]) -> list[Cell]:
    speed, first = row["tokens_per_second"], row["first_token_ms"]
    return [
        *_group(group_by, row),
        row["n"],
        speed and speed["p50"],
        speed and f"{speed['p10']:.1f} to {speed['p90']:.1f}",
        first and first["p50"],
        speed and speed["why_not"],
    ]


def _group(group_by: Sequence[str], row: dict[str, Any]) -> list[Cell]:
    """Who or what the row is about."""
    return [row.get(name) or NOT_GIVEN for name in group_by]
