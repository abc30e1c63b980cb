"""Rules of model names: what meets, what stays apart, what may leave the machine."""

import re
from itertools import product

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.modelnames import LIST_VERSION, ModelName, base_name, parse, shareable_key
from sidecar.modelnames.parts import read
from sidecar.modelnames.public import Family, index, table
from sidecar.vocabulary import CUSTOM

KEY = re.compile(r"[a-z0-9][a-z0-9 ._:/@+()-]*")

MEETINGS = (
    ("llama3.1:8b-instruct-q4_K_M", "Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf"),
    ("llama3.1:8b-instruct-q4_K_M", "hf://bartowski/Meta-Llama-3.1-8B-Instruct-GGUF:Q4_K_M"),
    ("meta-llama/Llama-3.1-8B-Instruct", "llama-3-1-8b-instruct"),
    ("meta-llama/Llama-3.1-8B-Instruct", "models--meta-llama--Llama-3.1-8B-Instruct"),
    ("meta-llama/Llama-3.1-8B-Instruct", "ollama/llama3.1:8b-instruct"),
    ("meta-llama/Llama-3.1-8B-Instruct", "Llama 3.1 8B Instruct"),
    ("gemma:7b-instruct-v1.1", "google/gemma-1.1-7b-it"),
    ("gemma3:4b-it-qat", "google/gemma-3-4b-it-qat"),
    ("qwen3:4b-instruct-2507-q4_K_M", "Qwen_Qwen3-4B-Instruct-2507-Q4_K_M.gguf"),
    ("qwen3:30b", "qwen/qwen3-30b-a3b"),
    ("deepseek-r1:7b-qwen-distill-q4_K_M", "DeepSeek-R1-Distill-Qwen-7B-Q4_K_M.gguf"),
    ("deepseek-r1:8b-0528-qwen3", "deepseek/deepseek-r1-0528-qwen3-8b"),
    ("phi3:3.8b-mini-4k-instruct-q4_K_M", "Phi-3-mini-4k-instruct-Q4_K_M.gguf"),
    ("mistral-nemo:12b-instruct-2407", "mistralai/Mistral-Nemo-Instruct-2407"),
    ("command-r:35b-v0.1", "CohereForAI/c4ai-command-r-v01"),
    ("hermes3:8b-llama3.1", "NousResearch/Hermes-3-Llama-3.1-8B"),
    ("nemotron:70b-instruct", "nvidia/Llama-3.1-Nemotron-70B-Instruct-HF"),
    ("llama3.1:8b-instruct-fp16", "Meta-Llama-3.1-8B-Instruct-f16.gguf"),
    ("qwen/qwen3-8b:2", "Qwen/Qwen3-8B"),
    ("llama3.1@sha256:46e0c10c039e019119339687c3c1757cc81b9da49709a3b3924863ba87ca666e", "llama3.1:latest"),
)
"""Pairs of spellings for one thing."""

PRIVATE = (
    "my-finetune-for-acme",
    "my-finetune-for-acme:latest",
    "llama-3.1-8b-acme-support",
    "llama3.1-acme:8b",
    "llama3.1:8b-acme",
    "acme/llama-3.1-8b-instruct",
    "acme/Llama-3.1-8B-Instruct-GGUF:Q4_K_M",
    "hf.co/acme/Llama-3.1-8B-Instruct-GGUF:Q4_K_M",
    "https://huggingface.co/acme/llama-3.1-8b-instruct",
    "registry.example.org:5000/support/llama3.1:8b",
    "models--acme--llama-3.1-8b-instruct",
    "acme-notes/llama-3.1-8b-instruct-q4_k_m.gguf",
    "acme_llama-3.1-8b-instruct",
    "acme-llama-3.1-8b-instruct",
    "Llama-3.1-8B-Instruct-Acme-v2.Q4_K_M.gguf",
    "Llama-3.1-8B-Instruct-Q4_K_M-acme.gguf",
    "llama-3.1-8b-instruct@acme-prod",
    "llama-3.1-8b-instruct-v2",
    "llama-3.1-8b-instruct-lora",
    "llama-3.1-8b-instruct-dpo",
    "llama-3.1-8b-70b",
    "llama 3.1 8b for the front desk",
    "llamacme-8b",
    "mymistral:7b",
    "mistral-7b-instruct-v0.3-hr-bot",
    "qwen2.5-7b-lora-invoices",
    "qwen3-8b-grpo",
    "qwen3-8b-chat2",
    "gemma-2-9b-it-medical-notes",
    "phi-3-mini-legal",
    "gpt-oss-20b-internal",
    "deepseek-r1-distill-acme-7b",
    "granite-3.1-8b-instruct-claims",
    "whisper-large-v3-acme-calls",
    "nomic-embed-text-acme",
    "mmproj-model-f16.gguf",
    "ggml-model-Q4_K_M.gguf",
    "model.gguf",
    "default",
    "unsloth",
    "q4_k_m",
    "8b",
)
"""Names of one house alone, or of nothing."""

