"""Concurrent writers who remember what they were told.

Job: send all kinds of requests without a pause until the daemon is gone, and then compare the file on the
disk with every answer that was given.
Must not: believe anything but an answer, or the file itself.

    told 2xx            -> must be in the file (or out of it, after a DELETE), word for word
    no answer came      -> may or may not be there, but whole: a batch entirely or not at all;
                           the file decides, and a keyed request is sent again and must count once
"""

import random
import sqlite3
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Final

from msgspec import Struct, field

from tests.support.caller import BROKEN, Answer, Caller
from tests.support.feedback import FACES, Body, Face, face_of_body, face_of_row, feedback, rating

CREATED: Final = 201
OK: Final = 200
CONFLICT: Final = 409


class Attempt(Struct):
    """A request whose answer did not come."""

    method: str
    path: str
    body: object = None
    bodies: list[Body] = field(default_factory=list)
    feedback_id: str = ""
    keyed: bool = False
    landed: list[str] = field(default_factory=list)


class Writer:
    """One program that sends feedback, one request after the other.

    Attributes:
        kept: feedback_id -> body, of what must be in the store.
        gone: feedback_ids that must not be.
        attempt: the one request that was not answered.
        told: records acknowledged, all requests counted.
    """

    def __init__(self, name: str, seed: str) -> None:
        self.name = name
        self.kept: dict[str, Body] = {}
        self.gone: dict[str, Body] = {}
        self.attempt: Attempt | None = None
        self.told = 0
        self._rng = random.Random(f"{seed}/{name}")
        self._keys = 0

    def go_on(self, caller: Caller, told: Callable[[int], None]) -> None:
        """Send until the connection breaks; `told` is called with the records of each acknowledgement."""
        try:
            told(self.ask_again(caller))
            while True:
                told(self._rng.choices(self._steps, self._weights)[0](self, caller))
        except BROKEN:
            return

    def ask_again(self, caller: Caller) -> int:
        """Send the unanswered request once more, with the same keys; returns its records."""
        attempt = self.attempt
        if attempt is None:
            return 0
        answer = caller.ask(attempt.method, attempt.path, attempt.body)
        single = attempt.path.endswith("feedback")
        expected = OK if attempt.landed and single else CREATED
        assert answer.status == expected, answer.body
        results = [answer.json] if single else answer.json["results"]
        ids = [result["feedback_id"] for result in results]
        if attempt.landed:
            assert set(ids) == set(attempt.landed), "a repeated key brought a record of its own"
            assert all(result["duplicate"] for result in results)
        return self._keep(ids, attempt.bodies)

    def _send(self, caller: Caller, attempt: Attempt, *expected: int) -> Answer:
        self.attempt = attempt
        answer = caller.ask(attempt.method, attempt.path, attempt.body)
        assert answer.status in expected, (attempt.method, attempt.path, answer.status, answer.body)
        return answer

    def _keep(self, ids: list[str], bodies: list[Body]) -> int:
        self.kept |= dict(zip(ids, bodies, strict=True))
        self.attempt = None
        self.told += len(ids)
        return len(ids)

    def _key(self, keyed: bool) -> str | None:  # noqa: FBT001  # a coin that was thrown
        self._keys += 1
        return f"{self.name}-{self._keys}" if keyed else None

    def _one(self, caller: Caller) -> int:
        keyed = self._rng.random() < 0.5
        body = feedback(self._rng, self.name, self._key(keyed))
        attempt = Attempt("POST", "/v1/feedback", body, [body], keyed=keyed)
        return self._keep([self._send(caller, attempt, CREATED).json["feedback_id"]], [body])

    def _batch(self, caller: Caller) -> int:
        keyed = self._rng.random() < 0.5
        bodies = [feedback(self._rng, self.name, self._key(keyed)) for _ in range(self._rng.randint(2, 12))]
        attempt = Attempt("POST", "/v1/feedback/batch", {"records": bodies}, bodies, keyed=keyed)
        results = self._send(caller, attempt, CREATED).json["results"]
        return self._keep([result["feedback_id"] for result in results], bodies)

    def _change(self, caller: Caller) -> int:
        found = self._pick({id_: body for id_, body in self.kept.items() if body.get("rating")})
        if found is None:
            return 0
        id_, old = found
        said = {"rating": self._rng.randint(1, 5), "task_category": "math"}
        body = old | said
        self._send(caller, Attempt("PATCH", f"/v1/feedback/{id_}", said, [body], id_), OK)
        self.kept[id_] = body
        self.attempt = None
        return 0

    def _undo(self, caller: Caller) -> int:
        found = self._pick(self.kept)
        if found is None:
            return 0
        self._send(caller, Attempt("DELETE", f"/v1/feedback/{found[0]}", feedback_id=found[0]), OK)
        self.gone[found[0]] = self.kept.pop(found[0])
        self.attempt = None
        return 0

    def _repeat(self, caller: Caller) -> int:
        """A key that stands for a stored or an undone record brings it back by its first id, never anew."""
        keyed = {
            id_: body
            for id_, body in (self.kept | self.gone).items()
            if "idempotency_key" in body and body.get("task_category") != "math"  # as first sent
        }
        found = self._pick(keyed)
        if found is None:
            return 0
        answer = self._send(caller, Attempt("POST", "/v1/feedback", found[1]), OK)
        assert answer.json["feedback_id"] == found[0]
        assert answer.json["duplicate"]
        self.attempt = None
        return 0

    def _conflict(self, caller: Caller) -> int:
        found = self._pick({id_: body for id_, body in self.kept.items() if "idempotency_key" in body})
        if found is None:
            return 0
        other = rating(self._rng) | {"product_id": self.name, "variant": "another"}
        body = other | {"idempotency_key": found[1]["idempotency_key"]}
        self._send(caller, Attempt("POST", "/v1/feedback", body), CONFLICT)
        self.attempt = None
        return 0

    def _pick(self, bodies: dict[str, Body]) -> tuple[str, Body] | None:
        return self._rng.choice(list(bodies.items())) if bodies else None

    _steps: Final = (_one, _batch, _change, _undo, _repeat, _conflict)
    _weights: Final = (50, 15, 14, 7, 7, 7)

    def settle(self, found: dict[str, Face], mine: set[str]) -> None:
        """Compare with what the file says, and take its word for the request that was not answered.

        Args:
            found: feedback_id -> face, of the whole store.
            mine: the ids among them whose product is this writer.
        """
        attempt, unsure = self.attempt, ""
        if attempt is not None and attempt.method != "POST":
            unsure = attempt.feedback_id
        for id_, body in self.kept.items():
            assert id_ in found or (id_ == unsure and attempt and attempt.method == "DELETE"), "a loss"
            if id_ != unsure:
                assert found[id_] == face_of_body(body), "an acknowledged record is not what it was"
        assert not mine & set(self.gone), "an undone record is back"
        if attempt is None:
            assert mine == set(self.kept), "a record that nobody sent, or one twice"
        elif attempt.method == "POST":
            self._settle_insert(attempt, found, mine - set(self.kept))
        else:
            assert mine - {unsure} == set(self.kept) - {unsure}
            self._settle_change(attempt, found)

    def _settle_insert(self, attempt: Attempt, found: dict[str, Face], extra: set[str]) -> None:
        there = Counter(found[id_] for id_ in extra)
        sent = Counter(face_of_body(body) for body in attempt.bodies)
        assert there in (Counter(), sent), "half a batch, or a record that nobody sent"
        attempt.landed = sorted(extra)
        if attempt.keyed:
            return  # it is sent again: the answer has to say `duplicate` if it landed
        for id_ in extra:  # not acknowledged, but durable all the same
            body = next(body for body in attempt.bodies if face_of_body(body) == found[id_])
            self.kept[id_] = body
        self.attempt = None

    def _settle_change(self, attempt: Attempt, found: dict[str, Face]) -> None:
        id_ = attempt.feedback_id
        if id_ not in found:
            self.gone[id_] = self.kept.pop(id_)
        elif attempt.method == "PATCH" and found[id_] != face_of_body(self.kept[id_]):
            assert found[id_] == face_of_body(attempt.bodies[0]), "half a change"
            self.kept[id_] = attempt.bodies[0]
        self.attempt = None


