"""A person at a shell: the real `sidecar`, with a home directory of their own.

Job: run one command to its end, at a terminal or without one, or `sidecar run` until it is stopped.
Must not: reach the files or the service manager of whoever runs the tests.
"""

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn

from tests.support.needs import skip

SIDECAR = Path(sys.executable).with_name("sidecar")
COMMAND_SECONDS = 120.0  # bounds a hang; an import of thousands of rows on a busy machine takes under ten


class Said(NamedTuple):
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401  # whatever the command says
        """Its stdout, decoded; a command that failed has none."""
        assert self.code == 0, self
        return json.loads(self.out)


class Shell:
    """One user.

    Attributes:
        home: their home directory.
        data_dir: the data directory that `sidecar` is told by its environment.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self.home = folder / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        self.data_dir = folder / "data"
        ours = ("SIDECAR_", "XDG_", "DBUS_", "LISTEN_", "NOTIFY_", "NO_COLOR", "FORCE_COLOR")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.environment = kept | {
            "HOME": str(self.home),
            "PATH": str(self.home),  # no systemctl, no nvidia-smi
            "SIDECAR_DATA_DIR": str(self.data_dir),
            "TERM": "xterm-256color",
            **settings,
        }

    @property
    def config_dir(self) -> Path:
        """Where the configuration is looked for."""
        if sys.platform == "darwin":
            return self.home / "Library" / "Application Support" / "feedback-sidecar"
        return self.home / ".config" / "feedback-sidecar"

    def __call__(self, *words: object, stdin: str = "") -> Said:
        """Run one command without a terminal."""
        ended = subprocess.run(
            [SIDECAR, *map(str, words)],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            env=self.environment,
            timeout=COMMAND_SECONDS,
        )
        return Said(ended.returncode, ended.stdout, ended.stderr)

    def start(
        self, *words: object, err: "int | IO[str]" = subprocess.PIPE, **environment: str
    ) -> "subprocess.Popen[str]":
        """Start a command and return at once; its stdout can be read line by line."""
        return subprocess.Popen(
            [SIDECAR, *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
            env=self.environment | environment,
        )

    def at_terminal(self, *words: object, typed: str = "") -> tuple[int, str]:
        """Run one command at a terminal; returns its exit code and everything that was shown."""
        if sys.platform == "win32":
            _no_terminal()
        ours, theirs = os.openpty()
        process = subprocess.Popen(
            [SIDECAR, *map(str, words)], stdin=theirs, stdout=theirs, stderr=theirs, env=self.environment
        )
        os.close(theirs)
        os.write(ours, typed.encode())
        shown = b""
        while select.select([ours], [], [], COMMAND_SECONDS)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux says so when the last program has closed its side
                break
            if not piece:
                break
            shown += piece
        os.close(ours)
        return process.wait(COMMAND_SECONDS), shown.decode("utf-8", "replace")


def _no_terminal() -> NoReturn:
    skip("pseudo-terminals are a Unix's")
