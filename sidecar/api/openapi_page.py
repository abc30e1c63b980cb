"""The OpenAPI document as a page.

Job: answer `/v1/openapi.json` from the table of routes that the application was built with.
Must not: import ROUTES: the table names this handler.
"""

from aiohttp import web
from msgspec import json

from sidecar.api.services import SERVICES, TABLE


async def openapi_page(request: web.Request) -> web.Response:
    """OpenAPI 3.1, with the words that products declare."""
    from sidecar.api.schema import openapi  # noqa: PLC0415  # most daemons are never asked

    products = request.app[SERVICES].products
    products.refresh()
    described = openapi(request.app[TABLE], products)
    return web.Response(body=json.encode(described), content_type="application/json")
