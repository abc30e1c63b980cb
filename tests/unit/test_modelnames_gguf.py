"""Real GGUF file names: the naming convention, and how publishers bend it.

Each row: the spelling, then family, version, size, variant, quant; an empty part was not told.
"""

import pytest

from sidecar.modelnames import parse, shareable_key

NAMES = (
    ("Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf", "llama", "3.1", "8b", "instruct", "q4_k_m"),
    ("Meta-Llama-3-8B-Instruct.Q4_0.gguf", "llama", "3", "8b", "instruct", "q4_0"),
    ("Llama-3.2-3B-Instruct-uncensored-Q4_K_M.gguf", "llama", "3.2", "3b", "instruct-uncensored", "q4_k_m"),
    ("Llama-3.3-70B-Instruct-Q4_K_M.gguf", "llama", "3.3", "70b", "instruct", "q4_k_m"),
    ("llama-2-7b-chat.Q4_K_M.gguf", "llama", "2", "7b", "chat", "q4_k_m"),
    ("llama-3.2-3b-instruct-q8_0.gguf", "llama", "3.2", "3b", "instruct", "q8_0"),
    ("mistral-7b-instruct-v0.2.Q4_0.gguf", "mistral", "0.2", "7b", "instruct", "q4_0"),
    (
        "mistralai_Mistral-Small-3.1-24B-Instruct-2503-Q4_K_M.gguf",
        "mistral-small",
        "3.1-2503",
        "24b",
        "instruct",
        "q4_k_m",
    ),
    ("Mistral-Nemo-Instruct-2407-Q4_K_M.gguf", "mistral-nemo", "2407", "", "instruct", "q4_k_m"),
    ("Codestral-22B-v0.1-Q4_K_M.gguf", "codestral", "0.1", "22b", "", "q4_k_m"),
    ("Qwen3VL-8B-Instruct-Q4_K_M.gguf", "qwen", "3", "8b", "vl-instruct", "q4_k_m"),
    ("Qwen_Qwen3-30B-A3B-Q4_K_M.gguf", "qwen", "3", "30b-a3b", "", "q4_k_m"),
    ("qwen2-1_5b-instruct-q4_0.gguf", "qwen", "2", "1.5b", "instruct", "q4_0"),
    ("qwen2.5-coder-7b-instruct-q4_0.gguf", "qwen", "2.5", "7b", "coder-instruct", "q4_0"),
    ("Qwen3.5-27B-UD-Q4_K_XL.gguf", "qwen", "3.5", "27b", "", "ud-q4_k_xl"),
    ("Qwen3-Coder-30B-A3B-Instruct-UD-Q4_K_XL.gguf", "qwen", "3", "30b-a3b", "coder-instruct", "ud-q4_k_xl"),
    ("Qwen2-1.5B-Instruct.Q4_K_M.gguf", "qwen", "2", "1.5b", "instruct", "q4_k_m"),
    ("gemma-3-4b-it-UD-Q4_K_XL.gguf", "gemma", "3", "4b", "instruct", "ud-q4_k_xl"),
    ("gemma-4-26B-A4B-it-qat-UD-Q4_K_XL.gguf", "gemma", "4", "26b-a4b", "instruct-qat", "ud-q4_k_xl"),
    ("google_gemma-3-27b-it-qat-Q4_0.gguf", "gemma", "3", "27b", "instruct-qat", "q4_0"),
    ("gpt-oss-120b-mxfp4-00001-of-00003.gguf", "gpt-oss", "", "120b", "", "mxfp4"),
    ("gpt-oss-20b-mxfp4.gguf", "gpt-oss", "", "20b", "", "mxfp4"),
    ("DeepSeek-R1-Distill-Qwen-7B-Q4_K_M.gguf", "deepseek-r1", "", "7b", "distill-qwen", "q4_k_m"),
    ("deepseek-coder-6.7b-instruct.Q4_K_M.gguf", "deepseek-coder", "", "6.7b", "instruct", "q4_k_m"),
    ("deepseek-ai_DeepSeek-R1-0528-Qwen3-8B-Q4_K_M.gguf", "deepseek-r1", "0528", "8b", "qwen-3", "q4_k_m"),
    ("Phi-3-mini-4k-instruct-q4.gguf", "phi", "3", "", "mini-4k-instruct", "q4"),
    ("Phi-3.1-mini-4k-instruct-Q4_K_M.gguf", "phi", "3.1", "", "mini-4k-instruct", "q4_k_m"),
    ("tinyllama-1.1b-chat-v1.0.Q4_K_M.gguf", "tinyllama", "1", "1.1b", "chat", "q4_k_m"),
    ("TinyLlama-1.1B-Chat-v1.0-f16", "tinyllama", "1", "1.1b", "chat", "fp16"),
    ("Hermes-3-Llama-3.2-3B-Q4_K_M.gguf", "hermes", "3", "3b", "llama-3.2", "q4_k_m"),
    ("orca-mini-3b-gguf2-q4_0.gguf", "orca-mini", "", "3b", "", "q4_0"),
    ("Yi-Coder-9B-Chat-Q4_K_M.gguf", "yi", "", "9b", "coder-chat", "q4_k_m"),
    ("Falcon3-3B-Instruct-abliterated-Q4_K_M.gguf", "falcon", "3", "3b", "instruct-abliterated", "q4_k_m"),
    ("falcon-180b-chat.Q5_K_M.gguf", "falcon", "", "180b", "chat", "q5_k_m"),
    ("ibm-granite_granite-4.0-h-tiny-Q4_K_M.gguf", "granite", "4", "", "h-tiny", "q4_k_m"),
    ("SmolLM2-1.7B-Instruct-Q4_K_M.gguf", "smollm", "2", "1.7b", "instruct", "q4_k_m"),
    ("nomic-embed-text-v1.5.Q8_0.gguf", "nomic-embed-text", "1.5", "", "", "q8_0"),
    ("MiniCPM-V-4_6-Thinking-Q4_K_M.gguf", "minicpm-v", "4.6", "", "thinking", "q4_k_m"),
    (
        "NVIDIA-Nemotron-3-Super-120B-A12B-UD-Q4_K_M-00001-of-00003.gguf",
        "nemotron",
        "3",
        "120b-a12b",
        "super",
        "ud-q4_k_m",
    ),
    ("mixtral-8x7b-instruct-v0.1.Q4_K_M.gguf", "mixtral", "0.1", "8x7b", "instruct", "q4_k_m"),
    ("translategemma-12b-it.i1-IQ3_XXS.gguf", "translategemma", "", "12b", "instruct", "iq3_xxs"),
    ("Qwen3.6-35B-A3B-MXFP4_MOE.gguf", "qwen", "3.6", "35b-a3b", "", "mxfp4"),
    ("Mistral-7B-Instruct-v0.3-IQ3_XXS.gguf", "mistral", "0.3", "7b", "instruct", "iq3_xxs"),
    ("Qwen3.6-27B-UD-IQ3_XXS.gguf", "qwen", "3.6", "27b", "", "ud-iq3_xxs"),
    ("Starling-LM-7B-beta-IQ4_XS.gguf", "starling-lm", "", "7b", "beta", "iq4_xs"),
    ("LFM2.5-8B-A1B-UD-Q6_K.gguf", "lfm", "2.5", "8b-a1b", "", "ud-q6_k"),
    (
        "Qwen3-235B-A22B-Instruct-2507-Q3_K_L-00001-of-00003.gguf",
        "qwen",
        "3-2507",
        "235b-a22b",
        "instruct",
        "q3_k_l",
    ),
    ("NousResearch_Hermes-4-14B-Q4_K_M.gguf", "hermes", "4", "14b", "", "q4_k_m"),
    ("aya-23-8B-Q4_K_M.gguf", "aya", "23", "8b", "", "q4_k_m"),
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
