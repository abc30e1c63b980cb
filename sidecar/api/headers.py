"""The headers that every answer carries.

Job: say once what a browser has to be told.
Must not: vary with what was asked, but for who may embed the answer.
"""

from typing import Final

from aiohttp import hdrs
from multidict import CIMultiDict

OPENER_POLICY: Final = "Cross-Origin-Opener-Policy"
_SECURITY: Final = {
    hdrs.SERVER: "feedback-sidecar",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    OPENER_POLICY: "same-origin",
    hdrs.CACHE_CONTROL: "no-store",
}
_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
SAME_ORIGIN: Final = CIMultiDict({**_SECURITY, "Cross-Origin-Resource-Policy": "same-origin"})
ANYONE: Final = CIMultiDict({**_SECURITY, "Cross-Origin-Resource-Policy": "cross-origin"})
PAGE: Final = CIMultiDict({**SAME_ORIGIN, "Content-Security-Policy": _PAGE_POLICY})
"""For our own pages: only what this daemon serves, nothing inline, and no text that becomes a script."""
JSON: Final = CIMultiDict({hdrs.CONTENT_TYPE: "application/json", **SAME_ORIGIN})
"""For the answers that come by the thousand: copied whole, it costs a fraction of eight insertions."""
