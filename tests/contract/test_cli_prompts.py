"""`sidecar prompts lint FILE`, as a build server runs it."""

import json
import subprocess
import sys
from pathlib import Path


def lint(file: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sidecar", "prompts", "lint", str(file), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")


def test_a_question_that_invites_content_ends_with_one_and_says_why_and_what_instead(tmp_path: Path) -> None:
    file = tmp_path / "questions.txt"
    file.write_text("How good was this answer?\nWhat did you ask?\n", "utf-8")
    said = lint(file)
    assert said.returncode == 1
    assert "questions.txt:2: “What did you ask” invites prompt" in said.stdout
    assert "That is the prompt." in said.stdout
    assert "→ What kind of task was it?" in said.stdout


def test_questions_that_may_stand_end_with_zero(tmp_path: Path) -> None:
    file = tmp_path / "questions.toml"
    file.write_text('ask = "Did this help?"\n', "utf-8")
    said = lint(file)
    assert (said.returncode, said.stdout) == (0, "1 line: none that is known to invite content\n")


def test_a_program_reads_the_findings_as_json(tmp_path: Path) -> None:
    file = tmp_path / "questions.json"
    file.write_text('{"ask":\n "Fügen Sie die Antwort ein."}', "utf-8")
    said = lint(file, "--json")
    assert said.returncode == 1
    told = json.loads(said.stdout)
    assert told["lines"] == 1
    (found,) = told["findings"]
    assert (found["line"], found["lang"], found["invites"]) == (2, "de", "answer")


def test_a_file_that_is_not_there_or_no_text_fails_with_words(tmp_path: Path) -> None:
    missing = lint(tmp_path / "nothing.txt")
    assert missing.returncode == 1
    assert "Traceback" not in missing.stderr
    (tmp_path / "picture.txt").write_bytes(b"\xff\xfe\x00")
    assert lint(tmp_path / "picture.txt").returncode == 2
