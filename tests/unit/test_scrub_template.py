"""What a template keeps, and what becomes a hole."""

import pytest

from sidecar.scrub import scrub_error


def template(message: str) -> str:
    """The template of a message."""
    return scrub_error("other", message).template


KEPT_WHOLE = [
    "CUDA error: out of memory",
    "RuntimeError: CUDA error: an illegal memory access was encountered",
    "error loading model: unknown model architecture: 'qwen3moe'",
    "driver version 550.54.14 is insufficient for CUDA 12.4",
    "exit status 3221225477 (0xC0000005)",
    "tensor blk.12.ffn_down.weight has wrong shape",
    "Failed to initialize NVML: Driver/library version mismatch",
    "AttributeError: 'PhiConfig' object has no attribute 'rotary_dim'",
    "KeyError: 'lm_head.weight'",
    "PermissionError: [WinError 5] Access is denied",
    "ConnectionRefusedError: [Errno 111] Connection refused",
    "httpx.ReadTimeout: The read operation timed out",
    "Error: model 'llama3.2:3b-instruct-q4_K_M' not found",
    "ImportError: libcuda.so.1: cannot open shared object file: No such file or directory",
]


@pytest.mark.parametrize("message", KEPT_WHOLE)
def test_public_message_stays_as_written(message: str) -> None:
    assert template(message) == message


HOLES = [
    ("HTTP 503 Service Unavailable from 127.0.0.1:11434", "HTTP 503 Service Unavailable <w> 127.0.0.1:11434"),
    ("allocating 4480.00 MiB on device 3", "allocating <mem:4G-8G> on device <n>"),
    ("failed to load model '/home/someone/models/a.gguf'", "failed to load model <str>"),
    ("Error: mkdir /srv/x y: permission denied", "Error: <w> <path> <w>: permission denied"),
    ("Error: model 'our-own-tune' not found", "Error: model <str> not found"),
    (
        "CUDA error at D:\\a\\llama.cpp\\ggml\\src\\ggml-backend.cpp:96",
        "CUDA error <w> <path> ggml-backend.cpp",
    ),
    (
        "ValueError: could not tokenize input: my cat is ill",
        "ValueError: could not tokenize input: <content>",
    ),
    ('{"error":{"code":400,"prompt":"my cat"}}', "{error:{code:400, prompt: <content>"),
    ("n_ctx_train (131072)", "n_ctx_train (131072)"),
    ("n_ctx_train (131073)", "n_ctx_train (<n>)"),
    ("myapp.private.RuntimeError: out of memory", "<x>.RuntimeError: out of memory"),
    ("exit code 77", "exit code 77"),
    ("access code 77", "access code <n>"),
    ("code 415 555 0187", "code <n>"),
    ("bad address 0x7f32b6020000", "bad address <hex>"),
    ("CUDA \u0441uda out of memory", "CUDA <x> out of memory"),
]


@pytest.mark.parametrize(("message", "expected"), HOLES)
def test_what_is_not_public_becomes_a_hole(message: str, expected: str) -> None:
    assert template(message) == expected


PRIVATE = [
    "192.0.2.77",
    "fe80::1ff:fe23:4567:890a%eth0",
    "someone@example.org",
    "kim.doe",
    "Kim Doe",
    "C:\\Users\\Kim Doe\\x",
    "~/notes.txt",
    "file:///home/kim/x.pdf",
    "415-555-0187",
    "4111 1111 1111 1111",
    "GB29NWBK60161331926819",
    "kims-laptop.local",
    "00:1b:44:11:3a:b7",
    "456e23b9-e20b-4fb2-8fbe-fad15269156a",
    "albert.koval",
    "hunter2-bNW1YQ",
]
PLACES = [
    "{}",
    "CUDA error: {} out of memory",
    "user={} status=500",
    "Error: 401 Unauthorized (key: {})",
    "failed to open {}: No such file or directory",
    'level=ERROR msg="cannot read" path="{}"',
    "exit code {}",
    "torch {}",
    "KeyError: '{}'",
    "got: {}, expected: tensor",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("private", PRIVATE)
def test_private_value_survives_nowhere(private: str, place: str) -> None:
    assert private.lower() not in template(place.format(private)).lower()


EVERYDAY = [
    "write a letter to my landlord about the mould in the bedroom",
    "my husband was diagnosed with stage 3 lymphoma, what are the odds",
    "please summarise the meeting with Kim about the merger on Friday",
    "how do I tell my boss that I want to leave the company",
    "translate this love poem into Spanish for my wife Ana",
    "what medicine helps against the fever of a small child",
    "you are a pirate who answers every question with a song",
    "explain why the sky is blue to a five year old",
]


@pytest.mark.parametrize("prompt", EVERYDAY)
def test_unmarked_prompt_leaves_no_three_words(prompt: str) -> None:
    around = template("RuntimeError: CUDA error").lower()
    shown = template(f"RuntimeError: {prompt} CUDA error").lower().split()
    left = [word for word in prompt.lower().split() if word.strip(",") in shown and word not in around]
    assert len(left) < 3


def test_traceback_shows_its_last_line() -> None:
    frames = "".join(
        f'  File "/home/kim/app/m{n}.py", line {n}, in run\n    go(secret_{n})\n' for n in range(60)
    )
    message = f"Traceback (most recent call last):\n{frames}torch.OutOfMemoryError: CUDA out of memory. GPU 0"
    report = scrub_error("other", message)
    assert "torch.OutOfMemoryError: CUDA out of memory" in report.template
    assert report.signature == "cuda-out-of-memory"
    assert len(report.template) <= 500


def test_same_error_under_other_numbers_paths_and_names_is_one() -> None:
    first = "Error: model 'llama3:70b' at /home/a/x.gguf needs 12 GiB, server.go:310"
    other = "Error: model 'mistral:7b' at C:\\m\\y.gguf needs 7 GiB, server.go:99"
    assert scrub_error("model_load", first).fingerprint == scrub_error("model_load", other).fingerprint


def test_class_is_part_of_the_fingerprint() -> None:
    message = "KeyError: 'x'"
    assert scrub_error("crash", message).fingerprint != scrub_error("network", message).fingerprint


def test_callers_class_is_kept() -> None:
    assert scrub_error("network", "CUDA error: out of memory").error_type == "network"


def test_fingerprint_is_32_hex_digits() -> None:
    found = scrub_error("other", "").fingerprint
    assert len(found) == 32
    assert set(found) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    "message",
    ["Prompt=\\", '"ggml-cuda.cu\'."', "message:\n'llama3:8b'", '127.0.0.1"#', "prompt\\n=x"],
)
def test_template_scrubbed_again_is_itself(message: str) -> None:
    once = scrub_error("other", message)
    again = scrub_error("other", once.template)
    assert (again.template, again.fingerprint) == (once.template, once.fingerprint)


@pytest.mark.parametrize("number", ["1985.04.12", "4929.1234", "4111.1111.1111", "555.1234"])
def test_number_that_is_no_version_is_a_hole_beside_a_product_too(number: str) -> None:
    assert number not in scrub_error("other", f"cuda {number} failed").template


@pytest.mark.parametrize("version", ["12.4", "0.6.3", "535.104.05", "2.5.1+cu124", "2024.1.0"])
def test_version_beside_a_product_stays(version: str) -> None:
    assert version in scrub_error("other", f"cuda {version} failed to initialize").template
