"""The gist of a template: its words alone, for matching and for telling two errors apart.

Job: take punctuation, holes and letter case away, and for the fingerprint numbers and names of models too.
Must not: see the message: the gist is made of the template only.
"""

import re
from hashlib import blake2b
from typing import Final

from sidecar.scrub import holes

FINGERPRINT_BYTES: Final = 16
_NOT_WORD: Final = re.compile(r"[^a-z0-9_'#]+|(?<![a-z0-9])'|'(?![a-z0-9])")
_PATH_AND_FILE: Final = re.compile(re.escape(holes.PATH) + r" [\w+.-]+\.\w{1,11}\b(?!\()")
_QUOTED_NAME: Final = re.compile(
    r"'(?:[^' ]*[\d.:#-][^' ]*|[A-Za-z]*(?:ForCausalLM|ForConditionalGeneration|Model|LM)|[a-z]+)'"
)
"""A quoted model, tensor or architecture. The name of an argument tells errors apart and stays."""
_NUMBER_WORD: Final = re.compile(r"(?<= )[\d#.][\w#.]*(?= )")
_DIGITS: Final = re.compile(r"[\d#]+")


def gist(template: str) -> str:
    """Lower-case words and numbers between single blanks, a blank at each end."""
    return f" {_NOT_WORD.sub(' ', holes.HOLE.sub(' ', template).lower()).strip()} "


def fingerprint(error_type: str, template: str) -> str:
    """32 hex digits over the class and what survives but numbers, paths and quoted names."""
    words = _NUMBER_WORD.sub("", gist(_QUOTED_NAME.sub(" ", _PATH_AND_FILE.sub(" ", template))))
    canonical = " ".join(_DIGITS.sub("", words).split())
    return blake2b(
        f"{error_type}\n{canonical}".encode(), digest_size=FINGERPRINT_BYTES, person=b"scrub-template"
    ).hexdigest()
