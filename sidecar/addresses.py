"""Where a letter may go: which URLs make sense, and which addresses of the network are allowed.

Job: judge a URL in words, and one address for one letter.
Must not: look a name up, or repeat a URL in what it says.

An address is public when it is one that the internet routes to one machine. Of IPv6 that is 2000::/3 alone:
a list of what is forbidden would always lack the next range. An IPv4 address inside an IPv6 one (mapped,
NAT64, 6to4) counts as what it is.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias
from urllib.parse import SplitResult, urlsplit

Address: TypeAlias = IPv4Address | IPv6Address

MAX_URL: Final = 2_000  # characters; the longest host has 253
MAX_HOST: Final = 253  # RFC 1035, 2.3.4, as text
WRITTEN: Final = re.compile(r"[\x21-\x7e]+", re.ASCII)  # `urlsplit` drops tabs and line ends without a word
PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?", re.ASCII)  # nothing that anybody would quote anew
DOTS: Final = re.compile(r"/\.{1,2}(?:/|$)")
NAME: Final = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII
)
"""A host name. Its last label begins with a letter: `127.1` and `2130706433` are addresses in disguise."""

LOCAL_NAME: Final = "localhost"
PRIVATE_NAMES: Final = ("localhost", "local", "internal", "home.arpa")
"""RFC 6761, RFC 6762, ICANN's resolution of 2024-07-29, RFC 8375: never names of the internet."""

GLOBAL: Final = IPv6Network("2000::/3")  # all that IANA gives out for one machine each
NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052: how a network without IPv4 writes an IPv4 address
PRIVATE: Final = tuple(
    IPv4Network(each)
    for each in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)
"""What the owner may configure. Not 169.254.0.0/16: there the clouds tell a machine its secrets."""
PRIVATE_6: Final = (IPv6Network("::1/128"), IPv6Network("fc00::/7"))


def fault_of_url(url: str) -> str | None:
    """What to change of a URL that a letter cannot be sent to; None for a good one."""
    if len(url) > MAX_URL or WRITTEN.fullmatch(url) is None or "\\" in url:
        return f"write it in plain ASCII without blanks, {MAX_URL} characters at most"
    if "?" in url or "#" in url:  # `urlsplit` forgets an empty query
        return "leave out what follows ? or #"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # brackets that hold no address, a port that is no number
        return "write it as https://host/path or https://host:port/path"
    return _fault_of_parts(parts, port) or _fault_of_host(parts.hostname or "", parts.scheme)


def is_private(url: str) -> bool:
    """Whether the host of a URL is written as one of this machine or its network."""
    host = urlsplit(url).hostname or ""
    address = _literal(host)
    if address is not None:
        return _is_near(address)
    return "." not in host or host.endswith(tuple(f".{name}" for name in PRIVATE_NAMES))


def is_this_machine(host: str) -> bool:
    """Whether a host, as it is written, can only be this machine."""
    address = _literal(host)
    if address is not None:
        return address.is_loopback
    return host == LOCAL_NAME or host.endswith(f".{LOCAL_NAME}")


def may_connect(address: Address, *, private: bool, clear: bool) -> bool:
    """Whether a letter may be carried to an address.

    Args:
        address: the very one that the socket is about to be connected to.
        private: whether the owner configured a host of this machine or its network.
        clear: whether it goes without TLS, which only this machine may see.
    """
    address = _inner(address)
    if clear:
        return private and address.is_loopback
    return _is_public(address) or (private and _is_near(address))


def _is_public(address: Address) -> bool:
    """Whether the internet routes an address to one machine."""
    if isinstance(address, IPv6Address) and address not in GLOBAL:
        return False
    return address.is_global and not address.is_multicast


def _fault_of_parts(parts: SplitResult, port: int | None) -> str | None:
    if parts.scheme not in {"https", "http"}:
        return "begin it with https://"
    if "@" in parts.netloc:
        return "leave the user name and the password out"
    if "[" in parts.netloc and ":" not in (parts.hostname or ""):
        return "write an IPv6 address into the brackets"
    if port == 0 or parts.netloc.endswith(":"):
        return "name a port from 1 to 65535, or none"
    if PATH.fullmatch(parts.path) is None or DOTS.search(parts.path) is not None:
        return "let its path hold letters, digits, '-', '_', '~' and single dots and slashes alone"
    return None


def _fault_of_host(host: str, scheme: str) -> str | None:
    address = _literal(host)
    if address is None:
        if len(host) > MAX_HOST or NAME.fullmatch(host) is None:
            return "name a host, as in example.org, or an address in its usual form"
    elif not (_is_public(address) or _is_near(address)):
        return "name the address of a machine: public, private or loopback"
    if scheme == "http" and not is_this_machine(host):
        return "begin it with https://; only this machine itself may be spoken to without"
    return None


def _literal(host: str) -> Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return None if "%" in host else _inner(address)  # an interface is no part of a configured address


def _inner(address: Address) -> Address:
    """The IPv4 address that is written inside an IPv6 one; else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or address


def _is_near(address: Address) -> bool:
    """Whether an address is one of this machine or its network."""
    return any(address in network for network in (PRIVATE if address.version == 4 else PRIVATE_6))  # noqa: PLR2004  # IPv4
