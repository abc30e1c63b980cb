"""The grammar of origins: exactly what a browser writes, and words for everything else."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar import origins
from sidecar.api.guard import Asked, check_origin
from sidecar.errors import ConfigError, OriginForbidden
from sidecar.products import Products, read_product

HOSTS = frozenset({"127.0.0.1:8917"})
CAN_BE_PAIRED = [
    "https://app.example.org",
    "https://example.test:8443",
    "http://intranet",
    "http://192.168.1.20:3000",
    "http://0.0.0.0:3000",
    "https://xn--bcher-kva.example.org",
    "https://example.org:80",
    "http://example.org:443",
    "https://a.example.org:1",
    "https://a.example.org:65535",
    f"https://{'a' * 63}.example.org",
    "tauri://localhost",
    "app://name",
    "app://.",
    "capacitor://localhost",
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    "moz-extension://7a0d6f6a-3b0f-4e62-9f8e-2c8c1a6d3b11",
    "vscode-webview://1a2b3c",
]
TAUGHT = {
    "": "scheme://host",
    "null": "never be paired",
    "NULL": "never be paired",
    "file://": "never be paired",
    "file:///home": "never be paired",
    "file://localhost": "never be paired",
    "*": "wildcard",
    "https://*.example.org": "wildcard",
    "https://*": "wildcard",
    "app.example.org": "scheme://host",
    "//app.example.org": "scheme://host",
    "https:app.example.org": "scheme://host",
    "https://": "scheme://host",
    "://app.example.org": "scheme://host",
    "data:text/html,x": "no origin of its own",
    "about:blank": "no origin of its own",
    "javascript:x": "no origin of its own",
    "blob:https://app.example.org/1": "origin that made it",
    "wss://app.example.org": "https origin",
    "ws://app.example.org": "http origin",
    "https://App.example.org": "lower case",
    "HTTPS://app.example.org": "lower case",
    "https://app.example.org/": "slash at the end",
    "https://app.example.org:8443/": "slash at the end",
    "https://app.example.org/path": "path",
    "https://app.example.org//": "path",
    "https://app.example.org?x=1": "query",
    "https://app.example.org#top": "fragment",
    "https://app.example.org\\": "path",
    "https://ada@app.example.org": "user name",
    "https://ada:secret@app.example.org": "password",
    "https://app.example.org:443": "ordinary",
    "http://app.example.org:80": "ordinary",
    "https://app.example.org:": "port",
    "https://app.example.org:0": "port",
    "https://app.example.org:08443": "port",
    "https://app.example.org:65536": "port",
    "https://app.example.org:1:2": "port",
    "https://app.example.org:x": "port",
    "https://app.example.org.": "dot at the end",
    "https://app..example.org": "digits and hyphens",
    "https://.example.org": "digits and hyphens",
    "https://-app.example.org": "digits and hyphens",
    "https://app-.example.org": "digits and hyphens",
    "https://app_1.example.org": "digits and hyphens",
    f"https://{'a' * 64}.example.org": "digits and hyphens",
    "https://app.example.org,https://b.example.org": "path",
    "http://127.1": "IPv4",
    "http://1.2.3": "IPv4",
    "http://256.1.1.1": "IPv4",
    "http://01.1.1.1": "IPv4",
    "http://0x7f.1": "IPv4",
    "http://[fe80::1]": "IPv6",
    "http://b\u00fccher.example.org": "xn--",
    "https://app.example.org\n": "blanks",
    "https://app.example.org\r\nX-Evil: 1": "blanks",
    " https://app.example.org": "blanks",
    "https://app.example.org\x00": "blanks",
    "http://localhost:99999": "port",
    "http://127.0.0.1:65536": "port",
    "http://[::1]:0": "IPv6",
    "http://localhost": "without being paired",
    "http://localhost:3000": "without being paired",
    "https://tauri.localhost": "without being paired",
    "http://127.0.0.1:5173": "without being paired",
    "http://[::1]": "without being paired",
    f"https://{'a.' * 130}example.org": "at most",
}
PIECES = st.sampled_from(
    [
        *("http", "https", "app", "tauri", "file", "null", "data", "HTTPS", "://", ":", "/", "//", "*", "@"),
        *("localhost", "127.0.0.1", "[::1]", "app", "example", "org", ".", "-", "_", "80", "443", "8443"),
        *("0", "99999", "?", "#", "\\", " ", "\n", "\u00fc", "%", "xn--a", "A", "1.2.3.4"),
    ]
)
NEAR_MISSES = st.lists(PIECES, max_size=9).map("".join)


@pytest.mark.parametrize("origin", CAN_BE_PAIRED)
def test_what_a_browser_writes_can_be_paired(origin: str) -> None:
    assert origins.fault(origin) is None


@pytest.mark.parametrize("origin", TAUGHT)
def test_what_no_page_has_for_itself_is_refused_in_words(origin: str) -> None:
    words = origins.fault(origin)
    assert words is not None
    assert TAUGHT[origin] in words
    assert words.isascii()
    assert "secret" not in words


@given(st.from_regex(re.compile(origins.PATTERN, re.ASCII)) | st.sampled_from(CAN_BE_PAIRED))
def test_what_fits_the_published_pattern_is_harmless_in_a_header(origin: str) -> None:
    assert (origins.fault(origin) is None) == (len(origin) <= origins.MAX_LENGTH)
    assert re.fullmatch(r"[a-z0-9:/.+_-]+", origin, re.ASCII)
    assert origin.count("://") == 1
    assert not origin.startswith(("null", "file:"))
    assert not origins.LOOPBACK.fullmatch(origin)
    assert not re.fullmatch(r"http://.*:80|https://.*:443", origin)


@given(NEAR_MISSES | st.text(max_size=40))
def test_any_text_is_an_origin_of_the_pattern_or_gets_words(text: str) -> None:
    fits = re.search(origins.PATTERN, text, re.ASCII) is not None
    assert (origins.fault(text) is None) == fits
    if fits:
        scheme, host = text.split("://")
        assert scheme
        assert host
        assert set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789:/.+_-")


@given(NEAR_MISSES, st.frozensets(st.sampled_from(CAN_BE_PAIRED), max_size=4))
def test_the_guard_lets_in_what_is_paired_byte_for_byte_and_nothing_near_it(
    said: str, paired: frozenset[str]
) -> None:
    near = [said, *(f"{origin}{more}" for origin in paired for more in ("/", ".", ":1", ".example.org"))]
    near += [origin.upper() for origin in paired] + [origin[:-1] for origin in paired]
    for origin in near:
        asked = asked_by(origin)
        if origin in paired or origins.LOOPBACK.fullmatch(origin):
            assert check_origin(asked, HOSTS, pages_may=True, paired=paired) == origin
        else:
            with pytest.raises(OriginForbidden):
                check_origin(asked, HOSTS, pages_may=True, paired=paired)


@pytest.mark.parametrize("origin", CAN_BE_PAIRED)
def test_a_paired_origin_is_no_origin_of_ours(origin: str) -> None:
    paired = frozenset({origin})
    assert check_origin(asked_by(origin), HOSTS, pages_may=True, paired=paired) == origin
    with pytest.raises(OriginForbidden):
        check_origin(asked_by(origin), HOSTS, pages_may=False, paired=paired)
    with pytest.raises(OriginForbidden):
        check_origin(asked_by(origin, origin), HOSTS, pages_may=True, paired=paired)


def asked_by(*found: str) -> Asked:
    """A request with these Origin headers."""
    return Asked(
        method="POST",
        target="/v1/feedback",
        hosts=("127.0.0.1:8917",),
        origins=found,
        content_types=("application/json",),
        content_encoding=None,
        authorization=None,
    )


def test_what_can_never_be_paired_gets_through_no_list() -> None:
    assert origins.only_valid(["null", "file://", "*", "http://localhost", *CAN_BE_PAIRED]) == {
        *CAN_BE_PAIRED
    }


def test_proposals_of_products_are_listed_with_who_makes_them(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text('origins = ["https://app.example.org", "app://b"]')
    (tmp_path / "a.toml").write_text('origins = ["https://app.example.org"]')
    assert Products((tmp_path,)).proposed_origins() == {
        "app://b": ["b"],
        "https://app.example.org": ["a", "b"],
    }


@pytest.mark.parametrize("origin", ["null", "*", "https://app.example.org/", "http://localhost:3000"])
def test_a_product_file_that_proposes_what_cannot_be_paired_is_refused(tmp_path: Path, origin: str) -> None:
    path = tmp_path / "p.toml"
    path.write_text(f"origins = [{origin!r}]")
    with pytest.raises(ConfigError, match=r"p\.toml: `origins`: "):
        read_product(path)


def test_a_product_proposes_eight_origins_at_most(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(f"origins = {[f'app://a{number}' for number in range(9)]!r}")
    with pytest.raises(ConfigError, match="origins"):
        read_product(path)
