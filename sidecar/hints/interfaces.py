"""Every system: a way out is an interface that runs and has an address of more than this machine.

Job: list such interfaces, as psutil tells.
Must not: be asked often; it takes a millisecond or two.
"""

from collections.abc import Callable
from importlib import import_module
from ipaddress import ip_address

from sidecar.hints.hint import Ways


class Interfaces:
    """The interfaces; nobody tells when one changes, so they have to be looked at."""

    def open(self, changed: Callable[[], None]) -> None:
        """Nothing to listen to."""

    def close(self) -> None:
        """Nothing is open."""

    def ways(self) -> Ways | None:
        """The interfaces that lead out; None when nothing can be learnt."""
        psutil = import_module("psutil")  # here and now: it costs some 10 ms and 0.6 MiB
        try:
            running = {name for name, stats in psutil.net_if_stats().items() if stats.isup}
            return frozenset(
                name
                for name, addresses in psutil.net_if_addrs().items()
                if name in running and any(leads_out(each.address) for each in addresses)
            )
        except (OSError, psutil.Error):
            return None

    def broken(self, ways: Ways) -> Ways:  # noqa: ARG002  # as the kernel's
        """Nobody tells."""
        return frozenset()


def leads_out(written: str) -> bool:
    """Whether an address reaches past this machine and its cable; psutil lists those of the hardware too."""
    try:
        address = ip_address(written.partition("%")[0])
    except ValueError:
        return False
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)
