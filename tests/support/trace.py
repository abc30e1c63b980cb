"""What a process did to its files and told its callers, recorded by strace.

Job: run a program under strace and read the record back as events in their order.
Must not: judge them; `lost_power.py` and the tests do.

A write, a truncation or a sync counts from the moment it returned, an answer from the moment it was begun:
the reading that is hardest on the program.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias

from msgspec import Struct

CALLS: Final = (
    "open,openat,creat,write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,sync_file_range,ftruncate,truncate,"
    "fallocate,rename,renameat,renameat2,link,linkat,unlink,unlinkat,sendto,sendmsg,copy_file_range,sendfile"
)
LONGEST: Final = 1 << 20
"""Characters of one string that are recorded: whole pages and whole answers."""


class Write(Struct, frozen=True):
    """Bytes at an offset; None: at the end."""

    path: str
    offset: int | None
    data: bytes


class Truncate(Struct, frozen=True):
    """A new length."""

    path: str
    size: int


class Sync(Struct, frozen=True):
    """fsync or fdatasync has returned."""

    path: str


class Create(Struct, frozen=True):
    """Opened with O_CREAT; with `emptied`, O_TRUNC too."""

    path: str
    emptied: bool


class Rename(Struct, frozen=True):
    """A new name in place of whatever had it."""

    old: str
    new: str


class Unlink(Struct, frozen=True):
    """A name less."""

    path: str


class Send(Struct, frozen=True):
    """Bytes on their way to a caller."""

    data: bytes


Event: TypeAlias = Write | Truncate | Sync | Create | Rename | Unlink | Send


def strace(record: Path) -> tuple[str, ...]:
    """The command to put in front of a program."""
    return ("strace", "-f", "-y", "-xx", "-s", str(LONGEST), "-e", f"trace={CALLS}", "-o", str(record))


def read(record: Path, folder: Path) -> list[Event]:
    """The events that touch a folder, and every answer."""
    found = (_event(name, text) for name, text in _calls(record))
    here = f"{folder}/"
    return [event for event in found if event is not None and _concerns(event, here)]


def _concerns(event: Event, here: str) -> bool:
    match event:
        case Send():
            return True
        case Rename(_, new):
            return new.startswith(here)
        case Sync(path):
            return f"{path}/".startswith(here)
        case _:
            return event.path.startswith(here)


_LINE: Final = re.compile(r"(\d+) +(.*)")
_RESUMED: Final = re.compile(r"<\.\.\. \w+ resumed>(.*)")
_CALL: Final = re.compile(r"(\w+)\((.*)")
_UNFINISHED: Final = " <unfinished ...>"


def _calls(record: Path) -> Iterator[tuple[str, str]]:
    """(name, arguments and result) of each call that succeeded; an interrupted one is put together."""
    begun: dict[str, str] = {}
    with record.open(encoding="ascii") as lines:
        for line in lines:
            found = _LINE.match(line)
            if found is None:
                continue
            thread, text = found[1], found[2]
            resumed = _RESUMED.match(text)
            if resumed:
                text = begun.pop(thread, "") + resumed[1]
            elif text.endswith(_UNFINISHED):
                begun[thread] = text.removesuffix(_UNFINISHED)
                text = begun[thread] if text.startswith("send") else ""
            call = _CALL.match(text)
            if call and " = -1 " not in text[-80:] and not (resumed and call[1].startswith("send")):
                yield call[1], call[2]


_STRING: Final = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_FILE: Final = re.compile(r"\d+<((?:\\x[0-9a-f]{2})*)")
_NUMBER: Final = re.compile(r", (\d+)\)? *(?:=|$)")


def _event(name: str, text: str) -> Event | None:  # noqa: PLR0911  # one return a call
    match name:
        case "open" | "openat" | "creat":
            if "O_CREAT" not in text:
                return None
            return Create(_bytes(_STRING, text).decode(), "O_TRUNC" in text)
        case "write" | "writev":
            return Write(_path(text), None, _strings(text))
        case "pwrite64":
            return Write(_path(text), _number(text), _strings(text))
        case "fsync" | "fdatasync":
            return Sync(_path(text))
        case "ftruncate":
            return Truncate(_path(text), _number(text))
        case "rename" | "renameat" | "renameat2":
            old, new = (_unhex(each).decode() for each in _STRING.findall(text)[:2])
            return Rename(old, new)
        case "unlink" | "unlinkat":
            return Unlink(_bytes(_STRING, text).decode())
        case "sendto" | "sendmsg":
            return Send(_strings(text))
        case _:
            raise AssertionError(f"the program used {name}: teach this reader what it means")


def _path(text: str) -> str:
    return _bytes(_FILE, text).decode()


def _number(text: str) -> int:
    """The last argument."""
    found = _NUMBER.search(text)
    assert found is not None, text[-100:]
    return int(found[1])


def _strings(text: str) -> bytes:
    """Every string among the arguments, joined: the parts of a `writev` or `sendmsg`."""
    return b"".join(_unhex(each) for each in _STRING.findall(text))


def _bytes(pattern: re.Pattern[str], text: str) -> bytes:
    found = pattern.search(text)
    return _unhex(found[1]) if found else b""


def _unhex(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
