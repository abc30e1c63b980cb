"""Real Hugging Face ids: makers' own, and those of quantisers.

Each row: the spelling, then family, version, size, variant, quant; an empty part was not told.
"""

import pytest

from sidecar.modelnames import parse, shareable_key

NAMES = (
    ("meta-llama/Llama-3.1-8B-Instruct", "llama", "3.1", "8b", "instruct", ""),
    ("meta-llama/Meta-Llama-3-8B-Instruct", "llama", "3", "8b", "instruct", ""),
    ("meta-llama/Llama-2-7b-chat-hf", "llama", "2", "7b", "chat", ""),
    ("meta-llama/Llama-3.2-11B-Vision-Instruct", "llama", "3.2", "11b", "vision-instruct", ""),
    ("meta-llama/Llama-4-Scout-17B-16E-Instruct", "llama", "4", "17b-16e", "scout-instruct", ""),
    ("meta-llama/Llama-Guard-3-8B", "llama-guard", "3", "8b", "", ""),
    ("meta-llama/CodeLlama-7b-hf", "codellama", "", "7b", "", ""),
    ("google/gemma-1.1-7b-it", "gemma", "1.1", "7b", "instruct", ""),
    ("google/gemma-2-9b-it", "gemma", "2", "9b", "instruct", ""),
    ("google/gemma-3-4b-pt", "gemma", "3", "4b", "base", ""),
    ("google/gemma-3n-E4B-it", "gemma", "3n", "e4b", "instruct", ""),
    ("google/gemma-3-27b-it-qat-q4_0-gguf", "gemma", "3", "27b", "instruct-qat", "q4_0"),
    ("google/embeddinggemma-300m", "embeddinggemma", "", "300m", "", ""),
    ("google/medgemma-27b-text-it", "medgemma", "", "27b", "text-instruct", ""),
    ("microsoft/Phi-3-mini-4k-instruct", "phi", "3", "", "mini-4k-instruct", ""),
    ("microsoft/Phi-3.5-mini-instruct", "phi", "3.5", "", "mini-instruct", ""),
    ("microsoft/phi-4", "phi", "4", "", "", ""),
    ("microsoft/Phi-4-reasoning-plus", "phi", "4", "", "reasoning-plus", ""),
    ("mistralai/Mistral-7B-Instruct-v0.3", "mistral", "0.3", "7b", "instruct", ""),
    ("mistralai/Mixtral-8x7B-Instruct-v0.1", "mixtral", "0.1", "8x7b", "instruct", ""),
    ("mistralai/Mistral-Small-3.2-24B-Instruct-2506", "mistral-small", "3.2-2506", "24b", "instruct", ""),
    ("mistralai/Mistral-Nemo-Instruct-2407", "mistral-nemo", "2407", "", "instruct", ""),
    ("mistralai/Devstral-Small-2505", "devstral", "2505", "", "small", ""),
    ("mistralai/Ministral-3-8B-Reasoning-2512", "ministral", "3-2512", "8b", "reasoning", ""),
    ("mistralai/Voxtral-Mini-4B-Realtime-2602", "voxtral", "2602", "4b", "mini-realtime", ""),
    ("Qwen/Qwen2.5-VL-7B-Instruct", "qwen", "2.5", "7b", "vl-instruct", ""),
    ("Qwen/Qwen3-30B-A3B-Instruct-2507", "qwen", "3-2507", "30b-a3b", "instruct", ""),
    ("Qwen/Qwen3-4B-Thinking-2507-FP8", "qwen", "3-2507", "4b", "thinking", "fp8"),
    ("Qwen/Qwen3-Omni-30B-A3B-Instruct", "qwen", "3", "30b-a3b", "omni-instruct", ""),
    ("Qwen/Qwen3-Reranker-0.6B", "qwen", "3", "0.6b", "reranker", ""),
    ("Qwen/QwQ-32B", "qwq", "", "32b", "", ""),
    ("Qwen/Qwen3.6-35B-A3B", "qwen", "3.6", "35b-a3b", "", ""),
    ("deepseek-ai/DeepSeek-R1-0528-Qwen3-8B", "deepseek-r1", "0528", "8b", "qwen-3", ""),
    ("deepseek-ai/DeepSeek-R1-Distill-Llama-70B", "deepseek-r1", "", "70b", "distill-llama", ""),
    ("deepseek-ai/DeepSeek-V4-Flash-0731", "deepseek", "4-0731", "", "flash", ""),
    ("CohereForAI/c4ai-command-r-v01", "command-r", "0.1", "", "", ""),
    ("CohereForAI/c4ai-command-a-03-2025", "command-a", "03-2025", "", "", ""),
    ("CohereForAI/aya-23-8B", "aya", "23", "8b", "", ""),
    ("ibm-granite/granite-4.0-h-tiny", "granite", "4", "", "h-tiny", ""),
    ("ibm-granite/granite-3.0-1b-a400m-instruct", "granite", "3", "1b-a400m", "instruct", ""),
    ("ibm-granite/granite-vision-3.2-2b", "granite", "3.2", "2b", "vision", ""),
    ("allenai/OLMo-2-0325-32B-Instruct", "olmo", "2-0325", "32b", "instruct", ""),
    ("allenai/Llama-3.1-Tulu-3-8B-DPO", "tulu", "3", "8b", "dpo", ""),
    ("NousResearch/Hermes-3-Llama-3.1-8B", "hermes", "3", "8b", "llama-3.1", ""),
    ("nvidia/Llama-3.1-Nemotron-70B-Instruct-HF", "nemotron", "", "70b", "instruct", ""),
    ("nvidia/Llama-3_3-Nemotron-Super-49B-v1", "nemotron", "1", "49b", "super", ""),
    ("nvidia/Qwen3.6-35B-A3B-NVFP4", "qwen", "3.6", "35b-a3b", "", "nvfp4"),
    ("HuggingFaceTB/SmolLM3-3B", "smollm", "3", "3b", "", ""),
    ("openai/gpt-oss-20b", "gpt-oss", "", "20b", "", ""),
    ("openai/whisper-large-v3-turbo", "whisper", "3", "", "large-turbo", ""),
    ("openbmb/MiniCPM-V-4_5", "minicpm-v", "4.5", "", "", ""),
    ("OpenGVLab/InternVL3_5-30B-A3B", "internvl", "3.5", "30b-a3b", "", ""),
    ("LiquidAI/LFM2-8B-A1B", "lfm", "2", "8b-a1b", "", ""),
    ("tiiuae/Falcon3-10B-Instruct", "falcon", "3", "10b", "instruct", ""),
    ("01-ai/Yi-1.5-6B-Chat", "yi", "1.5", "6b", "chat", ""),
    ("zai-org/GLM-4.1V-9B-Thinking", "glm", "4.1", "9b", "v-thinking", ""),
    ("moonshotai/Kimi-K2.6", "kimi", "k2.6", "", "", ""),
    ("swiss-ai/Apertus-8B-2509", "apertus", "2509", "8b", "", ""),
    ("llava-hf/llava-v1.6-mistral-7b-hf", "llava", "1.6", "7b", "mistral", ""),
    ("BAAI/bge-m3", "bge", "", "", "m3", ""),
    ("CompendiumLabs/bge-base-en-v1.5-gguf", "bge", "1.5", "", "base-en", ""),
    ("sentence-transformers/all-MiniLM-L6-v2", "all-minilm", "2", "", "l6", ""),
    ("bartowski/Qwen_Qwen3-30B-A3B-Instruct-2507-GGUF", "qwen", "3-2507", "30b-a3b", "instruct", ""),
    (
        "bartowski/mistralai_Mistral-Small-3.2-24B-Instruct-2506-GGUF",
        "mistral-small",
        "3.2-2506",
        "24b",
        "instruct",
        "",
    ),
    ("mradermacher/GLM-4.5V-i1-GGUF", "glm", "4.5", "", "v", ""),
    ("unsloth/gemma-3-4b-it-unsloth-bnb-4bit", "gemma", "3", "4b", "instruct", "ud-bnb-4bit"),
    ("unsloth/Llama-3.1-8B-Instruct-FP8-Dynamic", "llama", "3.1", "8b", "instruct", "fp8-dynamic"),
    ("unsloth/gemma-4-26B-A4B-it-qat-GGUF", "gemma", "4", "26b-a4b", "instruct-qat", ""),
    ("ggml-org/gpt-oss-120b-GGUF", "gpt-oss", "", "120b", "", ""),
    ("ggml-org/embeddinggemma-300m-qat-q8_0-GGUF", "embeddinggemma", "", "300m", "qat", "q8_0"),
    ("TheBloke/CodeLlama-7B-GGUF", "codellama", "", "7b", "", ""),
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
