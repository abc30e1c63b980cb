"""Rows: what stands in a JSON Lines or CSV file, one after the other, each with its line.

Job: tell the two forms apart and give each row as the fields it has, memory flat however long the file is.
Must not: judge a row; `records` says what it means.
"""

import codecs
import csv
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from msgspec import Struct

from sidecar import strict
from sidecar.errors import InvalidRecord, SidecarError

MAX_LINE_BYTES: Final = 64 * 1024  # the body limit of one record over HTTP


class Row(Struct, frozen=True):
    """One row.

    Attributes:
        line: its line in the file, from 1; of a CSV row over several lines the last one.
        fields: name -> value; all text in a CSV file.
        is_text: whether the values still have to be read as numbers and truth values.
    """

    line: int
    fields: dict[str, Any]
    is_text: bool


def refused(line: int, why: str) -> InvalidRecord:
    """The error of one row; its detail names the line."""
    return InvalidRecord(f"line {line}: {why}")


def read(file: BinaryIO) -> Iterator[Row]:
    """The rows of a file from its beginning.

    Raises:
        InvalidRecord: a line that is no JSON object, or a CSV file that is none.
    """
    file.seek(0)
    first = file.read(MAX_LINE_BYTES).removeprefix(codecs.BOM_UTF8).lstrip()
    file.seek(0)
    return _json_rows(file) if first.startswith(b"{") else _csv_rows(file)


def _json_rows(file: BinaryIO) -> Iterator[Row]:
    for line, content in enumerate(_lines(file), start=1):
        if not content.strip():
            continue
        try:
            found = strict.loads(content)
        except SidecarError as fault:
            raise refused(line, fault.detail) from None
        if not isinstance(found, dict):
            raise refused(line, "each line is one JSON object")
        yield Row(line, found, is_text=False)


def _csv_rows(file: BinaryIO) -> Iterator[Row]:
    reader = csv.DictReader(_text_lines(file), strict=True)
    try:
        _check_header(reader.fieldnames)
        for fields in reader:
            if None in fields or None in fields.values():
                raise refused(reader.line_num, "the row has not as many columns as the header")
            yield Row(reader.line_num, dict(fields), is_text=True)
    except csv.Error:
        raise refused(reader.reader.line_num, "this is no CSV (RFC 4180)") from None


def _text_lines(file: BinaryIO) -> Iterator[str]:
    for line, content in enumerate(_lines(file), start=1):
        try:
            yield content.decode()
        except UnicodeDecodeError:
            raise refused(line, "the file is not UTF-8") from None


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file with their ends, without a byte order mark."""
    line = 0
    while content := file.readline(MAX_LINE_BYTES + 1):
        line += 1
        if len(content) > MAX_LINE_BYTES:
            raise refused(line, f"a line holds at most {MAX_LINE_BYTES // 1024} KiB")
        yield content.removeprefix(codecs.BOM_UTF8) if line == 1 else content


def _check_header(names: object) -> None:
    if not isinstance(names, list) or len(set(names)) != len(names):
        raise InvalidRecord("a CSV file begins with a header that names each column once")
