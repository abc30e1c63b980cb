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
SAME_ORIGIN: Final = CIMultiDict({**_SECURITY, "Cross-Origin-Resource-Policy": "same-origin"})
ANYONE: Final = CIMultiDict({**_SECURITY, "Cross-Origin-Resource-Policy": "cross-origin"})
JSON: Final = CIMultiDict({hdrs.CONTENT_TYPE: "application/json", **SAME_ORIGIN})
"""For the answers that come by the thousand: copied whole, it costs a fraction of eight insertions."""
