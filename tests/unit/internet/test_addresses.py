from __future__ import annotations

import pytest

from domain.errors import Invalid
from internet.addresses import checked, is_public

WEB = frozenset({"http", "https"})


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::808:808"]
)
def test_a_host_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",  # noqa: S104 - an address that must not be asked
            "10.0.0.1",
            "172.16.3.4",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
        ),
        *("192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "255.255.255.255"),
        *("240.0.0.1", "192.88.99.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::1"),
        *("2001::1", "2001:db8::1", "::127.0.0.1", "100::1", "5f00::1", "moss", "", "1.2.3"),
    ],
)
def test_anything_else_is_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("url", ["https://example.org/a?b=c", "http://93.184.216.34", "https://example.org:8443/"])
def test_a_whole_public_address_may_be_asked(url: str) -> None:
    assert checked(url, schemes=WEB, private=False).geturl() == url


@pytest.mark.parametrize(
    "url",
    [
        *("", "example.org", "//example.org", "https://", "https:///x", "ftp://example.org", "file:///etc/passwd"),
        *("https://ana@example.org", "https://ana:moss@example.org", "https://example.org:22", "https://example.org:0"),
        *("https://127.0.0.1", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/latest"),
        *("https://example.org:99999", "https://example.org/a b", "https://example.org\\@10.0.0.1", "https://[::1"),
        *("https://example.org/\n", "gopher://example.org", "https://example.org/" + "x" * 2_048),
    ],
)
def test_what_may_not_be_asked_is_refused_before_anything_is_resolved(url: str) -> None:
    with pytest.raises(Invalid):
        checked(url, schemes=WEB, private=False)


def test_a_trusted_network_may_be_asked_at_any_port() -> None:
    assert checked("http://127.0.0.1:9001/hook", schemes=WEB, private=True).port == 9001
    with pytest.raises(Invalid):
        checked("ftp://127.0.0.1", schemes=WEB, private=True)
