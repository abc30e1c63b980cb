"""Comparison, error and request: what each sends, what each hides, what each never stores in the browser."""

import json
from typing import Final

import pytest
from playwright.sync_api import expect

from tests.support.host_page import widget
from tests.support.visit import MODEL, OTHER, Visit, says

PAIR: Final = widget(mode="comparison", model_a=OTHER, model_b=MODEL)
MESSAGE: Final = "CUDA out of memory. Tried to allocate 2.00 GiB while reading zebrafloxin"
STORED: Final = """async () => {
  const rows = await new Promise(done => {
    const opening = indexedDB.open("feedback-sidecar");
    opening.onsuccess = () => {
      const all = opening.result.transaction("queue").objectStore("queue").getAll();
      all.onsuccess = () => done(all.result);
    };
  });
  return JSON.stringify([rows, {...localStorage}]);
}"""
"""All that the widget left in the browser."""


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("A", (OTHER, MODEL, False)), ("B", (MODEL, OTHER, False))],
)
def test_a_choice_between_two_is_kept(visit: Visit, choice: str, expected: tuple[str, str, bool]) -> None:
    found = visit.open(PAIR)
    found.get_by_role("button", name=choice, exact=True).click()
    says(found, f"Kept: {expected[0]}.")
    (row,) = visit.home.rows("comparison")
    assert (row["preferred"], row["alternative"], row["tie"]) == expected


def test_a_tie_is_kept_as_one(visit: Visit) -> None:
    found = visit.open(PAIR)
    found.get_by_role("button", name="Equally good").click()
    says(found, "Kept: Equally good.")
    assert [row["tie"] for row in visit.home.rows("comparison")] == [True]


def test_names_are_shown_after_the_choice_alone(visit: Visit) -> None:
    found = visit.open(PAIR)
    found.get_by_role("button", name="What is shared").click()
    expect(found.get_by_text("The sidecar on this machine gets exactly this:").first).to_be_visible()
    before = found.evaluate("each => each.shadowRoot.textContent")
    assert OTHER not in before
    assert MODEL not in before
    found.get_by_role("button", name="B", exact=True).click()
    says(found, f"Kept: {MODEL}.")
    expect(found.locator("small")).to_have_text([OTHER, MODEL])
    shown = json.loads(found.locator("[part=record]").inner_text())
    assert (shown["preferred"], shown["alternative"]) == (MODEL, OTHER)
    assert visit.sent() == [shown]


def test_a_choice_is_taken_back_and_made_again(visit: Visit) -> None:
    found = visit.open(PAIR)
    found.get_by_role("button", name="A", exact=True).click()
    found.get_by_role("button", name="Undo").click()
    says(found, "Taken back.")
    assert visit.home.rows("comparison") == []
    found.get_by_role("button", name="B", exact=True).click()
    says(found, f"Kept: {MODEL}.")
    found.get_by_role("button", name="Helpful").click()
    found.get_by_role("button", name="Translating").click()

    def kept() -> list[tuple[object, ...]]:
        names = ("preferred", "reasons", "task_category")
        return [tuple(row.get(name) for name in names) for row in visit.home.rows("comparison")]

    visit.until(lambda: kept() == [(MODEL, ["helpful"], "translation")])


def test_an_error_of_the_host_is_reported_with_a_yes_and_explained(visit: Visit) -> None:
    found = visit.open(widget(mode="error", model=MODEL, runtime="ollama"))
    found.get_by_text("What went wrong?").wait_for()
    found.evaluate("(each, words) => { each.errorMessage = words }", MESSAGE)
    found.get_by_text("Report this error?").wait_for()
    found.get_by_role("button", name="Report").click()
    says(found, "Kept: Out of memory.")
    expect(found.get_by_text("What helps")).to_be_visible()
    (row,) = visit.home.rows("error_report")
    assert row["error_type"] == "out_of_memory"
    assert "zebrafloxin" not in json.dumps(row)
    assert "zebrafloxin" not in visit.page.evaluate(STORED)
    found.get_by_role("button", name="Undo").click()
    says(found, "Taken back.")
    assert visit.home.rows("error_report") == []


def test_an_error_without_a_message_is_one_of_a_list(visit: Visit) -> None:
    found = visit.open(widget(mode="error", model=MODEL))
    found.get_by_role("button", name="Report").click(force=True)
    assert visit.home.rows("error_report") == []
    found.get_by_role("button", name="Took too long").click()
    found.get_by_role("button", name="Report").click()
    says(found, "Kept: Took too long.")
    assert [row["error_type"] for row in visit.home.rows("error_report")] == ["timeout"]


def test_a_no_to_a_report_sends_nothing(visit: Visit) -> None:
    found = visit.open(widget(mode="error"))
    found.evaluate("(each, words) => { each.errorMessage = words }", MESSAGE)
    found.get_by_role("button", name="Not now").click()
    expect(found.get_by_text("Report this error?")).to_have_count(0)
    assert visit.sent() == []


def test_a_wish_is_kept_with_its_category(visit: Visit) -> None:
    found = visit.open(widget(mode="request", product_id="chat"))
    found.get_by_role("textbox").fill("A dark theme, please")
    found.get_by_role("button", name="Look and handling").click()
    found.get_by_role("button", name="Send").click()
    says(found, "Kept: Look and handling.")
    (row,) = visit.home.rows("feature_request")
    assert (row["text"] if "text" in row else row["feature_description"], row["category"]) == (
        "A dark theme, please",
        "ui_ux",
    )
    assert "dark theme" not in visit.page.evaluate(STORED)
    found.get_by_role("button", name="Undo").click()
    says(found, "Taken back.")
    assert visit.home.rows("feature_request") == []


def test_a_page_of_the_host_can_deliver_by_itself(visit: Visit) -> None:
    """As an Electron or Tauri main process does."""
    found = visit.open(widget(model=MODEL, hidden=True))
    found.evaluate(
        """each => {
          self.carried = [];
          each.transport = async request => {
            carried.push([request.method, request.path]);
            const body = request.body && JSON.stringify(request.body);
            const answer = await fetch(each.by + request.path, {
              method: request.method, body, headers: body ? {"content-type": "application/json"} : {} });
            return {status: answer.status, body: await answer.json()};
          };
        }""".replace("each.by", json.dumps(visit.home.url))
    )
    found.evaluate("each => { each.hidden = false }")
    found.get_by_role("radio", name="4: Good").click()
    says(found, "Kept: 4 of 5.")
    assert visit.page.evaluate("carried.filter(each => each[0] === 'POST')") == [["POST", "/v1/feedback"]]
    assert [row["rating"] for row in visit.home.rows()] == [4]
