"""What the widget needs: its size, its headers, the strictest policy, a page that is paired."""

import gzip
from typing import TYPE_CHECKING, Final

from playwright.sync_api import expect

from sidecar.web import asset
from tests.support.host_page import widget
from tests.support.plain_http import ask, ours
from tests.support.visit import MODEL, UNPAIRED, Home, Visit, says

if TYPE_CHECKING:
    from playwright.sync_api import Route

MOST_BYTES: Final = 12 * 1024
LANGUAGES_WORDS: Final = {
    "en": "Not kept: this page is not paired.",
    "de": "Nicht behalten: diese Seite ist nicht gekoppelt.",
    "es": "No se guardó: esta página no está emparejada.",
    "zh": "未保存\uff1a此页面尚未配对。",
    "ar": "لم يُحفظ: هذه الصفحة غير مقترنة.",
}


def test_it_is_one_small_file_without_imports() -> None:
    body = asset("widget.js")
    assert len(gzip.compress(body, 9)) <= MOST_BYTES
    assert b"\nimport " not in body
    assert b"innerHTML" not in body


def test_any_page_may_embed_the_widget_and_the_questions(home: Home) -> None:
    for path, media in (("/widget.js", "text/javascript"), ("/v1/prompts", "application/json")):
        answer = ask(home.url, "GET", path)
        assert answer.status == 200
        assert answer.headers["content-type"].startswith(media)
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "access-control-allow-origin" not in answer.headers
        page = "http://localhost:3000"
        answer = ask(home.url, "GET", path, ours(home.url, ("Origin", page)))
        assert answer.headers["access-control-allow-origin"] == page
        assert ask(home.url, "GET", path, ours(home.url, ("Origin", "https://app.example.org"))).status == 403


def test_it_works_under_the_strictest_policy(visit: Visit) -> None:
    found = visit.open(widget(model=MODEL))
    assert (
        visit.host.policy == f"default-src 'none'; script-src {visit.home.url}; connect-src {visit.home.url}"
    )
    found.get_by_role("radio", name="4: Good").click()
    says(found, "Kept: 4 of 5.")
    found.get_by_role("button", name="What is shared").click()
    expect(found.locator("[part=record]")).to_be_visible()


def test_a_violation_of_the_policy_would_be_seen(visit: Visit) -> None:
    found = visit.open(widget(model=MODEL))
    found.get_by_role("radio").first.wait_for()
    visit.page.evaluate("document.body.setAttribute('style', 'color: red')")
    visit.page.evaluate("document.body.append(Object.assign(new Image(), {src: '/pixel'}))")
    visit.page.wait_for_load_state("networkidle")
    assert any("Content Security Policy" in each for each in visit.errors)
    visit.errors.clear()


def origin(visit: Visit) -> str:
    """A page of another name than this machine's."""
    return f"http://{UNPAIRED}:{visit.host.port}"


def pair(visit: Visit, *origins: str) -> None:
    """What `sidecar origins pair` does."""
    with visit.home.owner() as owner:
        assert owner.ask("PUT", "/v1/origins", {"origins": list(origins)}).status == 200


def test_a_page_that_is_not_paired_learns_how_and_works_once_it_is(visit: Visit) -> None:
    visit.away = True
    found = visit.open(widget(model=MODEL, endpoint=visit.home.url), origin=origin(visit), bundled=True)
    words = f"Not kept: this page is not paired. Run sidecar origins pair {origin(visit)} and come back."
    says(found, words)
    pair(visit, origin(visit))
    visit.page.evaluate("dispatchEvent(new Event('focus'))")
    found.get_by_role("radio", name="4: Good").click()
    says(found, "Kept: 4 of 5.")
    pair(visit)
    found.get_by_role("button", name="Undo").wait_for()


def test_an_answer_on_a_page_that_lost_its_pairing_is_sent_when_it_is_back(visit: Visit) -> None:
    visit.away = True
    pair(visit, origin(visit))
    found = visit.open(widget(model=MODEL, endpoint=visit.home.url), origin=origin(visit), bundled=True)
    found.get_by_role("radio").first.wait_for()
    pair(visit)
    found.get_by_role("radio", name="2: Weak").click()
    expect(found.get_by_role("status")).to_contain_text("Not kept: this page is not paired.")
    assert visit.home.rows() == []
    pair(visit, origin(visit))
    visit.page.evaluate("dispatchEvent(new Event('focus'))")
    says(found, "Kept: 2 of 5.")
    assert [row["rating"] for row in visit.home.rows()] == [2]
    pair(visit)


def test_the_sentence_of_a_page_that_is_not_paired_stands_in_each_language(visit: Visit) -> None:
    visit.away = True
    for lang, words in LANGUAGES_WORDS.items():
        attributes = {"model": MODEL, "endpoint": visit.home.url, "lang": lang}
        found = visit.open(widget(**attributes), origin=origin(visit), bundled=True)
        expect(found.get_by_role("status")).to_contain_text(words)


def test_a_proxy_under_a_path_of_the_page_is_an_endpoint_too(visit: Visit) -> None:
    """The page asks itself; what stands in front of it passes on to the daemon."""
    carried = []

    def carry(route: "Route") -> None:
        request = route.request
        carried.append(request.method)
        path = request.url.partition("/feedback")[2]
        route.fulfill(
            response=route.fetch(url=visit.home.url + path, headers={"content-type": "application/json"})
        )

    visit.page.route("**/feedback/v1/**", carry)
    visit.host.show(visit.host.url, widget(model=MODEL, endpoint="feedback"), bundled=True)
    visit.page.goto(visit.host.url)
    found = visit.page.locator("feedback-sidecar")
    found.get_by_role("radio", name="4: Good").click()
    says(found, "Kept: 4 of 5.")
    assert [row["rating"] for row in visit.home.rows()] == [4]
    assert carried.count("POST") == 1
