"""Any runtime's spelling of a model -> its name.

Job: find the family that a spelling starts with and have the rest read; else keep the spelling as it is.
Must not: raise, take more than linear time, or read a name whose publisher nobody knows.
"""

import re
from typing import Final

from sidecar.modelnames import parts
from sidecar.modelnames.names import ModelName
from sidecar.modelnames.public import find_family, index
from sidecar.modelnames.spelling import Address, address, plain, settle

LONGEST: Final = 128
"""Characters of the longest name a record carries, so also of a key that was read."""

_FILES: Final = (".gguf", ".safetensors", ".llamafile")

_PUBLISHED: Final = re.compile(r"([a-z0-9-]+)[_.](.+)")
"""`qwen_qwen3-8b`: quantisers put the publisher of the original before its name."""


def parse(name: str) -> ModelName:
    """What a name says. One that cannot be read keeps its own folded spelling as its key."""
    settled = settle(name)
    found = _read(settled) if len(settled) <= LONGEST else None
    if found is None or len(found.key) > LONGEST:
        return ModelName(settled, "", "", "", "", known=False)
    return found


def _read(settled: str) -> ModelName | None:
    where = address(settled)
    if not _may_be_public(where):
        return None
    tag = where.extras[-1] if where.extras else ""
    if tag.endswith(_FILES):  # Ollama may name a file of a repository as the tag
        return _read(tag)
    for model in _without_prefix(where.model):
        family = find_family(plain(model))
        if family is not None:
            words = family[1].split("-") if family[1] else []
            return parts.read(words + _tagged(where.extras, words), family[0])
    return None


def _may_be_public(where: Address) -> bool:
    """Whether a public publisher, or none, stands before the model.

    In `publisher/repository/file.gguf` the repository repeats the file; elsewhere each place must be known.
    """
    people = [place for place in where.places if place not in index().ways]
    told = people[:1] if where.model.endswith(_FILES) else people
    return index().publishers.issuperset(told)


def _without_prefix(model: str) -> tuple[str, ...]:
    """The spelling without what a runtime or a quantiser put before it, then as it is."""
    published = _PUBLISHED.fullmatch(model)
    if published and published[1] in index().publishers:
        return published[2], model
    cut = next((model.removeprefix(prefix) for prefix in index().prefixes if model.startswith(prefix)), "")
    return (cut, model) if cut else (model,)


def _tagged(extras: tuple[str, ...], words: list[str]) -> list[str]:
    """Words of tag and quant. A lone digit behind a sized model is LM Studio's number of the instance."""
    sized = any(map(parts.is_size, words))
    told = (extra for extra in extras if not (sized and len(extra) == 1 and extra.isdigit()))
    return [word for extra in told for word in plain(extra).split("-") if word]
