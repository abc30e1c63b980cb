"""`sidecar prompts lint`: whether a product's own questions invite content.

Job: read the file, say for each line that should not be asked why, and what to ask instead.
Must not: speak to the daemon, or send the wording anywhere.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Final

from sidecar.cli import arguments, screen
from sidecar.errors import UsageError
from sidecar.prompts.sentences import Form, sentences
from sidecar.prompts.wording import Finding, finding

FORMS: Final[dict[str, Form]] = {".json": "json", ".toml": "toml"}
"""By the end of the name; any other file is plain lines."""


def declare(_: str, parser: ArgumentParser) -> None:
    """What `prompts` takes."""
    parser.epilog = "example: sidecar prompts lint questions.json"
    parser.add_argument("action", choices=["lint"])
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="your wording: JSON, TOML, or a question a line"
    )
    arguments.add_json(parser)


def run(_: str, options: Namespace) -> int:
    """Judge every line; 1 when one should not be asked.

    Raises:
        UsageError: the file cannot be read as what its name says.
    """
    try:
        text = options.file.read_text("utf-8")
    except UnicodeDecodeError:
        raise UsageError("the file is no text in UTF-8") from None
    form = FORMS.get(options.file.suffix.lower(), "lines")
    judged = [(line, finding(words)) for line, words in sentences(text, form)]
    found = [(line, each) for line, each in judged if each is not None]
    if options.json:
        screen.show_json(
            {"lines": len(judged), "findings": [{"line": line, **_told(each)} for line, each in found]}
        )
    else:
        _show(options.file, len(judged), found)
    return arguments.FAILED if found else arguments.DONE


def _told(each: Finding) -> dict[str, str]:
    return {name: getattr(each, name) for name in each.__struct_fields__}


def _show(file: Path, lines: int, found: list[tuple[int, Finding]]) -> None:
    for line, each in found:
        screen.say(f"{file}:{line}: “{each.found}” invites {each.invites.replace('_', ' ')}")
        screen.say(f"  {each.why}")
        screen.say(f"  → {each.instead}")
    if not found:
        screen.say(f"{lines} line{'' if lines == 1 else 's'}: none that is known to invite content")
