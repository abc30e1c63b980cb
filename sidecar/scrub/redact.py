"""A feature request without addresses, keys and paths.

Job: replace what points to a person, a machine or an account by a placeholder, and keep the other words.
Must not: judge words: a wish is triaged by them, and it stays local unless approved singly.

Each rule is one expression with bounded repeats; they run in order, from the most to the least particular,
and no placeholder looks like anything that a rule would replace.
"""

import re
from functools import cache
from typing import Final

from sidecar.scrub.plain import visible

MAX_REQUEST: Final = 2_000
"""Characters kept; the schema takes no more."""
_READ: Final = 2 * MAX_REQUEST
"""Characters read: a key that the cut would halve is still seen whole."""

_KEY_WORD: Final = (
    r"(?:api|access|auth|account|secret|private|client|session|bearer|refresh|signing|encryption)?[_ -]?"
    r"(?:key|token|secret|passw(?:or)?d|passwd|pwd|passphrase|credential|cookie)s?"
)
_KEY_PREFIX: Final = (
    r"(?:sk|pk|rk)[-_](?:[a-z]{2,8}[-_])?|hf_|gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|AKIA|ASIA|AIza|ya29\.|npm_|pypi-|"
    r"gsk_|nvapi-|r8_|rpa_|dop_v1_|shpat_|SG\.|key-|tvly-|pplx-|lm-studio-|wandb_|ops_|dckr_pat_|whsec_"
)
_SEGMENT: Final = r"[^\s/\\<>\"'`|]{1,80}(?: [^\s/\\<>\"'`|]{1,40}){0,2}"
_LAST: Final = (
    r"(?:[^\s/\\<>\"'`|]{1,80}(?: [^\s/\\<>\"'`|.]{1,40}){0,3}\.[A-Za-z0-9]{1,8}\b|[^\s/\\<>\"'`|,;]{0,80})"
)
_ROOTS: Final = (
    r"(?:home|users|user|root|mnt|media|opt|srv|var|etc|tmp|usr|data|volumes|library|private|"
    r"run|proc|sys|dev|workspace|models)"
)

