"""Rows of a file, and the records they mean."""

import io
from typing import Any

import pytest

from sidecar import strict
from sidecar.errors import InvalidRecord, UsageError
from sidecar.imports import rows, tasks
from sidecar.imports.records import Reading

DIGEST = "0123456789abcdef"


def read(
    text: str | bytes,
    *,
    task_map: str | None = None,
    declared: tuple[str, ...] = (),
    product_id: str | None = None,
) -> tuple[list[dict[str, Any]], list[str]]:
    """The records of a file without their keys, and the columns that were left out."""
    content = text.encode() if isinstance(text, str) else text
    how = tasks.Tasks(tasks.read_map([task_map] if task_map else []), declared)
    reading = Reading(tasks=how, product_id=product_id, digest=DIGEST)
    found = [each.record for each in reading.records(io.BytesIO(content))]
    for record in found:
        del record["idempotency_key"]
    return found, list(reading.ignored)


def test_a_csv_row_is_a_rating_and_other_columns_are_named_once() -> None:
    found, ignored = read("model,task,dialogue,rating\nA,chat,d1,4\nB,math,d2,1\n")
    assert found == [
        {"feedback_type": "rating", "model": "A", "task_category": "chat", "rating": 4},
        {"feedback_type": "rating", "model": "B", "task_category": "math", "rating": 1},
    ]
    assert ignored == ["dialogue"]


def test_a_column_that_holds_content_is_never_passed_on() -> None:
    found, ignored = read('model,rating,prompt,response\nA,4,"a secret","another"\n')
    assert "secret" not in str(found)
    assert ignored == ["prompt", "response"]


def test_csv_cells_become_the_types_of_their_fields() -> None:
    found, _ = read("preferred,alternative,tie,reasons,safe_to_share\nA,B,true,fast wrong,false\nA,B,,,\n")
    assert found == [
        {
            "feedback_type": "comparison",
            "preferred": "A",
            "alternative": "B",
            "tie": True,
            "reasons": ["fast", "wrong"],
            "safe_to_share": False,
        },
        {"feedback_type": "comparison", "preferred": "A", "alternative": "B"},
    ]


def test_the_csv_of_an_export_is_read_back() -> None:
    found, ignored = read(
        "feedback_id,feedback_type,week,model,thumb,rating,hardware_bucket\nab,rating,2026-W40,A,up,,ram16-19\n"
    )
    assert found == [{"feedback_type": "rating", "model": "A", "thumb": "up"}]
    assert ignored == ["feedback_id", "week", "hardware_bucket"]


def test_a_foreign_json_row_is_a_comparison_and_its_task_is_a_field() -> None:
    found, ignored = read('{"preferred":"A","alternative":"B","task":"chat","tie":true,"judge":"x"}\n')
    assert found == [
        {
            "feedback_type": "comparison",
            "preferred": "A",
            "alternative": "B",
            "task_category": "chat",
            "tie": True,
        }
    ]
    assert ignored == ["judge"]


def test_a_record_of_ours_is_taken_as_it_stands_and_as_strictly() -> None:
    line = '{"feedback_type":"rating","model":"A","rating":4}'
    assert read(line)[0] == [{"feedback_type": "rating", "model": "A", "rating": 4}]
    with pytest.raises(InvalidRecord, match=r"^line 1: .*not known"):
        read('{"feedback_type":"rating","model":"A","rating":4,"dialogue":"d1"}')


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            '{"feedback_type":"rating","model":"A","rating":4}\n\n{"feedback_type":"rating","model":"A","rating":6}',
            3,
        ),
        ('{"a":1}', 1),
        ('{"preferred":"A","alternative":"B"}\n[1]', 2),
        ('{"preferred":"A","alternative":"B"}\n{"preferred":"A","preferred":"B"}', 2),
        ('{"preferred":"A","alternative":"B"}\n{"preferred":', 2),
        ("model,rating\nA,4\nA,four\n", 3),
        ("model,rating\nA,4\nA\n", 3),
        ("model,rating\nA,4\nA,4,5\n", 3),
        ('model,rating\n"A,4\n', 2),
        (b"model,rating\nA,4\n\xff,4\n", 3),
        ("model,model\nA,4\n", 0),
        ("model,score\nA,4\n", 2),
    ],
)
def test_a_row_at_fault_is_named_by_its_line(text: str | bytes, line: int) -> None:
    with pytest.raises(InvalidRecord) as fault:
        read(text)
    assert fault.value.detail.startswith(f"line {line}: " if line else "a CSV file begins")


