"""The configuration: flag > `SIDECAR_*` environment > `config.toml` > default.

Job: the only reader of the environment and of `config.toml`; gives one frozen `Settings`.
Must not: create anything on the disk, or hold what can change while the daemon runs.
"""

import os
import sys
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
import platformdirs
from msgspec import Meta, Struct

from sidecar.destinations import Destination
from sidecar.errors import ConfigError

APP: Final = "feedback-sidecar"
DEFAULT_PORT: Final = 8917
MIB: Final = 1024 * 1024
PREFIX: Final = "SIDECAR_"
LISTEN: Final = "listen"  # the tables of config.toml that are no setting of one value
DESTINATIONS: Final = "destinations"
ADMINISTRATOR: Final = Path("/etc") / APP / "policy.toml"
"""Where an administrator forbids every packet for all users: `egress = "never"`."""

Port = Annotated[int, Meta(ge=0, le=65_535)]
ListenerName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]  # a part of a file name too
Host = Annotated[str, Meta(pattern=r"^(\[[0-9a-f:]{2,39}\]|[a-z0-9._-]{1,253})(:[1-9][0-9]{0,4})?$")]
HTTP_PORT: Final = 80  # a client leaves it out of Host


class Listener(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A `[[listen]]` table: a place where others may submit, and nothing else.

    Attributes:
        name: of the listener; its submit token is kept under it.
        address: the one address it binds; a wildcard only where the user wrote one.
        hosts: the Host values it answers to; one without a port gets the listener's.
    """

    name: ListenerName
    address: str
    port: Annotated[int, Meta(ge=1, le=65_535)]
    hosts: Annotated[tuple[Host, ...], Meta(min_length=1, max_length=32)]

    def __post_init__(self) -> None:
        if "%" in self.address:
            raise ValueError("`address` is an IP address without an interface")
        try:
            ip_address(self.address)
        except ValueError:
            raise ValueError("`address` is an IP address of this machine, not a name") from None

    @property
    def is_open_to_all(self) -> bool:
        """Whether it is bound to every address of this machine."""
        return ip_address(self.address).is_unspecified

    @property
    def place(self) -> str:
        """`172.17.0.1:8918`, as people write it."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    @property
    def host_values(self) -> frozenset[str]:
        """What a Host header may say, exactly."""
        found = {host if _has_port(host) else f"{host}:{self.port}" for host in self.hosts}
        return frozenset(found.union(self.hosts if self.port == HTTP_PORT else ()))


class File(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What `config.toml` may say, and by the same names in capitals the environment."""

    data_dir: str | None = None
    port: Port | None = None
    socket: str | None = None
    url: str | None = None
    hardware_bucket: str | None = None
    retention_days: Annotated[int, Meta(ge=7, le=36_500)] = 400
    quota_mib: Annotated[int, Meta(ge=8, le=1_000_000)] = 512
    log_max_mib: Annotated[int, Meta(ge=1, le=1_000)] = 8
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    rate_limit: Literal["on", "off"] = "on"
    egress: Literal["consent", "never"] = "consent"


class Settings(Struct, frozen=True, kw_only=True):
    """Everything that was decided before the daemon or a command starts.

    Attributes:
        data_dir: where records live.
        runtime_dir: where the discovery file lives; gone after a log-out where the system has such a place.
        port: the wanted port; `port_given` tells whether somebody insisted on it.
        socket: path of the Unix socket, if one is wanted.
        url: where a client was told to find the daemon, if it was.
        token: the manage token, for a client that cannot read the data directory.
        submit_token: what a client shows the listener at `url`.
        listeners: where others may submit.
        hardware_bucket: the user's override, if any.
        rate_limited: whether records over the rate are refused.
        product_folders: where product files are looked for.
        destinations: who may ask for counts; each only proposes.
        switches: names of the switches that forbid every packet, whatever was granted.
        desktop: whether somebody sits before a screen on which a browser could open.
        notify_socket, watchdog_usec, watchdog_pid, listen: what a service manager handed over.
    """

    data_dir: Path
    runtime_dir: Path
    port: int = DEFAULT_PORT
    port_given: bool = False
    socket: Path | None = None
    url: str | None = None
    token: str | None = None
    submit_token: str | None = None
    listeners: tuple[Listener, ...] = ()
    hardware_bucket: str | None = None
    retention_days: int = 400
    quota_bytes: int = 512 * MIB
    log_max_bytes: int = 8 * MIB
    log_level: str = "info"
    rate_limited: bool = True
    product_folders: tuple[Path, ...] = ()
    destinations: tuple[Destination, ...] = ()
    switches: tuple[str, ...] = ()
    desktop: bool = False
    config_file: Path | None = None
    notify_socket: str | None = None
    watchdog_usec: str | None = None
    watchdog_pid: str | None = None
    listen: dict[str, str] = {}


def load(
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    administrator: Path = ADMINISTRATOR,
) -> Settings:
    """The settings that hold for this process.

    Args:
        flags: `data_dir`, `port`, `socket`, `url`, `config` from the command line; None where not given.
        environ: the environment; the process's own when left out.
        administrator: the file of the machine's administrator.

    Raises:
        ConfigError: a file or a value that cannot be used.
    """
    environ = os.environ if environ is None else environ
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    config_file = _config_file(given, environ)
    written = _from_file(config_file)
    tables, proposed = written.pop(LISTEN, []), written.pop(DESTINATIONS, [])
    merged = written | _from_environment(environ) | given
    merged.pop("config", None)
    try:
        file = msgspec.convert(merged, File, strict=False)
        listeners = msgspec.convert(tables, tuple[Listener, ...])
        destinations = msgspec.convert(proposed, tuple[Destination, ...])
    except msgspec.ValidationError as fault:
        raise ConfigError(f"the configuration cannot be used: {fault}") from fault
    _refuse_twins(listeners)
    if len({each.name for each in destinations}) < len(destinations):
        raise ConfigError("the configuration cannot be used: two [[destinations]] tables have the same name")
    settings = _settle(file, environ, config_file, port_given="port" in given)
    return msgspec.structs.replace(
        settings,
        listeners=listeners,
        destinations=destinations,
        switches=_switches(file, environ, administrator),
    )


def _switches(file: File, environ: Mapping[str, str], administrator: Path) -> tuple[str, ...]:
    """What forbids every packet: https://consoledonottrack.com, a build machine, the user, an administrator.

    A file of the administrator that cannot be read forbids: it was put there to forbid something.
    """
    found = []
    if environ.get("DO_NOT_TRACK", "0") not in {"", "0"}:
        found.append("DO_NOT_TRACK")
    if environ.get("CI", "").lower() not in {"", "0", "false"}:
        found.append("CI")
    if file.egress == "never":
        found.append('egress = "never"')
    try:
        written: dict[str, Any] = msgspec.toml.decode(administrator.read_bytes())
        forbids = written.get("egress", "consent") != "consent"
    except (FileNotFoundError, NotADirectoryError):
        forbids = False
    except (OSError, UnicodeDecodeError, RecursionError, msgspec.DecodeError, AttributeError):
        forbids = True
    return (*found, str(administrator)) if forbids else tuple(found)


def _refuse_twins(listeners: tuple[Listener, ...]) -> None:
    """Each has a name and a place of its own."""
    named = {"name": {each.name for each in listeners}, "place": {each.place for each in listeners}}
    for what, found in named.items():
        if len(found) < len(listeners):
            raise ConfigError(f"the configuration cannot be used: two [[listen]] tables have the same {what}")


def _has_port(host: str) -> bool:
    return not host.endswith("]") and ":" in host


def _config_file(given: Mapping[str, object], environ: Mapping[str, str]) -> Path:
    named = given.get("config") or environ.get(f"{PREFIX}CONFIG")
    if named is None:
        return platformdirs.user_config_path(APP, appauthor=False) / "config.toml"
    path = Path(str(named)).expanduser()
    if not path.is_file():
        raise ConfigError("the configuration file that was named does not exist")
    return path


def _from_file(path: Path) -> dict[str, Any]:
    try:
        found = msgspec.toml.decode(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, RecursionError, msgspec.DecodeError) as fault:
        raise ConfigError(f"{path.name} cannot be read: {fault}") from fault
    return dict(found)


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    names = {f"{PREFIX}{name.upper()}": name for name in File.__struct_fields__}
    return {name: environ[variable] for variable, name in names.items() if environ.get(variable)}


def _settle(file: File, environ: Mapping[str, str], config_file: Path, *, port_given: bool) -> Settings:
    default_data = platformdirs.user_data_path(APP, appauthor=False)
    data_dir = Path(file.data_dir).expanduser().absolute() if file.data_dir else default_data
    runtime = environ.get("XDG_RUNTIME_DIR")
    # A data directory of one's own has its own discovery file, so that two of them never meet.
    shared_runtime = data_dir == default_data and runtime and Path(runtime).is_dir()
    return Settings(
        data_dir=data_dir,
        runtime_dir=Path(runtime) / APP if shared_runtime and runtime else data_dir / "run",
        port=DEFAULT_PORT if file.port is None else file.port,
        port_given=port_given,
        socket=Path(file.socket).expanduser().absolute() if file.socket else None,
        url=file.url,
        token=environ.get(f"{PREFIX}TOKEN") or None,
        submit_token=environ.get(f"{PREFIX}SUBMIT_TOKEN") or None,
        hardware_bucket=file.hardware_bucket,
        retention_days=file.retention_days,
        quota_bytes=file.quota_mib * MIB,
        log_max_bytes=file.log_max_mib * MIB,
        log_level=file.log_level,
        rate_limited=file.rate_limit == "on",
        product_folders=(config_file.parent / "products.d", data_dir / "products.d"),
        desktop=sys.platform in {"darwin", "win32"}
        or bool(environ.get("WAYLAND_DISPLAY") or environ.get("DISPLAY")),
        config_file=config_file if config_file.is_file() else None,
        notify_socket=environ.get("NOTIFY_SOCKET"),
        watchdog_usec=environ.get("WATCHDOG_USEC"),
        watchdog_pid=environ.get("WATCHDOG_PID"),
        listen={name: value for name, value in environ.items() if name.startswith("LISTEN_")},
    )
