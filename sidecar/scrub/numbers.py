"""Numbers: which may stay, and what stands for the others.

Job: keep codes that are public by nature (exit codes, HTTP status, versions beside a product, compute
capability), turn sizes into their power of two, and everything else into `<n>`.
Must not: keep a number for its own sake: it is in a closed list, or beside a word that explains it.
"""

import re
from collections.abc import Sequence
from typing import Final

from sidecar.scrub import holes
from sidecar.scrub.lists import words_of

HTTP_STATUS: Final = words_of(
    "301 302 307 308 400 401 403 404 405 406 408 409 410 411 413 414 415 418 421 422 423 424 425 426 "
    "428 429 431 451 500 501 502 503 504 505 507 508 511 520 521 522 524 529",
)
CRASH_CODES: Final = frozenset(
    {
        "0xc0000005",
        "0xc0000006",
        "0xc0000017",
        "0xc000001d",
        "0xc000007b",
        "0xc0000094",
        "0xc00000fd",
        "0xc0000135",
        "0xc0000138",
        "0xc0000139",
        "0xc0000142",
        "0xc0000374",
        "0xc0000409",
        "0xc06d007e",
        "0xe06d7363",
        "0x80000003",
    },
)
"""Windows status codes: access violation, bad image, stack overflow, missing library and their kin."""
_CRASH_NUMBERS: Final = frozenset(
    number for code in CRASH_CODES for number in (str(int(code, 16)), str((1 << 32) - int(code, 16)))
)
PRODUCTS: Final = words_of(
    "vllm torch pytorch torchvision torchaudio cuda cudnn nccl cublas rocm hip hipblas driver drivers "
    "runtime python transformers tokenizers safetensors accelerate ollama llama sglang flashinfer "
    "triton onnx onnxruntime opset tensorrt mlx metal vulkan sycl oneapi numpy pydantic xformers "
    "bitsandbytes gguf ggml glibc libc gcc msvc clang macos windows linux kernel ubuntu debian openai "
    "httpx requests urllib huggingface openvino directml",
)
_GPU_LINES: Final = words_of("rtx gtx rx arc tesla quadro geforce radeon")
_GPU_NUMBERS: Final = words_of(
    "1050 1060 1070 1080 1650 1660 2060 2070 2080 2000 3050 3060 3070 3080 3090 4000 4050 4060 4070 "
    "4080 4090 4500 5000 5050 5060 5070 5080 5090 6000 570 580 590 5500 5600 5700 6400 6500 6600 6650 "
    "6700 6750 6800 6900 6950 7600 7700 7800 7900 9060 9070",
)
_PORTS: Final = words_of("11434 8080 8000 1234 5000 5001 3000 30000 7860 4000 8917 80 443")
LOOPBACK: Final = frozenset({"127.0.0.1", "0.0.0.0"})  # noqa: S104 - text to recognise, no address to bind
_CONTEXT_SIZES: Final = range(512, (1 << 24) + 1)
_UNITS: Final = {
    **dict.fromkeys(("b", "byte", "bytes"), 1),
    **dict.fromkeys(("k", "kb", "kib"), 1 << 10),
    **dict.fromkeys(("m", "mb", "mib"), 1 << 20),
    **dict.fromkeys(("g", "gb", "gib"), 1 << 30),
    **dict.fromkeys(("t", "tb", "tib"), 1 << 40),
}
_BARE_UNITS: Final = frozenset("kmgt")  # `8 m` is no size, `8M` is
_SIZE: Final = re.compile(r"(\d{1,18}(?:\.\d{1,9})?)([A-Za-z]{1,5})?", re.ASCII)
_VERSION: Final = re.compile(
    r"v?(?:\d{1,3}|20\d\d)\.\d{1,3}(?:\.\d{1,4})?(?:\.?(?:post|rc|dev|a|b)\d{1,3})?(?:\+(?:cpu|cu\d{2,3}|rocm\d\.\d(?:\.\d)?))?",
    re.ASCII,
)
_EXIT_WORDS: Final = words_of("exit exited signal status errno returncode rc")
_CODE_WORDS: Final = words_of("exit error status return returned http response")
_STATUS_WORDS: Final = words_of("http status code response error errors")
_STATUS_REASONS: Final = words_of(
    "client server unauthorized forbidden bad internal service gateway payload unprocessable conflict gone",
)
_CONTEXT: Final = re.compile(r"n_ctx|max_model_len|max_seq|context|position_embeddings", re.ASCII)
_MAX_EXIT: Final = 255
_MAX_WINERROR: Final = 15_999


def size(text: str, unit: str = "") -> str | None:
    """The hole for a size in bytes, when the number carries a unit or one follows it."""
    found = _SIZE.fullmatch(text)
    if found is None:
        return None
    glued = (found[2] or "").lower()
    if len(glued) == 1 and found[2] not in "KMGT":
        return None  # `8b` and `4k` count parameters and tokens
    named = glued or ("" if unit.lower() in _BARE_UNITS else unit.lower())
    factor = _UNITS.get(named)
    return None if factor is None else holes.memory(float(found[1]) * factor)


def is_unit(word: str) -> bool:
    """Whether a word after a number makes it a size."""
    return word.lower() in _UNITS and word.lower() not in _BARE_UNITS


def is_version(text: str) -> bool:
    """Two or three numeric parts, perhaps with the tail of a wheel's version."""
    return _VERSION.fullmatch(text) is not None


def public_hex(text: str) -> str | None:
    """A crash code of Windows in its usual spelling, else nothing."""
    code = text.lower()
    return "0x" + code[2:].upper() if code in CRASH_CODES else None


def public_number(text: str, before: Sequence[str], after: str) -> bool:
    """Whether a number may stay, given up to three lower-case words before it and the one after it."""
    if not before:
        return text in HTTP_STATUS and after in _STATUS_REASONS
    if is_version(text) and (
        (text.count(".") == 1 and "capability" in before) or not PRODUCTS.isdisjoint(before[-2:])
    ):
        return True
    return text.isdigit() and _public_integer(text, before, after)


def _public_integer(text: str, before: Sequence[str], after: str) -> bool:
    last = before[-1]
    if text in HTTP_STATUS and (after in _STATUS_REASONS or last in _STATUS_WORDS):
        return True
    if text in _CRASH_NUMBERS or (text in _PORTS and last in ("localhost", *LOOPBACK)):
        return True
    if text in _GPU_NUMBERS and last in _GPU_LINES:
        return True
    value = int(text) if len(text) <= 8 else 0  # noqa: PLR2004 - longer than any code below
    if last == "winerror":
        return 0 < value <= _MAX_WINERROR
    if last in _EXIT_WORDS or (last == "code" and not _CODE_WORDS.isdisjoint(before[:-1])):
        return value <= _MAX_EXIT and len(text) <= 3  # noqa: PLR2004 - digits of 255
    return _CONTEXT.search(last) is not None and value in _CONTEXT_SIZES and value & (value - 1) == 0
