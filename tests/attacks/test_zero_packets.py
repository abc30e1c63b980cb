"""Silence: through a whole life, with every route and every job, the daemon sends nothing to anybody.

strace watches each network call of the daemon and of all that it starts. In a network of its own with a way
out, not one packet is counted on that way.
"""

import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.support import needs
from tests.support.life import live

if sys.platform != "linux":
    pytest.skip("strace and network namespaces are Linux's", allow_module_level=True)

ROOT: Final = Path(__file__).resolve().parents[2]
LOOPBACK: Final = re.compile(
    r'sin_addr=inet_addr\("127\.\d+\.\d+\.\d+"\)|inet_pton\(AF_INET6, "::1", &sin6_addr\)'
)
ADDRESSED: Final = re.compile(r"\bsa_family=AF_INET6?\b")
FAMILY: Final = re.compile(r"\bsocket(?:pair)?\((AF_\w+|PF_\w+|0x\w+|\d+)")
OWNERS: Final = re.compile(r"NETLINK_(?:SOCK|INET)_DIAG|, 4\)")
"""The one protocol of netlink that says whose a socket is, under all its names."""
UNIX_TARGET: Final = re.compile(r'sa_family=AF_UNIX, sun_path=(@?"[^"]*")')
KNOWN_UNIX: Final = {
    '"/var/run/nscd/socket"': "the C library asks for a cache of names of users",
    '"/run/systemd/userdb/io.systemd.Multiplexer"': "the C library asks systemd for names of users",
}


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The network calls of one life, as strace writes them."""
    needs.need_program("strace")
    folder = tmp_path_factory.mktemp("silent")
    record, notify = folder / "record", folder / "notify"
    watching = (
        "strace",
        "-f",
        "-qq",
        "-e",
        "trace=network",
        "-e",
        "signal=none",
        "-s",
        "512",
        "-o",
        str(record),
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, pytest.MonkeyPatch.context() as context:
        manager.bind(str(notify))
        context.setenv("NOTIFY_SOCKET", str(notify))
        context.setenv("WATCHDOG_USEC", "1000000")
        live(folder / "data", watching)
        assert manager.recv(4096).startswith(b"READY=1")
    text = record.read_text(encoding="utf-8", errors="replace")
    return text.replace(str(folder), "").splitlines()


def of(calls: list[str], *names: str) -> list[str]:
    """The calls of these names, with what they came to."""
    begun = re.compile(rf"^\d+ +(?:<\.\.\. )?(?:{'|'.join(names)})[ (]")
    return [call for call in calls if begun.match(call)]


def test_the_life_was_seen(calls: list[str]) -> None:
    """A record without the daemon's own socket would prove nothing."""
    assert len(of(calls, "listen")) >= 2
    assert len(of(calls, "accept", "accept4")) > 10


def test_only_streams_are_opened_and_no_way_to_names_or_routes(calls: list[str]) -> None:
    """No datagram of the internet, so no DNS; no packet, no raw socket, of netlink only who owns a socket."""
    families = {found[1] for call in calls if (found := FAMILY.search(call))}
    assert families <= {"AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"}
    netlink = [call for call in of(calls, "socket") if "AF_NETLINK" in call]
    assert [call for call in netlink if not OWNERS.search(call)] == []
    internet = [call for call in of(calls, "socket") if "AF_INET" in call]
    assert internet
    assert [call for call in internet if "SOCK_STREAM" not in call] == []


def test_only_loopback_is_bound(calls: list[str]) -> None:
    bound = [call for call in of(calls, "bind") if ADDRESSED.search(call)]
    assert bound
    assert [call for call in bound if not LOOPBACK.search(call)] == []


def test_nothing_connects_and_nothing_is_addressed(calls: list[str]) -> None:
    """Answers go back along the connections that callers opened, from loopback alone."""
    assert [call for call in of(calls, "connect") if ADDRESSED.search(call)] == []
    sending = of(calls, "sendto", "sendmsg", "sendmmsg")
    assert [call for call in sending if ADDRESSED.search(call)] == []
    callers = [call for call in of(calls, "accept", "accept4") if ADDRESSED.search(call)]
    assert callers
    assert [call for call in callers if not LOOPBACK.search(call)] == []


def test_the_service_manager_is_the_only_other_program_spoken_to(calls: list[str]) -> None:
    speaking = of(calls, "connect", "sendto", "sendmsg")
    targets = {found[1] for call in speaking if (found := UNIX_TARGET.search(call))}
    assert targets - set(KNOWN_UNIX) == {'"/notify"'}


NETWORK: Final = """
set -e
ip link set lo up
ip link add way-out type veth peer name far
echo 1 > /proc/sys/net/ipv6/conf/way-out/disable_ipv6
echo 1 > /proc/sys/net/ipv6/conf/far/disable_ipv6
ip link set far up
ip address add 192.0.2.2/24 dev way-out
ip link set way-out up
ip route add default via 192.0.2.1
ip neighbour add 192.0.2.1 lladdr 02:00:00:00:00:01 dev way-out
"$1" -m tests.support.life "$2" >&2
grep way-out /proc/net/dev
"$1" -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("198.51.100.1", 53))'
grep way-out /proc/net/dev
"""
"""A life in a network with a way out, then one packet that takes it; what was counted after each."""
SENT: Final = 10
"""The column of /proc/net/dev that counts packets sent, the name being the first."""


def test_not_one_packet_leaves_the_machine(tmp_path: Path) -> None:
    needs.need_root()
    needs.need_program("ip")
    needs.need_program("unshare")
    command = ["unshare", "--net", "sh", "-c", NETWORK, "sh", sys.executable, str(tmp_path / "data")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if "Operation not permitted" in ended.stderr:
        needs.skip("this machine makes no network of its own")
    assert ended.returncode == 0, ended.stderr
    after_life, after_a_packet = (int(line.split()[SENT]) for line in ended.stdout.splitlines())
    assert (after_life, after_a_packet) == (0, 1)
