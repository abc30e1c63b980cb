"""The identity of a model: five parts and the key that they make.

Job: hold what a name says, and join it into one key.
Must not: read a spelling, or know which models are public.
"""

import msgspec


class ModelName(msgspec.Struct, frozen=True):
    """What a model's name says; an empty part was not told.

    Attributes:
        family: the line a maker gave a name to (`llama`, `mistral-small`); for a name that could not be
            read, the whole spelling in lower case with its blanks folded.
        version: number, date or both (`3.1`, `3-2507`, `08-2024`).
        size: as the maker writes it (`8b`, `8x7b`, `30b-a3b`, `e4b`).
        variant: words in a fixed order (`coder-instruct`, `distill-qwen`).
        quant: encoding of the weights (`q4_k_m`, `gptq-int4`, `exl2-4.65bpw`).
        known: every part was understood. It does not say that the model is public.
    """

    family: str
    version: str
    size: str
    variant: str
    quant: str
    known: bool

    @property
    def key(self) -> str:
        """`family-version-size-variant:quant` without the empty parts; reading it again gives it again."""
        model = "-".join(filter(None, (self.family, self.version, self.size, self.variant)))
        return f"{model}:{self.quant}" if self.quant else model