_RULES: Final = (
    ("<key>", r"-----BEGIN [A-Z ]{3,40}-----[\s\S]{0,4000}?(?:-----END [A-Z ]{3,40}-----|\Z)"),
    ("<blob>", r"(?i)\bdata:[a-z]{2,20}/[\w.+-]{1,40}[;,][^\s\"'<>]{0,4000}"),
    (
        "<url>",
        r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s<>\"']{1,2000}|\bwww\.[^\s<>\"']{1,500}",
    ),
    ("<mail>", r"(?<![\w.+%-])[\w.+%-]{1,254}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}"),
    (
        "<path>",
        rf"(?<![\w<])(?:[A-Za-z]:[\\/]{{1,2}}|\\\\[\w.$-]{{1,60}}\\)(?:{_SEGMENT}[\\/]{{1,4}}){{0,500}}{_LAST}",
    ),
    ("<path>", rf"%[A-Za-z]{{3,20}}%(?:[\\/]{{1,4}}{_SEGMENT}){{0,500}}"),
    ("<path>", rf"(?<![\w/.<])(?:~|\$HOME|\.{{1,2}})/(?:{_SEGMENT}/{{1,4}}){{0,500}}{_LAST}"),
    ("<path>", rf"(?i)(?<![\w/.<])/{_ROOTS}/(?:{_SEGMENT}/{{1,4}}){{0,500}}{_LAST}"),
    (
        "<path>",
        rf"(?<![\w/.<])/(?!(?:v\d|api)(?:/[a-z_{{}}-]+)*(?![\w/.-]))(?:{_SEGMENT}/{{1,4}}){{1,500}}{_LAST}",
    ),
    (
        "<mac>",
        r"(?<![\w:-])[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?![\w:-])",
    ),
    (
        "<ip>",
        (
            r"(?<![\w:.])(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?=[0-9A-Fa-f:]{0,39}::)(?:[0-9A-Fa-f]{1,4}:){0,7}"
            r"(?::[0-9A-Fa-f]{1,4}){0,7}(?<=[0-9A-Fa-f]))(?:%\w{1,16})?(?![\w:])"
        ),
    ),
    ("<ip>", r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?:/\d{1,2})?(?![\w])"),
    (
        "<id>",
        r"(?<![\w-])(?:GPU-|MIG-)?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![\w-])",
    ),
    ("<key>", rf"(?<![\w-])(?:{_KEY_PREFIX})[\w.-]{{10,400}}"),
    ("<key>", r"(?<![\w-])eyJ[\w-]{8,2000}(?:\.[\w-]{1,2000}){0,2}"),
    ("<key>", r"(?<![\w-])\d{8,10}:[\w-]{30,50}"),
    (
        "<key>",
        r"(?i)(?<=\bBearer )[\w.~+/=-]{8,2000}|(?<=\bBasic )[A-Za-z0-9+/=]{8,2000}",
    ),
    (
        r"\1<key>",
        rf"(?i)((?<![\w-])[\w-]{{0,120}}{_KEY_WORD}[\"']?\s{{0,3}}(?:=|:|\bis\b)\s{{0,3}}[\"']?)(?!<key>)(?=[^\s\"']{{0,60}}\d)[^\s\"',;]{{6,400}}",
    ),
    (r"\1<key>", rf"(?i)(--{_KEY_WORD}[ =])(?!<key>)[^\s\"']{{6,400}}"),
    ("<iban>", r"(?<![\w-])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![\w-])"),
    ("<number>", r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-])"),
    ("<number>", r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"),
    ("<phone>", r"(?<![\w.+])\+\d{1,3}[ ./-]?(?:\(?\d{1,5}\)?[ ./-]?){1,5}\d{2,5}(?![\w])"),
    ("<phone>", r"(?<![\w.-])(?:\(\d{3,5}\) ?|\d{3,5}[-/ .])\d{3,4}[- .]\d{4}(?![\w-])"),
    (
        "<key>",
        r"(?<![\w+/=-])(?=[A-Za-z0-9+/_=-]{0,200}\d)(?=[A-Za-z0-9+/_=-]{0,200}[A-Za-z])[A-Za-z0-9+/_-]{32,4000}={0,2}",
    ),
    (
        "<host>",
        r"(?i)(?<![\w.-])(?:[\w-]{1,63}\.){1,6}(?:local|lan|internal|intranet|corp|home|localdomain)(?![\w-])",
    ),
    (
        "<host>",
        r"(?<![\w.-])(?=[a-z0-9.]{0,60}-)[a-z][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63}){1,5}\.(?!gguf|json|py|md|txt|bin)[a-z]{2,12}(?![\w-])",
    ),
    (
        r"\1<name>",
        r"(?i)((?<![A-Za-z0-9])(?:user(?:name)?|login|account|owner|uid)=[\"']?)(?!<name>)[^\s\"',;]{1,100}",
    ),
    ("<host>", r"(?<![\w-])(?:DESKTOP|LAPTOP|WIN)-[A-Z0-9]{7,11}(?![\w-])"),
)
_ROUNDS: Final = 6
"""What stands behind one placeholder may only now be seen; two rounds do for all but hostile text."""
_HALF_PLACEHOLDER: Final = re.compile(r"<[a-z]{0,6}\Z")


def redact_request(text: str) -> str:
    """The text with placeholders for addresses, keys, paths and mail; at most 2,000 characters.

    Redacting a redacted text changes nothing.
    """
    text = visible(text[:_READ])
    for _ in range(_ROUNDS):
        again = _replaced(text)
        if again == text:
            break
        text = again
    return text if len(text) <= MAX_REQUEST else _HALF_PLACEHOLDER.sub("", text[:MAX_REQUEST])


@cache
def _rules() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The rules, compiled for the first request: no start of the daemon pays for them."""
    return tuple((placeholder, re.compile(rule)) for placeholder, rule in _RULES)


def _replaced(text: str) -> str:
    for placeholder, rule in _rules():
        text = rule.sub(placeholder, text)
    return text
