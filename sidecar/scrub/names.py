"""Names of code: identifiers, dotted names, files, flags, tensors, quantisations.

Job: say which of them are public, and give back the form in which they may be shown.
Must not: accept a name because it looks technical; it is in the vocabulary, or in a closed pattern here.
"""

import re
from typing import Final

from sidecar.scrub import holes
from sidecar.scrub.attested import FILE, IDENTIFIER, MODULE, SHAPE, TENSOR, Vocabulary
from sidecar.scrub.lists import NAME_PARTS, STRONG, words_of
from sidecar.scrub.plain import OPAQUE

MAX_NAME: Final = 80
"""No public identifier of the vocabulary is longer; mangled symbols and tokens are."""

_DIGITS: Final = re.compile(r"[\d#]+", re.ASCII)
_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_JOINT: Final = re.compile(r"(\.|::|->)")
_QUANTISATION: Final = re.compile(
    r"(?:i?q[1-8]_(?:k(?:_(?:s|m|l|xl))?|[01]|xxs|xs|s|m|nl)|tq[12]_0|mxfp4|nvfp4|b?f(?:p|loat)?(?:4|8|16|32|64)|u?int[248]|"
    r"u?int(?:16|32|64)|float8_e[45]m[23](?:fn)?|fp8_e[45]m[23]|e[45]m[23](?:fn)?|w[48]a(?:8|16))",
    re.IGNORECASE | re.ASCII,
)
_DEVICE: Final = re.compile(
    r"(?:cuda|rocm|hip|sycl|vulkan|metal|cpu|gpu|npu|xpu|mps)\d{1,2}", re.IGNORECASE | re.ASCII
)
_LIBRARY: Final = re.compile(
    r"(?:lib)?(?:cuda|cudart|cublas|cublaslt|cudnn|cudnn_[a-z_]{3,30}|cufft|curand|cusolver|cusparse|nccl|nvrtc|nvrtc-builtins|nvcuda|nvml|nvidia-ml|nvidia-ptxjitcompiler|nvjitlink|"
    r"amdhip64|hsa-runtime64|hipblas|hipblaslt|rocblas|rocsolver|miopen|rccl|ze_loader|sycl|opencl|vulkan|directml|d3d12|"
    r"ggml|ggml-(?:base|cpu|cuda|hip|vulkan|metal|sycl|opencl|rpc|blas|musa|cann)|llama|mtmd|torch|torch_cpu|torch_cuda|"
    r"torch_python|c10|c10_cuda|onnxruntime|stdc\+\+|gomp|omp|iomp5md|mpi|numa|gl|ssl|crypto|curl|msvcp140|vcruntime140|"
    r"vcruntime140_1|openblas|mkl_core|mkl_rt|tbb|tbb12|cupti|cutensor|nvinfer|python3)(?:64)?(?:[-_]\d{1,3}){0,2}"
    r"\.(?:so|dll|dylib)(?:\.\d{1,3}){0,3}",
    re.IGNORECASE | re.ASCII,
)
_MODEL: Final = re.compile(
    r"(?:llama|codellama|tinyllama|mistral|mixtral|ministral|codestral|devstral|gemma|codegemma|qwen|qwq|phi|deepseek|falcon|"
    r"mamba|yi|command-r|gpt-oss|gpt2|granite|smollm|olmo|vicuna|wizardlm|zephyr|starcoder|stablelm|solar|internlm|glm|chatglm|"
    r"baichuan|minicpm|llava|moondream|whisper|bge|nomic-embed|mxbai-embed|all-minilm|orca|openchat|nous-hermes|hermes|"
    r"dolphin|bakllava|nemotron|exaone|kimi|jamba|rwkv|bert|t5|clip)"
    r"(?:[-_]?v?\d{1,2}(?:\.\d{1,2})?)?"
    r"(?:[-_:](?:\d{1,3}(?:\.\d)?[bm]|\d{1,2}x\d{1,3}b|a\d{1,2}b|e\d{1,2}b|v\d(?:\.\d)?|instruct|chat|it|base|code|coder|vision|vl|"
    r"math|mini|small|medium|large|tiny|nano|preview|latest|text|embed|next|max|plus|pro|moe|r1|r|distill|hf|gguf|awq|gptq|"
    r"mlx|[2-8]bit|i?q[1-8](?:_(?:k(?:_(?:s|m|l|xl))?|[01]|xxs|xs|s|m|nl))?|b?f(?:p)?(?:4|8|16|32)|mxfp4|nvfp4|qat)){0,7}(?:\.gguf)?",
    re.IGNORECASE | re.ASCII,
)
"""Public families with sizes, variants and quantisations alone; a private fine-tune's name does not fit."""
_TENSOR_END: Final = words_of(
    "weight bias scales qweight qzeros scale g_idx inv_freq weight_scale input_scale",
)
_SHORT_NUMBER: Final = re.compile(r"\d{1,3}", re.ASCII)
_EXCEPTION: Final = re.compile(r"[A-Z][A-Za-z]{2,40}(?:Error|Exception|Warning|Interrupt|Failure)")


