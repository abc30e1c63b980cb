"""The files that a service manager reads, made from the templates in `systemd/` and `launchd/`.

Job: put the launch command and the data directory into a template, quoted as its reader wants it.
Must not: write files, start anything, or ask the system; the templates are part of the product.
"""

import plistlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from sidecar.errors import UsageError

SERVICE = "feedback-sidecar.service"
SOCKET = "feedback-sidecar.socket"
NO_NAMESPACES = "no-namespaces.conf"
"""Drop-in for systems that refuse user namespaces."""

LABEL = "org.feedback-sidecar.daemon"
PLIST = f"{LABEL}.plist"
MARK = "Written by `sidecar service install`"
"""Stands in each file of ours; a file without it belongs to the user."""

SHARED_TMP = (PurePath("/tmp"), PurePath("/var/tmp"))  # noqa: S108 - names compared with, nothing is put there
"""PrivateTmp puts empty directories in their place: what is installed below them would be gone."""

UNSAYABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, and what Python makes of bytes that are no UTF-8."""


def template(directory: str, name: str) -> str:
    """The text of a template: in the wheel beside this module, in a checkout at the repository's root."""
    here = Path(__file__).parent
    packed = here / directory / name
    return (packed if packed.exists() else here.parents[1] / directory / name).read_text(encoding="utf-8")


def render_systemd(command: Sequence[str], data_dir: Path) -> dict[str, str]:
    """The user units, file name -> text.

    Args:
        command: starts `sidecar`, without arguments; the first part is an absolute path, and the process
            it starts is the daemon itself, because only that one may notify.
        data_dir: absolute.

    Raises:
        UsageError: a path is not absolute, or holds what no unit file can say.
    """
    _refuse_unusable(command, data_dir)
    paths = [PurePath(word) for word in (*command, str(data_dir))]
    in_tmp = any(path.is_relative_to(tmp) for path in paths for tmp in SHARED_TMP)
    words = {
        "@SIDECAR@": " ".join(map(quote, command)),
        "@DATA_DIR@": quote(str(data_dir)),
        "@PRIVATE_TMP@": "no" if in_tmp else "yes",
    }
    service = re.sub("|".join(words), lambda found: words[found[0]], template("systemd", SERVICE))
    return {SERVICE: service, SOCKET: template("systemd", SOCKET)}


def quote(word: str) -> str:
    """One word of a unit file, systemd.syntax(7): in quotes, `%` doubled because it starts a specifier.

    `$` stays, because the unit's `ExecStart=:` turns expansion off.
    """
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'


def render_launchd(command: Sequence[str], data_dir: Path) -> bytes:
    """The agent's property list; arguments as for `render_systemd`."""
    _refuse_unusable(command, data_dir)
    agent = plistlib.loads(template("launchd", PLIST).encode())
    agent["ProgramArguments"] = list(_filled(agent["ProgramArguments"], command, data_dir))
    head, plist, body = plistlib.dumps(agent, sort_keys=False).partition(b"<plist")
    return head + f"<!-- {MARK} -->\n".encode() + plist + body


def _filled(arguments: Sequence[str], command: Sequence[str], data_dir: Path) -> Iterator[str]:
    for argument in arguments:
        match argument:
            case "@SIDECAR@":
                yield from command
            case "@DATA_DIR@":
                yield str(data_dir)
            case _:
                yield argument


def _refuse_unusable(command: Sequence[str], data_dir: Path) -> None:
    """A line break would begin a directive of its own; what is no UTF-8 would not survive the file."""
    if not (PurePath(command[0]).is_absolute() and data_dir.is_absolute()):
        raise UsageError("a service needs absolute paths for its command and its data directory")
    if any(UNSAYABLE.search(word) for word in (*command, str(data_dir))):
        raise UsageError("a service cannot have control characters or undecodable bytes in its paths")
