"""What two holders of the manage token can show each other, and nobody else can."""

import hmac

import pytest

from sidecar import proof
from sidecar.proof import Code

TOKEN, OTHER = "a" * 64, "b" * 64
HOST = "127.0.0.1:8917"
NONCE = "0" * 32
CODE = Code(NONCE, 1_795_478_446_190)


def test_proof_is_the_published_formula() -> None:
    message = b"feedback-sidecar proof 1\x00127.0.0.1:8917\x00" + NONCE.encode()
    assert proof.prove(TOKEN, HOST, NONCE) == hmac.new(TOKEN.encode(), message, "sha256").hexdigest()


def test_proof_holds_for_one_token_host_and_nonce() -> None:
    answer = proof.prove(TOKEN, HOST, NONCE)
    assert proof.proves(answer, TOKEN, HOST, NONCE)
    assert not proof.proves(answer, OTHER, HOST, NONCE)
    assert not proof.proves(answer, TOKEN, "127.0.0.1:8918", NONCE)
    assert not proof.proves(answer, TOKEN, HOST, "1" * 32)
    for given in ("", answer[:-1], answer.upper(), "\ud800", "é" * 64):
        assert not proof.proves(given, TOKEN, HOST, NONCE)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("0" * 32, True),
        ("0" * 64, True),
        ("0" * 31, False),
        ("0" * 65, False),
        ("A" * 32, False),
        ("0" * 32 + "\n", False),
        ("", False),
    ],
)
def test_nonce_is_32_to_64_hexadecimal_digits(text: str, holds: bool) -> None:  # noqa: FBT001  # a column
    assert proof.is_nonce(text) is holds


def test_code_is_read_back_by_a_holder_of_the_token_under_the_same_host() -> None:
    text = proof.write_code(TOKEN, HOST, CODE)
    assert proof.read_code(text, TOKEN, HOST) == CODE
    assert proof.read_code(text, OTHER, HOST) is None
    assert proof.read_code(text, TOKEN, "localhost:8917") is None


def test_code_that_was_changed_anywhere_is_none() -> None:
    text = proof.write_code(TOKEN, HOST, CODE)
    for place, letter in enumerate(text):
        changed = text[:place] + ("1" if letter != "1" else "2") + text[place + 1 :]
        assert proof.read_code(changed, TOKEN, HOST) is None, place
    for odd in ("", text + "0", text + "\n", f" {text}", text.replace(".", ","), "\ud800"):
        assert proof.read_code(odd, TOKEN, HOST) is None


def test_no_secret_can_be_used_for_another_purpose() -> None:
    """A proof for a chosen nonce is given to anybody: it must seal no code."""
    expires, nonce, seal = proof.write_code(TOKEN, HOST, CODE).split(".")
    assert seal not in {proof.prove(TOKEN, HOST, nonce), proof.prove(TOKEN, HOST, f"{expires}\0{nonce}")}
    assert proof.mark(TOKEN) != proof.mark(OTHER)
    assert TOKEN not in proof.mark(TOKEN).decode()