class Crowd:
    """Sixteen writers at once."""

    def __init__(self, seed: str, size: int = 16) -> None:
        self.writers = [Writer(f"app-{number:02}", seed) for number in range(size)]
        self._acknowledged = threading.Condition()
        self._records = 0
        self._answers = 0
        self._faults: list[BaseException] = []

    @property
    def told(self) -> int:
        """Records acknowledged so far."""
        return sum(writer.told for writer in self.writers)

    def rush(self, caller: Callable[[], Caller], until: int, end: Callable[[], object]) -> None:
        """All write at once; `end` is called after `until` more answers, and must break every connection."""
        goal = self._answers + until
        threads = [threading.Thread(target=self._run, args=(writer, caller)) for writer in self.writers]
        for thread in threads:
            thread.start()
        with self._acknowledged:
            self._acknowledged.wait_for(lambda: self._answers >= goal or self._faults, timeout=60)
        end()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive(), "a writer hangs"
        if self._faults:
            raise self._faults[0]

    def _run(self, writer: Writer, caller: Callable[[], Caller]) -> None:
        try:
            with caller() as speaker:
                writer.go_on(speaker, self._told)
        except BROKEN:
            return
        except BaseException as fault:  # noqa: BLE001  # carried to the test's own thread
            self._faults.append(fault)
            with self._acknowledged:
                self._acknowledged.notify_all()

    def _told(self, records: int) -> None:
        with self._acknowledged:
            self._records += records
            self._answers += 1
            self._acknowledged.notify_all()

    def settle(self, connection: sqlite3.Connection) -> int:
        """Compare a copy of the dead daemon's file with what everybody was told; returns its records."""
        rows = connection.execute(FACES).fetchall()
        found = {row[0]: face_of_row(row) for row in rows}
        mine = defaultdict(set)
        for row in rows:
            mine[row[2]].add(row[0])
        assert set(mine) <= {writer.name for writer in self.writers}
        for writer in self.writers:
            writer.settle(found, mine[writer.name])
        return len(rows)
