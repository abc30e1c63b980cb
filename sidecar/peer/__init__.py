"""Who stands at the other end of a connection: which user of this machine.

Job: tell another user's connection from our own, once for each connection and without holding up the loop.
Must not: open a connection, or refuse anything; the gate does that.

    Unix socket ... the system says it (SO_PEERCRED, LOCAL_PEERCRED)
    Linux, TCP .... the owner of the peer's own socket: asked for (`diagnosis`), or read in a table (`table`)
    elsewhere ..... it cannot be told, and the connection is let in

Ours are our own user and root, who could read and write everything anyway. In a user namespace, as the
systemd unit makes one, root looks like every other user that has no place in it, and is refused like one.
"""

from sidecar.peer.system import Peer, Peers

__all__ = ["Peer", "Peers"]