def shape(name: str) -> str:
    """Lower case, each run of digits as `#`."""
    return _DIGITS.sub("#", name.lower())


def public_name(text: str, vocabulary: Vocabulary) -> str | None:
    """The name as it may be shown, or nothing."""
    if len(text) > MAX_NAME or OPAQUE in text:
        return None
    if _JOINT.search(text) is None:
        return _simple(text, vocabulary)
    if vocabulary.has(FILE, text.lower()) or vocabulary.has(IDENTIFIER, text.lower()):
        return text
    return _dotted(text, vocabulary)


def is_model_name(text: str) -> bool:
    """Whether a quoted name is a public model's, in its public parts throughout."""
    return len(text) <= MAX_NAME and _MODEL.fullmatch(text) is not None


def public_file(text: str, vocabulary: Vocabulary) -> bool:
    """Whether a base name is that of a public source or model file."""
    return len(text) <= MAX_NAME and (
        _LIBRARY.fullmatch(text) is not None or vocabulary.has(FILE, text.lower())
    )


def _simple(text: str, vocabulary: Vocabulary) -> str | None:
    if vocabulary.has(IDENTIFIER, text.lower()) or _QUANTISATION.fullmatch(text) or _DEVICE.fullmatch(text):
        return text
    if _DIGITS.search(text):
        return _DIGITS.sub("#", text) if vocabulary.has(SHAPE, shape(text)) else None
    return text if _is_compound(text) else None


def _is_compound(text: str) -> bool:
    """Whether a name is nothing but technical words, one of them of machines alone: `llama_model_load`."""
    parts = [part.lower() for part in _PARTS.findall(text)]
    return len(parts) > 1 and NAME_PARTS.issuperset(parts) and not STRONG.isdisjoint(parts)


def _dotted(text: str, vocabulary: Vocabulary) -> str | None:
    """A public module with a public name, or public names throughout; of others the exception alone."""
    if vocabulary.has(MODULE, text.lower()):
        return text
    parts = _JOINT.split(text)
    names, joints = parts[::2], parts[1::2]
    if names[-1] in _TENSOR_END and all(_is_tensor_part(part, vocabulary) for part in names[:-1]):
        return text
    shown = [_simple(name, vocabulary) for name in names]
    if shown[-1] is None:
        return None
    if vocabulary.has(MODULE, ".".join(names[:-1]).lower()):
        return "".join(parts[:-1]) + shown[-1]
    public = [name for name in shown if name is not None]
    if len(public) == len(names):
        return public[0] + "".join(joint + name for joint, name in zip(joints, public[1:], strict=True))
    return f"{holes.NAME}{joints[-1]}{shown[-1]}" if _EXCEPTION.fullmatch(names[-1]) else None


def _is_tensor_part(part: str, vocabulary: Vocabulary) -> bool:
    return bool(_SHORT_NUMBER.fullmatch(part)) or vocabulary.has(TENSOR, part.lower())
