"""Somebody who goes on giving feedback while others attack: `bystander.py URL`, until its input ends.

Job: submit one record after the other, each as soon as the last is answered and a moment has passed; then
print what became of them as one line of JSON: `{"answers": {status: n}, "broken": n, "milliseconds": [...]}`.
Must not: share a process with the attack, or hide a connection that was lost.
"""

import http.client
import json
import select
import sys
import time
from collections import Counter
from urllib.parse import urlsplit

MOMENT = 0.02  # seconds between two records
PATIENCE = 20.0  # seconds; it only bounds a hang
RECORD = json.dumps({"feedback_type": "rating", "model": "bystander", "rating": 5}).encode()
HEADERS = {"Content-Type": "application/json"}


def main(url: str) -> None:
    """Submit until the input ends."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE)
    answers: Counter[int] = Counter()
    milliseconds = []
    broken = 0
    print("ready", flush=True)  # noqa: T201  # spoken to by a pipe
    over = False
    while not over:
        over = bool(select.select([sys.stdin], [], [], MOMENT)[0])  # once more when the attack is over
        begun = time.perf_counter()
        try:
            connection.request("POST", "/v1/feedback", RECORD, HEADERS)
            answer = connection.getresponse()
            answer.read()
            answers[answer.status] += 1
        except (OSError, http.client.HTTPException):
            connection.close()  # opened anew by the next request
            broken += 1
        milliseconds.append((time.perf_counter() - begun) * 1000)
    print(json.dumps({"answers": answers, "broken": broken, "milliseconds": milliseconds}))  # noqa: T201  # as above


if __name__ == "__main__":
    main(sys.argv[1])
