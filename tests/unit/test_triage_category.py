"""The category of a wish: named where the words say it, a guess where they do not."""

import pytest

from sidecar.triage import category, words
from sidecar.triage.category import categorise
from sidecar.triage.words import hear
from sidecar.vocabulary import REQUEST_CATEGORIES
from tests.support.wishes import labelled, macro_f1

SAID = {
    "models_formats": "Please load GPTQ and AWQ checkpoints. Also Qwen3-30B-A3B in Q4_K_M.",
    "performance": "Make prompt processing faster. Throughput falls when many requests are batched.",
    "hardware": "Use my Radeon card through ROCm, or the NPU of the laptop.",
    "ui_ux": "A dark theme and keyboard shortcuts. The sidebar should remember its width.",
    "api_integrations": "An OpenAI compatible endpoint and a Python SDK for scripts.",
    "privacy_security": "Encrypt the database with a password. Others on this machine can read it.",
    "reliability": "The server hangs and must be restarted. Recover from a crash and retry.",
    "install_update": "A Homebrew formula and a Docker image. Updates should install themselves.",
    "docs": "A tutorial in the documentation. The readme says nothing about it.",
    "generation_control": "Expose top_k, min_p and a GBNF grammar for each call.",
}


@pytest.mark.parametrize("name", SAID)
def test_plain_wish_is_of_its_category(name: str) -> None:
    about = categorise(hear(SAID[name]))
    assert (about.name, about.unsure) == (name, False)


@pytest.mark.parametrize("text", ["Make it nicer", "?", "\u4f60\u597d", "xqzt", "   .  "])
def test_wish_that_says_little_is_unsure(text: str) -> None:
    about = categorise(hear(text))
    assert about.unsure
    assert about.name in REQUEST_CATEGORIES
    assert 0 < about.confidence < category.SURE


def test_category_that_came_with_a_wish_decides_where_words_say_little() -> None:
    about = categorise(hear("Make it nicer"), "docs")
    assert (about.name, about.unsure) == ("docs", False)


def test_category_that_came_with_a_wish_does_not_outweigh_many_words() -> None:
    assert categorise(hear(SAID["hardware"]), "docs").name == "hardware"


def test_opening_counts_more_than_the_rest() -> None:
    first, second = "Write a tutorial.", "Use my Radeon card."
    assert categorise(hear(f"{first} {second}")).name == "docs"
    assert categorise(hear(f"{second} {first}")).name == "hardware"


@pytest.mark.parametrize(
    "word", ["install", "installs", "installing", "installer", "installation", "installed"]
)
def test_forms_of_a_word_have_one_stem(word: str) -> None:
    assert words.stem(word) == "install"


def test_every_category_has_phrases_of_every_weight() -> None:
    found = {(name, weight) for each in category.table().weights.values() for name, weight in each.items()}
    assert found == {(name, weight) for name in REQUEST_CATEGORIES for weight in category.WEIGHTS.values()}


def test_no_phrase_is_long_enough_to_name_one_wish() -> None:
    known = [*category.table().weights, *words.tables().concepts]
    assert max(map(len, known)) <= 5


def test_long_text_is_read_in_bounded_steps() -> None:
    heard = hear("word " * 2_000)
    assert len(heard.first) == words.MAX_WORDS


def test_labelled_wishes_are_told_apart() -> None:
    """Measured: accuracy .90, macro F1 .86; .75 and .72 on the half that was not looked at before."""
    pairs = []
    sure = []
    for row in labelled("requests/requests_dev.jsonl"):
        about = categorise(hear(f"{row['title'].rstrip('.')}. {row['text']}"))
        fair = {row["category"], row.get("alt_category")}
        pairs.append((about.name if about.name in fair else row["category"], about.name))
        if not about.unsure:
            sure.append(about.name in fair)
    hits = sum(truth == answer for truth, answer in pairs) / len(pairs)
    assert hits >= 0.85
    assert macro_f1(pairs) >= 0.8
    assert sum(sure) / len(sure) > hits, "who is sure should be right more often"
