"""A real llama.cpp server in a process of its own, with a model of random weights.

Job: write the model, start the server on a free port, wait until it answers, chat with it, end it.
Must not: pretend: what it answers and how it fails is the runtime's own.
"""

import http.client
import json
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.support.caller import Answer
from tests.support.needs import need

HERE = Path(__file__).resolve().parent
SECONDS = 60.0  # bounds a hang; a start takes under one, an answer a tenth of one
POLL_SECONDS = 0.02


def need_llama() -> None:
    """Go on when the runtime and the writer of its files are installed."""
    need(find_spec("xllamacpp"), "xllamacpp is not installed")
    need(find_spec("gguf"), "gguf is not installed")


def write_model(path: Path, architecture: str = "llama") -> Path:
    """A model file; of another architecture than `llama` it is one that the runtime does not know."""
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(HERE / "tiny_gguf.py"), str(path), architecture]
    subprocess.run(command, check=True, timeout=SECONDS, capture_output=True)
    return path


class Llama:
    """One run of the server; as a context manager it is ended at the end.

    Attributes:
        words: what it wrote to standard error, which is where it says why it cannot start.
    """

    def __init__(self, model: Path, scratch: Path) -> None:
        self._words = scratch / f"{model.name}.stderr"
        with self._words.open("wb") as words:
            self.process = subprocess.Popen(
                [sys.executable, str(HERE / "serve_llama.py"), str(model)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
            )
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().decode().strip()

    @property
    def words(self) -> str:
        """What it wrote to standard error so far."""
        return self._words.read_text("utf-8", "replace")

    def wait(self) -> Self:
        """Return once it answers over HTTP."""
        assert self.address, self.words
        pause = threading.Event()
        for _ in range(round(SECONDS / POLL_SECONDS)):
            if self.ask("GET", "/health").status == http.client.OK:
                return self
            pause.wait(POLL_SECONDS)
        raise AssertionError(self.words)

    def ask(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """One request."""
        place = urlsplit(self.address)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=SECONDS)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers.items()), answer.read())
        finally:
            connection.close()

    def model(self) -> str:
        """The name under which it serves its model."""
        name: str = self.ask("GET", "/v1/models").json["data"][0]["id"]
        return name

    def chat(self, prompt: str, **more: Any) -> Answer:  # noqa: ANN401  # JSON
        """One question; `more` are the server's own parameters."""
        body = {"messages": [{"role": "user", "content": prompt}], "max_tokens": 32, "seed": 1} | more
        return self.ask("POST", "/v1/chat/completions", json.dumps(body).encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(model: Path, scratch: Path) -> Llama:
    """A server that answers."""
    llama = Llama(model, scratch)
    try:
        return llama.wait()
    except BaseException:
        llama.__exit__(None, None, None)
        raise
