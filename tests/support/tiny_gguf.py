"""Write a llama model of 0.1 million random weights as GGUF: `tiny_gguf.py FILE [ARCHITECTURE]`.

Job: give a real runtime something real to load, 260 KB in about a second.
Must not: say anything sensible. Another architecture than `llama` makes a file that no runtime knows.
"""

import sys
from pathlib import Path

import gguf
import numpy as np

WIDTH, INNER, BLOCKS, HEADS, CONTEXT = 64, 128, 2, 4, 512
SIGNS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?"
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
"""Token types of the SentencePiece model."""

TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"


def vocabulary() -> list[tuple[str, int, float]]:
    """Tokens with type and score: every byte, so that any text can be read, and single letters."""
    control = [("<unk>", UNKNOWN, 0.0), ("<s>", CONTROL, 0.0), ("</s>", CONTROL, 0.0)]
    every_byte = [(f"<0x{value:02X}>", BYTE, 0.0) for value in range(256)]
    letters = [(letter, NORMAL, -float(rank)) for rank, letter in enumerate(("\u2581", *SIGNS))]
    return control + every_byte + letters


def describe(writer: gguf.GGUFWriter, tokens: list[tuple[str, int, float]]) -> None:
    """What the file says of the model and of its tokens."""
    writer.add_name("Tiny Random Instruct")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_quantization_version(2)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(BLOCKS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list([text.encode() for text, _, _ in tokens])
    writer.add_token_types([kind for _, kind, _ in tokens])
    writer.add_token_scores([score for _, _, score in tokens])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(value=True)
    writer.add_chat_template(TEMPLATE)


def fill(writer: gguf.GGUFWriter, words: int) -> None:
    """The weights."""
    rng = np.random.default_rng(0)

    def weights(name: str, *shape: int) -> None:
        writer.add_tensor(f"{name}.weight", (rng.standard_normal(shape) * 0.05).astype(np.float16))

    def ones(name: str) -> None:
        writer.add_tensor(f"{name}.weight", np.ones(WIDTH, np.float32))

    weights("token_embd", words, WIDTH)
    ones("output_norm")
    weights("output", words, WIDTH)
    for block in range(BLOCKS):
        ones(f"blk.{block}.attn_norm")
        ones(f"blk.{block}.ffn_norm")
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            weights(f"blk.{block}.{part}", WIDTH, WIDTH)
        weights(f"blk.{block}.ffn_gate", INNER, WIDTH)
        weights(f"blk.{block}.ffn_up", INNER, WIDTH)
        weights(f"blk.{block}.ffn_down", WIDTH, INNER)


def write(path: Path, architecture: str = "llama") -> None:
    """Write the file."""
    tokens = vocabulary()
    writer = gguf.GGUFWriter(path, architecture)
    describe(writer, tokens)
    fill(writer, len(tokens))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write(Path(sys.argv[1]), *sys.argv[2:])
