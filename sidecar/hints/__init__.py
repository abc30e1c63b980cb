"""Hints whether now is a good moment to send: from what the system knows already, never from a probe.

Job: say whether there is a way out, what it costs, how full the battery is, and when a link came up.
Must not: send a packet, open anything before `start`, or decide what a hint is worth; the policy does.

    hint ....... the values, and what counts as an edge (pure)
    netlink .... the messages of the kernel's routing socket (pure)
    kernel ..... Linux: asks that socket, and listens to it
    interfaces . everywhere else: the addresses of the interfaces, once a minute
    power ...... the battery, and what NetworkManager says of the connection
    watch ....... puts them together
"""

from sidecar.hints.hint import Hints, Watcher
from sidecar.hints.watch import watcher

__all__ = ["Hints", "Watcher", "watcher"]
