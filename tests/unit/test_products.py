"""Product files: read strictly, counted for their own product, read again when they change."""

import os
from pathlib import Path

import pytest

from sidecar.errors import ConfigError
from sidecar.products import MAX_FILE_BYTES, NO_PRODUCT, Products, read_product

WHOLE = """
product_id = "example-chat"
models = ["example-7b-tuned"]
tasks = ["x_ticket_triage"]
error_codes = ["x_bad_ticket"]
variants = ["prompt-v2"]
"""


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


def listed(name: str, words: list[str]) -> str:
    """A product file with one list."""
    return f"{name} = {words!r}"


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    product = read_product(write(tmp_path, "any.toml", WHOLE))
    assert product.product_id == "example-chat"
    assert product.models == ("example-7b-tuned",)
    assert product.tasks == ("x_ticket_triage",)
    assert product.error_codes == ("x_bad_ticket",)
    assert product.variants == ("prompt-v2",)


def test_the_files_name_stands_in_for_a_missing_id(tmp_path: Path) -> None:
    assert read_product(write(tmp_path, "example-chat.toml", "")).product_id == "example-chat"


@pytest.mark.parametrize(
    ("name", "word", "most"),
    [("models", "m{}", 64), ("tasks", "x_t{}", 32), ("error_codes", "x_e{}", 64), ("variants", "v{}", 8)],
)
def test_a_list_has_its_bound(tmp_path: Path, name: str, word: str, most: int) -> None:
    words = [word.format(number) for number in range(most + 1)]
    path = write(tmp_path, "p.toml", listed(name, words[:most]))
    assert len(getattr(read_product(path), name)) == most
    path = write(tmp_path, "p.toml", listed(name, words))
    with pytest.raises(ConfigError, match=rf"p\.toml.*{name}"):
        read_product(path)


@pytest.mark.parametrize(
    "text",
    [
        'tasks = ["triage"]',
        'tasks = ["x_"]',
        'tasks = ["x_Triage"]',
        'tasks = ["x_triage\\n"]',
        'tasks = ["x_' + "a" * 63 + '"]',
        "tasks = [1]",
        'tasks = "x_triage"',
        'error_codes = ["bad"]',
        'models = [""]',
        'models = ["/srv/m.gguf"]',
        'models = ["m\\n"]',
        'variants = ["a b"]',
        'product_id = "a b"',
        'product_id = "a\\n"',
        "product_id = 1",
        'stars = ["x"]',
        'task = ["x_triage"]',
        "tasks = [",
        "\x00",
    ],
)
def test_a_file_that_declares_what_it_must_not_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"p\.toml"):
        read_product(write(tmp_path, "p.toml", text))


def test_a_file_that_is_too_large_or_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="larger than 64 KiB"):
        read_product(write(tmp_path, "p.toml", "#" * (MAX_FILE_BYTES + 1)))
    with pytest.raises(ConfigError, match="cannot be read"):
        read_product(tmp_path / "absent.toml")
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        read_product(tmp_path / "folder.toml")


def test_a_word_counts_for_its_own_product_alone(tmp_path: Path) -> None:
    write(tmp_path, "example-chat.toml", 'tasks = ["x_triage"]')
    products = Products((tmp_path,))
    assert products.declares("example-chat", "tasks", "x_triage")
    assert not products.declares("example-chat", "tasks", "x_other")
    assert not products.declares("example-chat", "error_codes", "x_triage")
    assert not products.declares("other", "tasks", "x_triage")
    assert not products.declares(None, "tasks", "x_triage")
    assert products.of("other") is products.of(None) is NO_PRODUCT


def test_no_folder_declares_nothing(tmp_path: Path) -> None:
    products = Products((tmp_path / "absent",))
    assert products.all_declared("tasks") == []
    assert products.faults == []
    assert not products.declares("p", "tasks", "x_triage")


def test_a_file_that_comes_changes_and_goes_is_noticed(tmp_path: Path) -> None:
    products = Products((tmp_path,))
    assert not products.declares("p", "tasks", "x_one")
    path = write(tmp_path, "p.toml", 'tasks = ["x_one"]')
    assert products.declares("p", "tasks", "x_one")
    path.write_text('tasks = ["x_two"]')
    later = path.stat().st_mtime_ns + 1_000_000_000
    os.utime(path, ns=(later, later))
    assert products.declares("p", "tasks", "x_two")
    assert not products.declares("p", "tasks", "x_one")
    path.unlink()
    assert products.refresh()
    assert not products.declares("p", "tasks", "x_two")
    assert not products.refresh()


def test_a_product_is_one_object_until_its_file_changes(tmp_path: Path) -> None:
    """Answers are remembered under it."""
    path = write(tmp_path, "p.toml", 'tasks = ["x_one"]')
    products = Products((tmp_path,))
    first = products.of("p")
    assert not products.refresh()
    assert products.of("p") is first
    os.utime(path, ns=(1, 1))
    assert products.refresh()
    assert products.of("p") is not first


def test_a_faulty_file_is_named_and_the_others_count(tmp_path: Path) -> None:
    write(tmp_path, "bad.toml", 'tasks = ["triage"]')
    write(tmp_path, "good.toml", 'tasks = ["x_triage"]')
    write(tmp_path, "notes.txt", "not a product file")
    products = Products((tmp_path,))
    (fault,) = products.faults
    assert fault.startswith("bad.toml: ")
    assert products.all_declared("tasks") == ["x_triage"]


def test_the_first_folder_has_the_last_word(tmp_path: Path) -> None:
    """The user's own folder stands before the one that applications write to."""
    write(tmp_path / "own", "p.toml", 'tasks = ["x_own"]')
    write(tmp_path / "data", "p.toml", 'tasks = ["x_data"]')
    products = Products((tmp_path / "own", tmp_path / "data"))
    assert products.all_declared("tasks") == ["x_own"]


def test_declared_words_are_listed_once_in_order(tmp_path: Path) -> None:
    write(tmp_path, "a.toml", 'tasks = ["x_b", "x_a"]')
    write(tmp_path, "b.toml", 'tasks = ["x_b", "x_c"]')
    assert Products((tmp_path,)).all_declared("tasks") == ["x_a", "x_b", "x_c"]
