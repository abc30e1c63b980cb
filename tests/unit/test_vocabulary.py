"""The closed lists: as the contract has them, without a word that stands twice or leads nowhere."""

import pytest

from sidecar import vocabulary
from sidecar.vocabulary import TASK_ALIASES, TASK_CATEGORIES, fold, task_category
from tests.support import field_table

LISTS = {
    "TASK_CATEGORIES": field_table.TASKS,
    "REASONS": field_table.REASONS,
    "ERROR_TYPES": field_table.ERROR_TYPES,
    "ACTIONS": field_table.ACTIONS,
    "RUNTIMES": field_table.RUNTIMES,
    "REQUEST_CATEGORIES": field_table.CATEGORIES,
    "RUNS_ON": ["local", "remote", "cloud"],
    "LOSS_REASONS": [
        "expired",
        "quarantined",
        "conflict",
        "quota",
        "queue_full",
        "corrupt",
        "restored",
        "declined",
    ],
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_what_the_contract_says(name: str) -> None:
    words = getattr(vocabulary, name)
    assert sorted(words) == sorted(LISTS[name])
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("name", LISTS)
def test_a_word_is_plain_and_never_a_products_own(name: str) -> None:
    for word in getattr(vocabulary, name):
        assert word.isascii()
        assert word == word.lower()
        assert word.replace("_", "").isalnum()
        assert not word.startswith(vocabulary.OWN_PREFIX)


def test_content_fields_are_what_the_contract_says() -> None:
    said = "prompt response messages input output completion text content conversation query answer"
    assert sorted(said.split()) == sorted(vocabulary.CONTENT_FIELDS)


@pytest.mark.parametrize("word", TASK_CATEGORIES)
def test_a_task_is_known_in_every_spelling(word: str) -> None:
    blanks, hyphens = word.replace("_", " "), word.replace("_", "-")
    for spelling in (word, word.upper(), blanks, hyphens, blanks.title(), f"  {blanks}  ", f"{word}\n"):
        assert task_category(spelling) == word


@pytest.mark.parametrize("alias", TASK_ALIASES)
def test_an_alias_is_folded_and_leads_to_a_task(alias: str) -> None:
    assert fold(alias) == alias
    assert alias not in TASK_CATEGORIES
    assert task_category(alias) == TASK_ALIASES[alias]
    assert TASK_ALIASES[alias] in TASK_CATEGORIES
    assert task_category(f" {alias.upper().replace('_', ' - ')} ") == TASK_ALIASES[alias]


@pytest.mark.parametrize(
    ("spelling", "folded"),
    [
        ("Code Generation", "code_generation"),
        ("code--generation", "code_generation"),
        ("__code__", "code"),
        ("\tcode\u00a0generation\n", "code_generation"),
        ("", ""),
        (" - _ ", ""),
        ("\u00dcBER", "\u00fcber"),
    ],
)
def test_folding(spelling: str, folded: str) -> None:
    assert fold(spelling) == folded
    assert fold(folded) == folded


@pytest.mark.parametrize("word", ["cooking", "", "x_own", "code generation please", "code/generation"])
def test_an_unknown_task_is_left_for_the_caller_to_refuse(word: str) -> None:
    assert task_category(word) not in TASK_CATEGORIES
