# noqa: INP001 - a script beside its package, run by path
"""Builds `sidecar/scrub/data/vocabulary.{bin,json}` out of package archives.

Job: read archives that the ordinary package clients downloaded, and write hashes with their provenance.
Must not: download anything itself, or write any text that it read.

    pip download --no-deps -d ARCHIVES transformers vllm torch onnxruntime huggingface_hub httpx ...
    pip download --no-deps --no-binary llama-cpp-python -d ARCHIVES llama-cpp-python
    apt-get download libc6 golang-1.19-src libpython3.11-stdlib ...
    python scripts/build_vocabulary.py ARCHIVES
"""

import argparse
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent))

from scrub_vocabulary import archives, entries, literals, seeds
from scrub_vocabulary.literals import Found

from sidecar.scrub.attested import BUCKETS, VOCABULARY_VERSION, Provenance, pack
from sidecar.scrub.catalogue import catalogue

DATA = Path(__file__).resolve().parents[1] / "sidecar" / "scrub" / "data"


class Harvest:
    """Everything that the archives gave, before it is cut into entries."""

    def __init__(self) -> None:
        self.keys: set[bytes] = set()
        self.names: Counter[str] = Counter()
        self.sources: dict[str, str] = {}

    def add(self, archive: Path) -> None:
        """Read one archive."""
        name, version = archives.release(archive)
        paths, texts, flags = [], set(), set()
        for entry in archives.entries(archive):
            paths.append(entry.path)
            found = _read(entry)
            texts |= found.texts
            flags |= found.flags
            self.names.update(found.names)
            self.keys.update(entries.names(found.classes))
            if name == "gguf":
                self.keys.update(entries.tensors(found.texts | literals.constants(entry.data)))
        self.keys.update(entries.texts(texts))
        self.keys.update(entries.flags(flags))
        self.keys.update(entries.paths(paths))
        self.sources[name] = version


def _read(entry: archives.Entry) -> Found:
    match entry.extension:
        case "py" | "pyi":
            return literals.from_python(entry.data)
        case "so":
            return literals.from_binary(entry.data)
        case _:
            return literals.from_c(entry.data, every_name=archives.is_runtime_core(entry.path))


def main() -> None:
    """Read the archives named on the command line and write both files."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "archives", type=Path, nargs="+", help="folders of wheels, source archives and Debian packages"
    )
    parser.add_argument("--out", type=Path, default=DATA)
    arguments = parser.parse_args()
    harvest = Harvest()
    for archive in sorted(file for folder in arguments.archives for file in folder.iterdir()):
        harvest.add(archive)
        sys.stderr.write(f"{archive.name}: {len(harvest.keys)} entries\n")
    harvest.keys.update(entries.names(entries.frequent(harvest.names)))
    harvest.keys.update(entries.texts(seeds.TEXTS))
    harvest.keys.update(entries.names(seeds.NAMES))
    harvest.keys.update(entries.files(seeds.FILES))
    harvest.keys.update(entries.texts(phrase for error in catalogue() for phrase in error.phrases()))
    packed = pack(harvest.keys)
    record = Provenance(
        version=VOCABULARY_VERSION,
        sha256=sha256(packed).hexdigest(),
        entries=len(harvest.keys),
        false_positive_rate=len(harvest.keys) / BUCKETS / (1 << 24),
        sources=dict(sorted(harvest.sources.items())),
    )
    (arguments.out / "vocabulary.bin").write_bytes(packed)
    (arguments.out / "vocabulary.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"
    )


if __name__ == "__main__":
    main()
