"""The configuration: flag > `SIDECAR_*` environment > `config.toml` > default.

Job: the only reader of the environment and of `config.toml`; gives one frozen `Settings`.
Must not: create anything on the disk, or hold what can change while the daemon runs.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
import platformdirs
from msgspec import Meta, Struct

from sidecar.errors import ConfigError

APP: Final = "feedback-sidecar"
DEFAULT_PORT: Final = 8917
MIB: Final = 1024 * 1024
PREFIX: Final = "SIDECAR_"

Port = Annotated[int, Meta(ge=0, le=65_535)]


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


class Settings(Struct, frozen=True, kw_only=True):
    """Everything that was decided before the daemon or a command starts.

    Attributes:
        data_dir: where records live.
        runtime_dir: where the discovery file lives; gone after a log-out where the system has such a place.
        port: the wanted port; `port_given` tells whether somebody insisted on it.
        socket: path of the Unix socket, if one is wanted.
        url: where a client was told to find the daemon, if it was.
        token: the manage token, for a client that cannot read the data directory.
        hardware_bucket: the user's override, if any.
        rate_limited: whether records over the rate are refused.
        product_folders: where product files are looked for.
        notify_socket, watchdog_usec, watchdog_pid, listen: what a service manager handed over.
    """

    data_dir: Path
    runtime_dir: Path
    port: int = DEFAULT_PORT
    port_given: bool = False
    socket: Path | None = None
    url: str | None = None
    token: str | None = None
    hardware_bucket: str | None = None
    retention_days: int = 400
    quota_bytes: int = 512 * MIB
    log_max_bytes: int = 8 * MIB
    log_level: str = "info"
    rate_limited: bool = True
    product_folders: tuple[Path, ...] = ()
    config_file: Path | None = None
    notify_socket: str | None = None
    watchdog_usec: str | None = None
    watchdog_pid: str | None = None
    listen: dict[str, str] = {}


def load(flags: Mapping[str, object] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings that hold for this process.

    Args:
        flags: `data_dir`, `port`, `socket`, `url`, `config` from the command line; None where not given.
        environ: the environment; the process's own when left out.

    Raises:
        ConfigError: a file or a value that cannot be used.
    """
    environ = os.environ if environ is None else environ
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    config_file = _config_file(given, environ)
    merged = _from_file(config_file) | _from_environment(environ) | given
    merged.pop("config", None)
    try:
        file = msgspec.convert(merged, File, strict=False)
    except msgspec.ValidationError as fault:
        raise ConfigError(f"the configuration cannot be used: {fault}") from fault
    return _settle(file, environ, config_file, port_given="port" in given)


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
        hardware_bucket=file.hardware_bucket,
        retention_days=file.retention_days,
        quota_bytes=file.quota_mib * MIB,
        log_max_bytes=file.log_max_mib * MIB,
        log_level=file.log_level,
        rate_limited=file.rate_limit == "on",
        product_folders=(config_file.parent / "products.d", data_dir / "products.d"),
        config_file=config_file if config_file.is_file() else None,
        notify_socket=environ.get("NOTIFY_SOCKET"),
        watchdog_usec=environ.get("WATCHDOG_USEC"),
        watchdog_pid=environ.get("WATCHDOG_PID"),
        listen={name: value for name, value in environ.items() if name.startswith("LISTEN_")},
    )