READ_BUT_NOT_LISTED = (
    "llama-3.1-9b-instruct",
    "llama-3.1-8b-instruct-2508",
    "llama-3.7-8b",
    "llama-3.1-8b-thinking",
    "llama-3.1-8b-instruct-11.25bpw-exl2",
)

PATHS = (
    ("/home/jane/models/Qwen3-8B-Q6_K.gguf", "Qwen3-8B-Q6_K.gguf"),
    ("/models/llama/", "llama"),
    ("~/models/x.gguf", "x.gguf"),
    ("~jane/x.gguf", "x.gguf"),
    ("C:\\Users\\jane\\x.gguf", "x.gguf"),
    ("d:/models/x.gguf", "x.gguf"),
    ("\\\\nas\\share\\x.gguf", "x.gguf"),
    ("file:///home/jane/My%20Model.gguf", "My Model.gguf"),
    ("FILE:///C:/models/x.gguf", "x.gguf"),
    ("file:/srv/x.gguf", "x.gguf"),
    ("../models/x.gguf", "x.gguf"),
    ("./x.gguf", "x.gguf"),
    ("models/../../jane/x.gguf", "x.gguf"),
    ("models/./x.gguf", "x.gguf"),
    ("jane\\models\\x.gguf", "x.gguf"),
    ("..\\x.gguf", "x.gguf"),
    ("file://../jane/x.gguf", "x.gguf"),
)

NO_PATHS = (
    "meta-llama/Llama-3.1-8B-Instruct",
    "unsloth/x-GGUF/x.gguf",
    "llama3.1:8b",
    "hf.co/bartowski/x:Q4_0",
    "x.gguf",
    "org/x...y",
    "",
    "C:x",
)


@pytest.mark.parametrize(("one", "other"), MEETINGS)
def test_spellings_of_one_model_meet(one: str, other: str) -> None:
    assert parse(one).known
    assert parse(one).key == parse(other).key


def test_the_key_is_family_version_size_variant_and_quant() -> None:
    assert parse("Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf").key == "llama-3.1-8b-instruct:q4_k_m"
    assert parse("meta-llama/Llama-3.1-8B-Instruct").key == "llama-3.1-8b-instruct"


@pytest.mark.parametrize("name", PRIVATE)
def test_a_private_model_is_not_read_as_the_public_one(name: str) -> None:
    assert not parse(name).known
    assert shareable_key(parse(name)) == CUSTOM


@pytest.mark.parametrize("name", PRIVATE)
def test_an_unknown_name_keeps_its_own_spelling_in_lower_case(name: str) -> None:
    assert parse(name).key == name.lower()
    assert parse(f"  {name.upper()} ").key == name.lower()


def test_an_unknown_name_has_its_blanks_folded() -> None:
    assert parse("My   Own\tModel").key == "my own model"


@pytest.mark.parametrize("name", READ_BUT_NOT_LISTED)
def test_a_readable_name_that_is_not_on_the_list_stays_custom(name: str) -> None:
    assert parse(name).known
    assert shareable_key(parse(name)) == CUSTOM


@pytest.mark.parametrize(("path", "name"), PATHS)
def test_a_path_is_cut_to_its_base_name(path: str, name: str) -> None:
    assert base_name(path) == name
    assert parse(path) == parse(name)


@pytest.mark.parametrize("name", NO_PATHS)
def test_a_name_that_is_no_path_stays_whole(name: str) -> None:
    assert base_name(name) == name


LOOSE = st.text(alphabet="aAlLm3.18bBqQ4_kK-:/@ \\~%C()+\u0130\u212a\ud800\x00", max_size=128)
COMMON = [*index().words, *index().quants, *index().publishers]
COMMON += ["3", "3.1", "v0.3", "2507", "08", "2024", "8b", "8x7b", "a3b", "16e", "e4b", "4k", "1_5b", "2_5"]
COMMON += ["q4", "k", "m", "ud", "4.65bpw", "latest", "acme", "00001-of-00003", ".gguf", "file://", "c:/"]


