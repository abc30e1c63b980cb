"""The OpenAPI document as a page.

Job: answer `/v1/openapi.json` from the table of routes that the application was built with.
Must not: import ROUTES: the table names this handler.
"""

from functools import partial

from aiohttp import web

from sidecar.api.services import SERVICES, TABLE


async def openapi_page(request: web.Request) -> web.Response:
    """OpenAPI 3.1, with the words that products declare."""
    from sidecar.api.schema import openapi  # noqa: PLC0415  # most daemons are never asked

    described = request.app[SERVICES].document("openapi", partial(openapi, request.app[TABLE]))
    return web.Response(body=described, content_type="application/json")