def test_a_fault_repeats_nothing_of_the_file() -> None:
    with pytest.raises(InvalidRecord) as fault:
        read("model,rating\nA,a-secret\n")
    assert "a-secret" not in fault.value.detail


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    assert read(b"\xef\xbb\xbfmodel,rating\nA,4\n")[0][0]["model"] == "A"
    assert read(b'\xef\xbb\xbf{"feedback_type":"rating","model":"A","rating":4}')[0][0]["model"] == "A"


def test_a_line_without_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(InvalidRecord, match=r"^line 1: .*64 KiB"):
        read('{"a":"' + "x" * rows.MAX_LINE_BYTES)


def test_a_mapped_task_comes_before_a_declared_one_and_that_before_the_closed_list() -> None:
    text = "model,rating,task\nA,4,Koala\nA,4,chat\nA,4,summary\n"
    found, _ = read(text, task_map="koala=math", declared=("x_koala", "x_chat"), product_id="p")
    assert [record["task_category"] for record in found] == ["math", "x_chat", "summary"]
    assert {record["product_id"] for record in found} == {"p"}


def test_an_unknown_task_is_refused_with_the_ways_to_map_it() -> None:
    with pytest.raises(InvalidRecord, match=r"^line 2: .*--task-map.*--product"):
        read("model,rating,task\nA,4,koala\n")


def test_a_row_that_names_its_product_keeps_it() -> None:
    found, _ = read("model,rating,product_id\nA,4,q\nA,4,\n", product_id="p")
    assert [record["product_id"] for record in found] == ["q", "p"]


@pytest.mark.parametrize("said", ["koala", "=chat", "koala=", "koala=chat,koala=math", ""])
def test_a_task_map_that_maps_nothing_is_wrong_use(said: str) -> None:
    with pytest.raises(UsageError):
        tasks.read_map([said])


@pytest.mark.parametrize("task", ["nonsense", "x_undeclared", "chat math"])
def test_a_task_map_to_what_is_no_task_is_wrong_use(task: str) -> None:
    with pytest.raises(UsageError, match="closed list"):
        tasks.read_map([f"koala={task}"], ["x_koala"])


def test_a_task_map_takes_other_spellings_and_declared_words() -> None:
    said = ["a=Code generation,b=RAG", "c=x_koala"]
    assert tasks.read_map(said, ["x_koala"]) == {"a": "code_generation", "b": "document_qa", "c": "x_koala"}


def test_keys_come_from_the_file_and_the_line_and_fit_the_schema() -> None:
    reading = Reading(tasks=tasks.Tasks({}, ()), product_id=None, digest="f" * 32)
    content = (
        b'{"preferred":"A","alternative":"B"}\n\n{"preferred":"A","alternative":"B","idempotency_key":"k"}\n'
    )
    found = list(reading.records(io.BytesIO(content)))
    assert [each.record["idempotency_key"] for each in found] == [f"import-{'f' * 32}-1", "k"]
    assert [each.line for each in found] == [1, 3]
    for each in found:
        strict.record(dict(each.record))


def test_a_file_can_be_read_again() -> None:
    file = io.BytesIO(b"model,rating\nA,4\n")
    assert len(list(rows.read(file))) == len(list(rows.read(file))) == 1
