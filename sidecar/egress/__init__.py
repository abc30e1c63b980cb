"""The one door out: a letter leaves through here or not at all.

Job: carry one letter to one server over a connection of its own, and bring back the answer or a reason.
Must not: decide whether, when or how often something is sent, read a setting, or keep anything open.

    letter ..... what goes out and what comes back
    names ...... asks the system for the addresses of a name
    way ........ the one connection of a letter, checked at the moment it is opened
    door ....... sends

A machine that shares nothing never calls `send`, and nothing but `send` opens a socket.
"""

from sidecar.egress.door import send
from sidecar.egress.letter import Answer, Failure, Letter, Patience, Why

__all__ = ["Answer", "Failure", "Letter", "Patience", "Why", "send"]
