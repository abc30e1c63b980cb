"""The parser of heads: which one, and what it may take.

Job: name the limits that aiohttp holds for us, and see that its compiled parser is in use.
Must not: parse anything.
"""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import http_parser

from sidecar.errors import StartupError

MAX_LINE: Final = 8190  # bytes of the first line, and of one field: cookies of other local pages come along
MAX_FIELDS: Final = 64  # of one head; a browser sends twenty
READ_BYTES: Final = 64 * 1024  # at a time; asyncio's 256 KiB of each of 256 connections are 64 MiB at once
LINGER_SECONDS: Final = 1.0  # to throw a refused body away: hanging up at once would take the answer along
LIMITS: Final[Mapping[str, Any]] = {
    "max_line_size": MAX_LINE,
    "max_field_size": MAX_LINE,
    "max_headers": MAX_FIELDS,
    "lingering_time": LINGER_SECONDS,
}


def check_parser() -> None:
    """Heads are read by the compiled parser.

    Raises:
        StartupError: aiohttp runs without it: the other one is tens of times slower, and read as other rules.
    """
    if http_parser.HttpRequestParser is http_parser.HttpRequestParserPy:
        raise StartupError(
            "aiohttp runs without its compiled parser; "
            "unset AIOHTTP_NO_EXTENSIONS, or install aiohttp from a wheel"
        )
