"""The few doors of the house: each thing that reaches outside is done in the named modules alone.

Each table says who may, and why; a module that no longer needs its door has to give the line back.
"""

import ast
import re

import pytest

from tests.architecture.source import PRODUCT, ROOT, Module, modules

READS_THE_ENVIRONMENT = {
    "sidecar/config.py": "the one reader of settings",
    "sidecar/hardware/machine.py": "PATH finds a vendor's own command; no setting of ours",
}
ENVIRONMENT = {"os.environ", "os.getenv", "os.environb", "os.putenv"}

READS_THE_WALL_CLOCK = {"sidecar/clock.py": "all others are given a Clock"}
WALL_CLOCK = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}

STARTS_PROGRAMS = {
    "sidecar/hardware/machine.py": "a vendor's tool tells of its parts",
    "sidecar/service/host.py": "systemctl and launchctl",
    "sidecar/browser.py": "the owner's browser, for a page of ours: `sidecar open`, or an app that asks",
    "sidecar/hints/power.py": "busctl asks NetworkManager whether a connection is paid by volume",
    "sidecar/worker/ask.py": "this same Python, for an estimate or a triage that takes long",
}
PROGRAMS = {
    "asyncio.create_subprocess_exec",
    "subprocess",
    "multiprocessing",
    "os.system",
    "os.popen",
    "os.spawnv",
    "pty",
    "webbrowser",
}

OPENS_A_DATABASE = {
    "sidecar/cli/backup.py": "puts SQLite's refusal of a path into words; opens nothing itself"
}
DATABASE = {"sqlite3", "aiosqlite"}
STATEMENT = re.compile(
    r"\b(?:SELECT\s.*\sFROM|INSERT\s.*\bINTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|(?:CREATE|DROP|ALTER)\s+TABLE)\s",
    re.DOTALL,
)
STORE = "sidecar/store/"

SPEAKS_TO_SOCKETS = {
    "sidecar/listen.py": "binds loopback, the Unix socket and listeners; connects to nothing",
    "sidecar/peer/system.py": "asks a connection who is at its other end; opens none",
    "sidecar/peer/diagnosis.py": "asks the kernel whose a socket is; addresses nobody else",
    "sidecar/doors.py": "asks a listening socket for its port",
    "sidecar/service/activation.py": "looks at sockets that the service manager opened",
    "sidecar/service/notify.py": "one datagram to the service manager, on this machine",
    "sidecar/client/connections.py": "a client's way to the daemon",
    "sidecar/client/asynchronous.py": "a client's way to the daemon",
    "sidecar/egress/door.py": "the one way out: sends a letter",
    "sidecar/egress/way.py": "opens the connection of a letter",
    "sidecar/egress/names.py": "asks for the address of a letter's server",
    "sidecar/hints/kernel.py": "asks the kernel for routes; sends nothing to anybody else",
    "sidecar/hints/netlink.py": "knows the kernel's numbers; opens nothing",
}
NETWORK = {
    "aiohttp.BaseConnector",
    "aiohttp.ClientSession",
    "aiohttp.TCPConnector",
    "aiohttp.UnixConnector",
    "aiohttp.client",
    "aiohttp.connector",
    "aiohttp.request",
    "ftplib",
    "http.client",
    "httpx",
    "requests",
    "smtplib",
    "socket",
    "socketserver",
    "ssl",
    "telnetlib",
    "urllib.request",
    "urllib3",
    "websockets",
    "xmlrpc",
}
CONNECTING = {
    "create_connection",
    "create_datagram_endpoint",
    "open_connection",
    "open_unix_connection",
    "sock_connect",
    "urlopen",
}

ASKS_FOR_ADDRESSES = {"sidecar/egress/names.py"}
ADDRESSES = {"getaddrinfo", "gethostbyaddr", "gethostbyname", "gethostbyname_ex", "getnameinfo"}

DOORS = {
    "the environment": (ENVIRONMENT, READS_THE_ENVIRONMENT),
    "the wall clock": (WALL_CLOCK, READS_THE_WALL_CLOCK),
    "other programs": (PROGRAMS, STARTS_PROGRAMS),
    "the network": (NETWORK, SPEAKS_TO_SOCKETS),
}


def mentions(module: Module, names: set[str]) -> bool:
    """Whether a module imports or uses one of these dotted names, or something below one."""
    used = module.imported() | module.attributes()
    return any(each == name or each.startswith(f"{name}.") for each in used for name in names)


def texts(module: Module) -> list[str]:
    """The strings of a module that are no docstrings; of an f-string, its fixed parts joined by a blank."""
    described = {id(node.value) for node in ast.walk(module.tree) if isinstance(node, ast.Expr)}
    found = []
    for node in ast.walk(module.tree):
        match node:
            case ast.JoinedStr():
                found.append(
                    " ".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
                )
            case ast.Constant(value=str(text)) if id(node) not in described:
                found.append(text)
    return found


@pytest.mark.parametrize("door", DOORS)
def test_a_door_is_used_by_the_named_modules_alone(door: str) -> None:
    names, allowed = DOORS[door]
    assert {module.name for module in modules(PRODUCT) if mentions(module, names)} == set(allowed)


@pytest.mark.parametrize(
    "line",
    [
        "import requests",
        "from urllib import request",
        "aiohttp.ClientSession()",
        "from aiohttp import ClientSession",
        "from aiohttp.client import ClientSession",
        "from aiohttp.connector import TCPConnector",
    ],
)
def test_a_way_out_would_be_found(line: str) -> None:
    assert mentions(Module("x.py", line, ast.parse(line)), NETWORK)


def test_no_event_loop_connects_anywhere() -> None:
    connecting = {
        f"{module.name}: {node.attr}"
        for module in modules(PRODUCT)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in CONNECTING
    }
    assert connecting == set()


def test_only_the_way_out_asks_for_addresses() -> None:
    asking = {
        module.name
        for module in modules(PRODUCT)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in ADDRESSES
    }
    assert asking == ASKS_FOR_ADDRESSES


def test_settings_of_ours_are_named_in_the_configuration_alone() -> None:
    named = {module.name for module in modules(PRODUCT) for text in texts(module) if "SIDECAR_" in text}
    assert named == {"sidecar/config.py"}


def test_only_the_store_opens_a_database() -> None:
    opened = {module.name for module in modules(PRODUCT) if mentions(module, DATABASE)}
    assert {name for name in opened if not name.startswith(STORE)} == set(OPENS_A_DATABASE)


def test_only_the_store_names_tables() -> None:
    written = {module.name for module in modules(PRODUCT) if any(map(STATEMENT.search, texts(module)))}
    assert len(written) > 5
    assert {name for name in written if not name.startswith(STORE)} == set()


def test_every_named_door_exists() -> None:
    named = {name for _, allowed in DOORS.values() for name in allowed} | set(OPENS_A_DATABASE)
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []
