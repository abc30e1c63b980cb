"""Which URLs a letter may have, and which addresses it may be carried to."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.addresses import fault_of_url, is_private, may_connect

GOOD = [
    "https://collector.example",
    "https://collector.example/",
    "https://collector.example:8443/v1/batches/0a1b",
    "https://collector/v1",
    "https://xn--bcher-kva.example/",
    "https://192.168.1.10/",
    "https://100.64.0.7/",
    "https://[fd00::1]:8443/",
    "https://[2606:4700::1111]/",
    "http://localhost:8080/",
    "http://127.0.0.1:8080/v1",
    "http://[::1]:8080/",
    "http://collector.localhost/",
]
BAD = [
    "",
    "collector.example",
    "//collector.example/",
    "ftp://collector.example/",
    "file:///etc/passwd",
    "http://collector.example/",
    "http://10.0.0.1/",
    "https://",
    "https:///v1",
    "https://user@collector.example/",
    "https://user:word@collector.example/",
    "https://@collector.example/",
    "https://collector.example/?",
    "https://collector.example/?a=b",
    "https://collector.example/#",
    "https://collector.example/#top",
    "https://collector.example:0/",
    "https://collector.example:/",
    "https://collector.example:65536/",
    "https://collector.example:x/",
    "https://collector.example/a b",
    "https://collector.example/a\n",
    "https://collector.example\t/",
    "https://collector.example\\@evil.example/",
    "https://collector.example/../v1",
    "https://collector.example/./v1",
    "https://collector.example//v1",
    "https://collector.example/%2e%2e/",
    "https://collector.example./",
    "https://-collector.example/",
    "https://under_score.example/",
    "https://b\u00fccher.example/",
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 130 + "example/",
    "https://collector.example/" + "a" * 2000,
    "https://2130706433/",
    "https://0x7f000001/",
    "https://127.1/",
    "https://0177.0.0.1/",
    "https://0.0.0.0/",
    "https://255.255.255.255/",
    "https://169.254.169.254/",
    "https://224.0.0.1/",
    "https://[::]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[ff02::1]/",
    "https://[v1.x]/",
    "https://[::1/",
]

PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
NEAR = [
    "127.0.0.1",
    "127.255.255.254",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "::1",
    "fd00::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:a00:1::1",
]
NEVER = [
    "0.0.0.0",  # noqa: S104  # never bound
    "0.1.2.3",
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::7f00:1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "2001::1",
    "2001:db8::1",
    "64:ff9b:1::1",
    "100::1",
    "4000::1",
]


@pytest.mark.parametrize("url", GOOD)
def test_a_sane_url_has_no_fault(url: str) -> None:
    assert fault_of_url(url) is None


@pytest.mark.parametrize("url", BAD)
def test_any_other_url_is_told_what_to_change(url: str) -> None:
    fault = fault_of_url(url)
    assert fault is not None
    assert url == "" or url not in fault


@given(st.text() | st.text().map("https://{}".format) | st.text().map("https://collector.example/{}".format))
def test_no_text_breaks_the_judgement(url: str) -> None:
    if fault_of_url(url) is None:
        assert isinstance(is_private(url), bool)


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/",
        "https://collector/",
        "https://collector.internal/",
        "https://printer.local/",
        "https://nas.home.arpa/",
        "https://10.0.0.1/",
        "https://100.100.0.1/",
        "https://[::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:10.0.0.1]/",
    ],
)
def test_a_host_of_this_machine_or_its_network_is_private(url: str) -> None:
    assert is_private(url)


@pytest.mark.parametrize(
    "url",
    ["https://collector.example/", "https://8.8.8.8/", "https://local.example/", "https://notlocal.example/"],
)
def test_a_host_of_the_internet_is_not(url: str) -> None:
    assert not is_private(url)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_written_to(address: str) -> None:
    assert may_connect(ip_address(address), private=False, clear=False)


@pytest.mark.parametrize("address", NEAR)
def test_an_address_of_this_machine_or_its_network_needs_to_be_configured(address: str) -> None:
    assert not may_connect(ip_address(address), private=False, clear=False)
    assert may_connect(ip_address(address), private=True, clear=False)


@pytest.mark.parametrize("address", NEVER)
def test_an_address_of_no_machine_is_never_written_to(address: str) -> None:
    assert not may_connect(ip_address(address), private=True, clear=False)


@pytest.mark.parametrize("address", [*PUBLIC, *NEVER, "10.1.2.3", "fd00::1", "100.64.0.1"])
def test_without_tls_nothing_but_this_machine_is_spoken_to(address: str) -> None:
    assert not may_connect(ip_address(address), private=True, clear=True)


def test_without_tls_this_machine_is_spoken_to_where_it_was_configured() -> None:
    assert may_connect(ip_address("127.0.0.1"), private=True, clear=True)
    assert not may_connect(ip_address("127.0.0.1"), private=False, clear=True)
