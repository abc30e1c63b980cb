"""The vocabulary's builder: error texts and names of an archive become members, other text does not."""

import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import msgspec
import pytest

from sidecar.scrub.attested import FILE, FRAGMENT, IDENTIFIER, MODULE, PHRASE, Provenance, Vocabulary

ROOT = Path(__file__).resolve().parents[2]
PYTHON = '''
"""A docstring that tells a story about quite another thing."""
PROMPT = "please write a poem about the quiet sea"
class FrobnicationError(ValueError): ...
def load_frobs(frob_count):
    raise FrobnicationError(f"cannot frobnicate {frob_count} widgets before the spindle turns")
def check(parser):
    parser.add_argument("--frob-every-widget")
    logger.error("widget buffer too small")
'''
C = """
void frob2_run(void) {
  fprintf(stderr, "%s: spindle of size %zu "
                  "does not turn around its axis\\n", __func__, n);
}
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the vocabulary of one made-up wheel and one made-up source archive."""
    home = tmp_path_factory.mktemp("builder")
    archives, out = home / "archives", home / "out"
    archives.mkdir()
    out.mkdir()
    with zipfile.ZipFile(archives / "frob-1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr("frob/frobs.py", PYTHON)
        wheel.writestr("frob/tests/test_frobs.py", "raise ValueError('only a test says this sentence')")
    with tarfile.open(archives / "spindle_c-3.4.tar.gz", "w:gz") as tar:
        entry = tarfile.TarInfo("spindle/vendor/llama.cpp/src/frob2.c")
        entry.size = len(C)
        tar.addfile(entry, io.BytesIO(C.encode()))
    command = [
        sys.executable,
        str(ROOT / "scripts" / "build_vocabulary.py"),
        str(archives),
        "--out",
        str(out),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return out


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (FRAGMENT, "before the spindle turns"),
        (FRAGMENT, "widget buffer too small"),
        (FRAGMENT, "does not turn around"),
        (PHRASE, "cannot frobnicate"),
        (IDENTIFIER, "frobnicationerror"),
        (IDENTIFIER, "--frob-every-widget"),
        (MODULE, "frob.frobs"),
        (FILE, "frobs.py"),
        (FILE, "frob2.c"),
    ],
)
def test_what_a_runtime_says_is_a_member(built: Path, kind: str, text: str) -> None:
    assert Vocabulary((built / "vocabulary.bin").read_bytes()).has(kind, text)


@pytest.mark.parametrize(
    "text",
    [
        "a poem about the",
        "tells a story about",
        "quite another thing",
        "only a test says",
        "test says this sentence",
    ],
)
def test_other_text_is_no_member(built: Path, text: str) -> None:
    assert not Vocabulary((built / "vocabulary.bin").read_bytes()).has(FRAGMENT, text)


def test_record_names_each_archive_with_its_version(built: Path) -> None:
    record = msgspec.json.decode((built / "vocabulary.json").read_bytes(), type=Provenance)
    assert record.sources == {"frob": "1.2", "spindle-c": "3.4"}
