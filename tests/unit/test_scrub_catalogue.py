"""The catalogue: complete entries, real messages, classes from the closed list."""

import re

import pytest

from sidecar.scrub import CATALOGUE_VERSION, scrub_error
from sidecar.scrub.catalogue import catalogue
from sidecar.scrub.classes import infer
from sidecar.vocabulary import ERROR_TYPES

NAMED = [
    ("torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 224.00 MiB.", "cuda-out-of-memory"),
    (
        "gguf_init_from_file: GGUFv1 is no longer supported. unsupported GGUF version",
        "gguf-unsupported-version",
    ),
    (
        "This model's maximum context length is 4096 tokens. However, you requested 5012",
        "context-length-exceeded",
    ),
    ("ROCm error: invalid device function", "rocm-invalid-device-function"),
    ("Error: could not connect to ollama app, is it running?", "ollama-not-running"),
    ('{"error":"model \'llama3:70b\' not found, try pulling it first"}', "ollama-model-not-found"),
    ("OSError: [Errno 28] No space left on device", "no-space-left-on-device"),
    ("jinja2.exceptions.TemplateError: Conversation roles must alternate", "chat-template-error"),
    ("requests.exceptions.ReadTimeout: Read timed out. (read timeout=60)", "request-timed-out"),
    ("Segmentation fault (core dumped)", "segmentation-fault"),
    ("GGML_ASSERT(n_tokens <= n_batch) failed", "ggml-assert"),
    ("sqlite3.OperationalError: database is locked", "database-locked"),
    ("ValueError: Model type mistral3 not supported.", "unknown-model-architecture"),
    ("Failed to initialize NVML: Driver/library version mismatch", "nvml-driver-mismatch"),
    ("ImportError: libcuda.so.1: cannot open shared object file", "nvidia-driver-not-found"),
    ("x509: certificate signed by unknown authority", "tls-certificate"),
]


@pytest.mark.parametrize(("message", "signature"), NAMED)
def test_real_message_is_recognised(message: str, signature: str) -> None:
    report = scrub_error("other", message)
    assert report.signature == signature
    assert report.cause
    assert report.remedy


def test_unknown_message_has_no_entry() -> None:
    report = scrub_error("other", "the weather is nice today")
    assert (report.signature, report.cause, report.remedy, report.error_type) == (None, None, None, "other")


def test_there_are_eighty_entries_at_least() -> None:
    assert len(catalogue()) >= 80


def test_ids_are_unique_kebab_case() -> None:
    ids = [error.id for error in catalogue()]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", each) for each in ids)


def test_every_entry_has_a_class_a_cause_and_a_remedy() -> None:
    for error in catalogue():
        assert error.error_type in ERROR_TYPES, error.id
        assert error.cause.endswith("."), error.id
        assert error.remedy.endswith("."), error.id
        assert error.when, error.id


def test_every_class_but_none_is_missing_from_the_catalogue() -> None:
    assert {error.error_type for error in catalogue()} == set(ERROR_TYPES)


def test_patterns_are_written_as_a_gist_is() -> None:
    for error in catalogue():
        for pattern in error.when:
            for phrase in pattern.split(" + "):
                bare = phrase.removeprefix("-").removesuffix("*")
                assert re.fullmatch(r"[a-z0-9_'#+]+( [a-z0-9_'#+]+)*", bare), (error.id, phrase)


def test_versions_agree() -> None:
    from importlib.resources import files  # noqa: PLC0415 - only here

    text = (files("sidecar.scrub") / "catalogue.toml").read_text(encoding="utf-8")
    assert f'version = "{CATALOGUE_VERSION}"' in text


INFERRED = [
    (" could not allocate the cache ", "out_of_memory"),
    (" disk is nearly full ", "disk_full"),
    (" gpu is not there ", "gpu_driver"),
    (" tokens exceed what fits ", "context_length"),
    (" unsupported dtype ", "unsupported_format"),
    (" grammar schema ", "template_parse"),
    (" socket was shut ", "network"),
    (" the checkpoint ", "model_load"),
    (" nothing of interest ", "other"),
]


@pytest.mark.parametrize(("gist", "error_type"), INFERRED)
def test_general_rules_tell_the_class(gist: str, error_type: str) -> None:
    assert infer(gist) == error_type
