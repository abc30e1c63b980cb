"""Package archives: the files inside wheels, source archives and Debian packages.

Job: give each file's path and bytes, and the name and version that the archive itself states.
Must not: unpack to disk or look at what is not a source, a binary or a package's own record.
"""

import io
import lzma
import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SOURCES = frozenset(
    ["py", "pyi", "c", "cc", "cpp", "cu", "cuh", "h", "hpp", "m", "mm", "metal", "go", "comp", "cl"]
)
_BINARY = re.compile(r"\.(?:so(?:\.[\d.]+)?|dylib|pyd|dll)$|(?:^|/)bin/[^/]+$")
_SKIPPED = re.compile(
    r"(?:^|/)(?:tests?|testing|testdata|examples?|benchmarks?|docs?|third_party|3rdparty|tools/ui)(?:/|$)|_test\.(?:go|py)$|"
    r"(?:^|/)test_|/libtriton|/libcupti|/libnvperf|/libproton|_fa[23]_C|^flashinfer/.*\.(?:h|cu|cuh|hpp)$|^triton/.*\.(?:h|hpp)$",
)
_RUNTIME_CORE = re.compile(r"vendor/llama\.cpp/(?:ggml/(?:src|include)|src|include|common|tools)/")
MAX_BINARY = 500 << 20


class Entry(NamedTuple):
    """One file of an archive."""

    path: str
    data: bytes

    @property
    def extension(self) -> str:
        """Without the dot; `so` for every shared object."""
        return "so" if _BINARY.search(self.path) else self.path.rpartition(".")[2]


def release(archive: Path) -> tuple[str, str]:
    """Name and version as the file name of a wheel, source archive or Debian package states them."""
    stem = re.sub(r"\.tar\.gz$|\.whl$|\.deb$", "", archive.name)
    name, version = (
        stem.split("_")
        if archive.suffix == ".deb"
        else stem.rsplit("-", 1)
        if archive.suffix == ".gz"
        else stem.split("-")
    )[:2]
    return name.replace("_", "-"), version


def is_runtime_core(path: str) -> bool:
    """Whether a C source belongs to a runtime whose messages name its own functions."""
    return _RUNTIME_CORE.search(path) is not None


def entries(archive: Path) -> Iterator[Entry]:
    """The sources and shared objects of an archive, tests and examples left out."""
    if archive.suffix == ".whl":
        yield from _zip(archive)
    elif archive.suffix == ".deb":
        yield from _tar(io.BytesIO(_deb_data(archive.read_bytes())))
    else:
        yield from _tar(io.BytesIO(archive.read_bytes()))


def _wanted(path: str, size: int) -> bool:
    readable = path.rpartition(".")[2] in SOURCES or _BINARY.search(path) is not None
    return readable and size <= MAX_BINARY and _SKIPPED.search(path) is None


def _zip(archive: Path) -> Iterator[Entry]:
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            if _wanted(info.filename, info.file_size):
                yield Entry(info.filename, opened.read(info))


def _tar(stream: io.BytesIO) -> Iterator[Entry]:
    with tarfile.open(fileobj=stream, mode="r:*") as opened:
        for member in opened:
            if member.isfile() and _wanted(member.name, member.size):
                file = opened.extractfile(member)
                if file is not None:
                    yield Entry(member.name, file.read())


def _deb_data(archive: bytes) -> bytes:
    """The payload of a Debian package: an `ar` archive whose last member is `data.tar.*`."""
    at = 8
    while at < len(archive):
        name = archive[at : at + 16].rstrip().rstrip(b"/")
        size = int(archive[at + 48 : at + 58])
        if name.startswith(b"data.tar"):
            payload = archive[at + 60 : at + 60 + size]
            return lzma.decompress(payload) if name.endswith(b".xz") else payload
        at += 60 + size + size % 2
    raise ValueError("no data member")
