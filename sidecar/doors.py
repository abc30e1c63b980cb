"""The doors: the application behind its sockets, and the submit-only listeners behind theirs.

Job: open what the settings and the service manager ask for, and close all of them at once.
Must not: decide who may come in; `api` does.
"""

import asyncio
import contextlib
import logging
import os
import socket
from functools import partial
from typing import Any, Final

from aiohttp import web

from sidecar import __version__, home, listen
from sidecar.api import app as api
from sidecar.api import guard
from sidecar.api.runner import Runner
from sidecar.api.services import Services
from sidecar.config import Listener
from sidecar.errors import StartupError
from sidecar.home import Endpoint
from sidecar.peer import Peers
from sidecar.service.activation import inherited_sockets

log = logging.getLogger(__name__)

REQUEST_SECONDS: Final = 3.0  # what a running request gets at the end; with the drain it stays under 5
_SERVING: Final[dict[str, Any]] = {
    "access_log": None,
    "handle_signals": False,
    "shutdown_timeout": REQUEST_SECONDS,
}


async def open_all(services: Services, stack: contextlib.AsyncExitStack) -> Endpoint:
    """Listen, and say where; the stack closes all again.

    Raises:
        StartupError: the main door cannot be opened; the detail says what to do.
    """
    settings = services.settings
    runner = Runner(api.build(services), peers=Peers.of_this_machine(), repeats=True, **_SERVING)
    await runner.setup()
    runners = [runner]
    stack.push_async_callback(_close_all, runners)
    sockets = inherited_sockets(settings.listen, os.getpid())
    sockets += [more for each in sockets for more in listen.beside(each)]
    sockets = sockets or listen.tcp(settings.port, insisted=settings.port_given)
    if settings.socket is not None:
        sockets.append(listen.unix(settings.socket))
    ports = {each.getsockname()[1] for each in sockets if each.family in {socket.AF_INET, socket.AF_INET6}}
    paths = [each.getsockname() for each in sockets if each.family not in {socket.AF_INET, socket.AF_INET6}]
    services.hosts = frozenset().union(*(guard.own_hosts(port) for port in ports)) or guard.UNIX_HOSTS
    for each in sockets:
        await _listen(runner, each)
    url = f"http://127.0.0.1:{min(ports)}" if ports else "http://localhost"
    endpoint = Endpoint(url, next(iter(paths), None), os.getpid(), __version__)
    home.publish_endpoint(settings.runtime_dir, endpoint)
    stack.callback(home.withdraw_endpoint, settings.runtime_dir)
    for listener in settings.listeners:
        services.notes += await _open_listener(services, listener, runners)
    return endpoint


async def _listen(runner: Runner, listening: socket.socket) -> None:
    await web.SockSite(runner, listening, backlog=listen.AT_ONCE).start()
    listen.bound(listening)


async def _close_all(runners: list[Runner]) -> None:
    """All at once, so that their requests together get no more time than those of one."""
    await asyncio.gather(*(runner.cleanup() for runner in runners))


async def _open_listener(services: Services, listener: Listener, runners: list[Runner]) -> tuple[str, ...]:
    """Open a submit-only listener; one that cannot be opened takes nothing from the daemon's owner.

    Returns:
        What the owner should know of it.
    """
    from sidecar.api import submit_only  # noqa: PLC0415  # most daemons have no listener

    token = partial(home.secret, services.settings.data_dir, f"{home.SUBMIT_TOKEN_FILE}{listener.name}")
    try:
        token()
        listening = listen.named(listener.address, listener.port)
    except StartupError as fault:
        log.error("listener %s: %s", listener.name, fault.detail)  # noqa: TRY400  # foreseen: no trace
        return (f"the listener {listener.name} does not serve: {fault.detail}",)
    runner = Runner(submit_only.build(services, listener, token), **_SERVING)
    await runner.setup()
    runners.append(runner)
    await _listen(runner, listening)
    log.info("listener %s serves on %s", listener.name, listener.place)
    if listener.is_open_to_all:
        return (f"the listener {listener.name} is open on every address of this machine ({listener.place})",)
    return ()
