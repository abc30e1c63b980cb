"""The class of an error from the words of its template.

Job: choose from the closed list when the caller said `other` and the catalogue knows nothing.
Must not: see the message, or invent a class.

The first rule with one of its words wins; rules go from the particular (a full disk) to the general (a model
that does not load). Words are those of a gist: lower case, a name one word.
"""

from typing import Final

from sidecar.scrub.lists import words_of

OTHER: Final = "other"

_RULES: Final[tuple[tuple[str, frozenset[str], frozenset[str]], ...]] = (
    ("disk_full", words_of("disk"), words_of("full space quota")),
    ("permission", words_of("permission permissions denied privileges"), frozenset()),
    (
        "context_length",
        words_of("context tokens prompt input"),
        words_of("exceed exceeds exceeded long longer larger"),
    ),
    (
        "out_of_memory",
        words_of("memory vram ram buffer cache"),
        words_of(
            "allocate allocated allocating allocation alloc malloc insufficient enough oom exhausted",
        ),
    ),
    ("out_of_memory", words_of("oom oomkilled mmap mlock"), frozenset()),
    ("timeout", words_of("timeout timeouts timed"), frozenset()),
    (
        "gpu_driver",
        words_of(
            "cuda hip rocm vulkan metal sycl opencl nccl nvml cudnn cublas driver drivers nvidia amdgpu gpu "
            "gpus gfx directml level_zero",
        ),
        frozenset(),
    ),
    (
        "unsupported_format",
        words_of(
            "format version type dtype quantization architecture opset tensor gguf magic",
        ),
        words_of(
            "unsupported unknown unrecognized unexpected invalid supported incompatible",
        ),
    ),
    (
        "template_parse",
        words_of(
            "jinja template json parse parser parsing decode decoding grammar schema syntax",
        ),
        frozenset(),
    ),
    (
        "network",
        words_of(
            "connection connect socket dns tls ssl tcp http https host proxy retry retrying retries "
            "unreachable websocket",
        ),
        frozenset(),
    ),
    (
        "crash",
        words_of(
            "crash crashed aborted abort signal panic segfault fatal terminate terminated dumped killed "
            "assert assertion",
        ),
        frozenset(),
    ),
    (
        "model_load",
        words_of(
            "load loading load_model weights tokenizer checkpoint vocab gguf safetensors modelfile "
            "filenotfounderror",
        ),
        frozenset(),
    ),
)
"""Class; words of which one must be there; words of which one must be there too, if any are named."""


def infer(gist: str) -> str:
    """The class of a gist; `other` when no rule speaks."""
    words = set(gist.split())
    for error_type, subject, state in _RULES:
        if not subject.isdisjoint(words) and (not state or not state.isdisjoint(words)):
            return error_type
    return OTHER
