"""Real ids of LM Studio, of vLLM with AWQ, GPTQ and EXL2 weights, and of MLX.

Each row: the spelling, then family, version, size, variant, quant; an empty part was not told.
"""

import pytest

from sidecar.modelnames import parse, shareable_key

NAMES = (
    ("qwen2.5-7b-instruct@q4_k_m", "qwen", "2.5", "7b", "instruct", "q4_k_m"),
    ("qwen3-coder-30b-a3b-instruct@q4_k_m", "qwen", "3", "30b-a3b", "coder-instruct", "q4_k_m"),
    ("qwen/qwen3-coder-30b", "qwen", "3", "30b-a3b", "coder", ""),
    ("qwen/qwen3.5-9b@q4_k_m", "qwen", "3.5", "9b", "", "q4_k_m"),
    ("qwen_qwen3.5-9b", "qwen", "3.5", "9b", "", ""),
    ("qwen3-4b-2507", "qwen", "3-2507", "4b", "", ""),
    ("qwen/qwen3-4b-2507", "qwen", "3-2507", "4b", "", ""),
    ("meta-llama-3.1-8b-instruct", "llama", "3.1", "8b", "instruct", ""),
    ("gemma-3-270m-it-qat", "gemma", "3", "270m", "instruct-qat", ""),
    ("gemma-4-e4b-it@q4_k_m", "gemma", "4", "e4b", "instruct", "q4_k_m"),
    ("google/gemma-4-e4b:2", "gemma", "4", "e4b", "", ""),
    ("google/gemma-4-26b-a4b-qat", "gemma", "4", "26b-a4b", "qat", ""),
    ("deepseek-r1-distill-llama-8b@q4_k_m", "deepseek-r1", "", "8b", "distill-llama", "q4_k_m"),
    ("deepseek/deepseek-r1-0528-qwen3-8b", "deepseek-r1", "0528", "8b", "qwen-3", ""),
    ("openai/gpt-oss-20b", "gpt-oss", "", "20b", "", ""),
    ("ibm/granite-4-h-tiny", "granite", "4", "", "h-tiny", ""),
    ("mistralai/magistral-small-2509", "magistral", "2509", "", "small", ""),
    ("mistralai/devstral-small-2-2512", "devstral", "2-2512", "", "small", ""),
    ("mistralai/ministral-3-14b-reasoning", "ministral", "3", "14b", "reasoning", ""),
    ("nvidia/nemotron-3-nano-4b", "nemotron", "3", "4b", "nano", ""),
    ("qwen2-vl-7b-instruct", "qwen", "2", "7b", "vl-instruct", ""),
    ("text-embedding-nomic-embed-text-v1.5", "nomic-embed-text", "1.5", "", "", ""),
    ("text-embedding-nomic-embed-text-v1.5-embedding", "nomic-embed-text", "1.5", "", "", ""),
    ("lmstudio-community/qwen3-14b-gguf", "qwen", "3", "14b", "", ""),
    ("lmstudio-community/Meta-Llama-3.1-8B-Instruct-GGUF", "llama", "3.1", "8b", "instruct", ""),
    (
        "lmstudio-community/Meta-Llama-3.1-8B-Instruct-GGUF/Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf",
        "llama",
        "3.1",
        "8b",
        "instruct",
        "q4_k_m",
    ),
    ("TheBloke/Mistral-7B-Instruct-v0.2-AWQ", "mistral", "0.2", "7b", "instruct", "awq"),
    ("TheBloke/Llama-2-7B-Chat-GPTQ", "llama", "2", "7b", "chat", "gptq"),
    ("hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4", "llama", "3.1", "8b", "instruct", "awq"),
    ("cyankiwi/Qwen3.6-27B-AWQ-INT4", "qwen", "3.6", "27b", "", "awq"),
    ("Qwen/Qwen2.5-7B-Instruct-GPTQ-Int4", "qwen", "2.5", "7b", "instruct", "gptq-int4"),
    ("Qwen/Qwen2.5-7B-Instruct-AWQ", "qwen", "2.5", "7b", "instruct", "awq"),
    ("neuralmagic/Meta-Llama-3.1-8B-Instruct-FP8", "llama", "3.1", "8b", "instruct", "fp8"),
    (
        "neuralmagic/Phi-3-medium-128k-instruct-quantized.w4a16",
        "phi",
        "3",
        "",
        "medium-128k-instruct",
        "w4a16",
    ),
    (
        "RedHatAI/Llama-4-Scout-17B-16E-Instruct-quantized.w4a16",
        "llama",
        "4",
        "17b-16e",
        "scout-instruct",
        "w4a16",
    ),
    ("RedHatAI/gemma-2-2b-it-quantized.w4a16", "gemma", "2", "2b", "instruct", "w4a16"),
    ("tiiuae/Falcon-H1-34B-Instruct-GPTQ-Int4", "falcon", "", "34b", "h1-instruct", "gptq-int4"),
    ("LoneStriker/Meta-Llama-3-70B-4.65bpw-h6-exl2", "llama", "3", "70b", "", "exl2-4.65bpw"),
    ("turboderp/CodeLlama-13B-instruct-exl2", "codellama", "", "13b", "instruct", "exl2"),
    ("turboderp/Qwen2.5-VL-7B-Instruct-exl2", "qwen", "2.5", "7b", "vl-instruct", "exl2"),
    ("Mistral-7B-instruct-v0.3-4.5bpw-exl2", "mistral", "0.3", "7b", "instruct", "exl2-4.5bpw"),
    ("Mixtral-8x7B-instruct-exl2", "mixtral", "", "8x7b", "instruct", "exl2"),
    ("deepseek-ai/DeepSeek-V3.1", "deepseek", "3.1", "", "", ""),
    ("Qwen/Qwen3-235B-A22B-Instruct-2507", "qwen", "3-2507", "235b-a22b", "instruct", ""),
    ("casperhansen/llama-3-8b-instruct-awq", "llama", "3", "8b", "instruct", "awq"),
    ("Systran/faster-whisper-large-v3", "whisper", "3", "", "large", ""),
    ("mlx-community/Llama-3.2-3B-Instruct-4bit", "llama", "3.2", "3b", "instruct", "4bit"),
    ("mlx-community/Llama-3_3-Nemotron-Super-49B-v1_5-mlx-4Bit", "nemotron", "1.5", "49b", "super", "4bit"),
    ("mlx-community/NVIDIA-Nemotron-3-Nano-30B-A3B-MLX-4Bit", "nemotron", "3", "30b-a3b", "nano", "4bit"),
    ("mlx-community/NVIDIA-Nemotron-Nano-9B-v2-6bit", "nemotron", "2", "9b", "nano", "6bit"),
    ("mlx-community/gpt-oss-20b-MXFP4-Q8", "gpt-oss", "", "20b", "", "mxfp4-q8"),
    ("mlx-community/Qwen3-Embedding-0.6B-4bit-DWQ", "qwen", "3", "0.6b", "embedding", "4bit-dwq"),
    ("mlx-community/Qwen3.6-35B-A3B-4bit-DWQ", "qwen", "3.6", "35b-a3b", "", "4bit-dwq"),
    ("mlx-community/Qwen3.5-4B-MLX-4bit", "qwen", "3.5", "4b", "", "4bit"),
    ("mlx-community/Qwen3-Next-80B-A3B-Thinking-8bit", "qwen", "3", "80b-a3b", "next-thinking", "8bit"),
    ("mlx-community/Qwen3-Coder-480B-A35B-Instruct-4bit", "qwen", "3", "480b-a35b", "coder-instruct", "4bit"),
    ("mlx-community/Kimi-K2-Instruct-4bit", "kimi", "k2", "", "instruct", "4bit"),
    ("mlx-community/Kimi-K2-Thinking", "kimi", "k2", "", "thinking", ""),
    ("mlx-community/GLM-4.5-Air-bf16", "glm", "4.5", "", "air", "bf16"),
    ("mlx-community/GLM-4.7-8bit-gs32", "glm", "4.7", "", "", "8bit"),
    ("mlx-community/GLM-4.7-Flash-6bit", "glm", "4.7", "", "flash", "6bit"),
    ("mlx-community/GLM-5-MXFP4-Q8", "glm", "5", "", "", "mxfp4-q8"),
    ("mlx-community/MiniMax-M2.7-4bit-mxfp4", "minimax", "m2.7", "", "", "mxfp4-4bit"),
    ("mlx-community/DeepSeek-V3.1-4bit", "deepseek", "3.1", "", "", "4bit"),
    ("mlx-community/Step-3.5-Flash-8Bit", "step", "3.5", "", "flash", "8bit"),
    ("mlx-community/gemma-4-26b-a4b-it-4bit", "gemma", "4", "26b-a4b", "instruct", "4bit"),
    ("mlx-community/gemma-4-e2b-it-bf16", "gemma", "4", "e2b", "instruct", "bf16"),
    ("mlx-community/Meta-Llama-3.1-8B-Instruct-bf16", "llama", "3.1", "8b", "instruct", "bf16"),
    ("mlx-community/TinyLlama-1.1B-Chat-v1.0", "tinyllama", "1", "1.1b", "chat", ""),
    ("mlc-ai/Mistral-7B-Instruct-v0.2-q4f16_1-MLC", "mistral", "0.2", "7b", "instruct", "q4f16_1"),
)


@pytest.mark.parametrize("row", NAMES, ids=[row[0] for row in NAMES])
def test_every_part_of_a_real_name_is_read(row: tuple[str, ...]) -> None:
    name, *parts = row
    read = parse(name)
    assert [read.family, read.version, read.size, read.variant, read.quant] == parts
    assert read.known


@pytest.mark.parametrize("name", [row[0] for row in NAMES])
def test_a_public_model_may_leave_under_its_key(name: str) -> None:
    assert shareable_key(parse(name)) == parse(name).key