@st.composite
def built(draw: st.DrawFn) -> str:
    """A family, then words of its own line and of everybody's: close to what can be read."""
    spelling = draw(st.sampled_from(sorted(index().families)))
    family = index().families[spelling]
    own = f"{family.versions} {family.sizes} {family.variants}".replace("=", " ").split()
    words = draw(st.lists(st.sampled_from(own + COMMON[:: max(1, len(COMMON) // 99)]), max_size=7))
    signs = draw(st.lists(st.sampled_from("----_:.@/ "), min_size=len(words), max_size=len(words)))
    return (spelling + "".join(map("".join, zip(signs, words, strict=True))))[:128]


@settings(max_examples=400)
@given(LOOSE | built() | st.text(max_size=128))
def test_any_text_gets_a_key_that_reads_as_itself(name: str) -> None:
    key = parse(name).key
    assert KEY.fullmatch(key)
    assert len(key) <= 128
    assert parse(key).key == key
    assert parse(key).known == parse(name).known


@settings(max_examples=400)
@given(built())
def test_nothing_leaves_but_entries_of_the_list(name: str) -> None:
    shared = shareable_key(parse(name))
    listed = {part for family in index().families.values() for part in _listed_parts(family)}
    model, _, quant = shared.partition(":")
    assert quant in {"", *index().quants}
    assert shared == CUSTOM or all(_is_made_of(model, listed))


def _listed_parts(family: Family) -> set[str]:
    words = table(family)
    return {family.name, *words.versions.values(), *words.sizes.values(), *words.variants.values()}


def _is_made_of(model: str, listed: set[str]) -> list[bool]:
    """For each word of a key, whether some listed part holds it."""
    words = {word for part in listed for word in part.split("-")}
    return [word in words for word in model.split("-")]


@pytest.mark.parametrize("part", ["family", "version", "size", "variant", "quant"])
def test_a_part_that_is_not_listed_keeps_the_key_at_home(part: str) -> None:
    public = parse("llama3.1:8b-instruct-q4_K_M")
    assert shareable_key(public) == "llama-3.1-8b-instruct:q4_k_m"
    assert shareable_key(msgspec.structs.replace(public, **{part: "acme"})) == CUSTOM
    assert shareable_key(msgspec.structs.replace(public, known=False)) == CUSTOM


def test_a_variant_repeated_or_glued_to_a_stranger_keeps_the_key_at_home() -> None:
    for variant in ("instruct-instruct", "instruct-acme", "acme-instruct", "-"):
        assert shareable_key(ModelName("llama", "3.1", "8b", variant, "", known=True)) == CUSTOM


FAMILIES = sorted({family.name: family for family in index().families.values()}.items())


@pytest.mark.parametrize("family", [family for _, family in FAMILIES], ids=[name for name, _ in FAMILIES])
def test_every_entry_of_the_list_is_read_back(family: Family) -> None:
    """A listed part that the reader cannot read could never be shared: a slip in the data file."""
    words = table(family)
    for version, size, variant in product(
        ("", *words.versions.values()), ("", *words.sizes.values()), ("", *words.variants.values())
    ):
        name = ModelName(family.name, version, size, variant, "", known=True)
        again = parse(name.key)
        assert (again.known, shareable_key(again)) == (True, again.key), name
        assert again.key == name.key or again.size != size, name


@pytest.mark.parametrize("quant", sorted(index().quants))
def test_every_listed_quant_is_read_back(quant: str) -> None:
    assert parse(f"llama-3.1-8b:{quant}").quant == quant


def test_no_spelling_names_two_families() -> None:
    spelled = [word for _, family in FAMILIES for word in (family.name, *family.spelled.split())]
    assert len(spelled) == len(set(spelled))
    assert max(map(len, spelled)) < 40


def test_no_family_is_another_one_with_a_word_more() -> None:
    """Else a key of the shorter family would be read as the longer one."""
    for (_, family), longer in product(FAMILIES, index().families):
        rest = longer.removeprefix(f"{family.name}-")
        assert rest == longer or index().families[longer] is family or read(rest.split("-"), family) is None


def test_the_list_has_a_version() -> None:
    assert LIST_VERSION >= 1
