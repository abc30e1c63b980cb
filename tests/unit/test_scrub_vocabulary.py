"""The shipped vocabulary: membership, size, provenance, and that nothing reads it early."""

import subprocess
import sys
from hashlib import sha256
from importlib.resources import files

import pytest

from sidecar.scrub import VOCABULARY_VERSION
from sidecar.scrub.attested import FRAGMENT, IDENTIFIER, Vocabulary, key, pack, provenance, shipped

MAX_BYTES = 3_000_000


def shipped_bytes() -> bytes:
    return (files("sidecar.scrub") / "data" / "vocabulary.bin").read_bytes()


def test_packed_keys_are_found_and_others_are_not() -> None:
    members = [f"word{n} and {n}" for n in range(5_000)]
    vocabulary = Vocabulary(pack(key(FRAGMENT, text) for text in members))
    assert len(vocabulary) == len(members)
    assert all(vocabulary.has(FRAGMENT, text) for text in members)
    assert not any(vocabulary.has(FRAGMENT, f"other{n}") for n in range(5_000))
    assert not any(vocabulary.has(IDENTIFIER, text) for text in members)


def test_packing_is_deterministic() -> None:
    keys = [key(FRAGMENT, str(n)) for n in range(100)]
    assert pack(keys) == pack(reversed(keys + keys))


def test_another_file_is_refused() -> None:
    with pytest.raises(ValueError, match="not a scrub vocabulary"):
        Vocabulary(b"something else")


def test_shipped_file_is_small() -> None:
    assert len(shipped_bytes()) <= MAX_BYTES


def test_shipped_file_is_what_the_record_says() -> None:
    record = provenance()
    assert record.sha256 == sha256(shipped_bytes()).hexdigest()
    assert record.entries == len(shipped())
    assert record.version == VOCABULARY_VERSION
    assert record.false_positive_rate <= 1e-6


def test_record_names_packages_and_versions() -> None:
    sources = provenance().sources
    assert {
        "torch",
        "transformers",
        "vllm",
        "onnxruntime",
        "huggingface-hub",
        "httpx",
        "llama-cpp-python",
    } <= set(sources)
    assert all(version and version[0].isdigit() for version in sources.values())


def test_strangers_are_seldom_taken_for_members() -> None:
    taken = sum(shipped().has(FRAGMENT, f"zq{n} xv{n} wk{n} qj{n}") for n in range(200_000))
    assert taken <= 2  # the stated rate gives 0.1


def test_importing_reads_no_table() -> None:
    code = (
        "import sidecar.scrub as s; from sidecar.scrub import attested, catalogue; "
        "print(attested.shipped.cache_info().currsize + catalogue.catalogue.cache_info().currsize)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "0"
