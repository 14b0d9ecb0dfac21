from __future__ import annotations

import pytest

from domain import links


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://www.example.org/a?b#c", "https://www.example.org/a?b#c"),
        ("HTTPS://EXAMPLE.org", "https://example.org/"),
        ("http://example.org:80/x", "http://example.org/x"),
        ("https://example.org:443", "https://example.org/"),
        ("http://example.org:8080", "http://example.org:8080/"),
        ("https://пример.рф/x", "https://пример.рф/x"),
        ("https://example.org./x", "https://example.org/x"),
        ("https://shop.example/p?utm_source=pin&id=7&UTM_Medium=x&fbclid=1&gclid=2", "https://shop.example/p?id=7"),
        ("https://shop.example/p?b=2&a=1", "https://shop.example/p?b=2&a=1"),
        ("https://shop.example/p?fbclid=1", "https://shop.example/p"),
        ("https://shop.example/p?ref=front&source=menu", "https://shop.example/p?ref=front&source=menu"),
        ("https://shop.example/a%20b/%C3%A9?q=a%26utm_x", "https://shop.example/a%20b/%C3%A9?q=a%26utm_x"),
        ("https://shop.example/p?q=utm_source=x", "https://shop.example/p?q=utm_source=x"),
        ("https://bit.ly/3xY?utm_source=x", "https://bit.ly/3xY?utm_source=x"),
        ("https://T.co/AbC", "https://t.co/AbC"),
        ("https://youtu.be/dQw?si=1&t=3", "https://youtu.be/dQw?si=1&t=3"),
    ],
)
def test_one_address_has_one_form(given: str, kept: str) -> None:
    assert links.normalised(given) == kept
    assert links.normalised(kept) == kept


@pytest.mark.parametrize(
    "broken",
    ["", "example.org", "ftp://example.org", "https://", "https:///x", "https://a b/", "https://example.org/a b",
     "http://[::1", "http://example.org:port/", "https://ana@example.org/", "https://a%20b.example/"],
)  # fmt: skip
def test_what_is_no_web_address_has_no_form_and_no_domain(broken: str) -> None:
    assert links.normalised(broken) is None
    assert links.domain(broken) is None


def test_the_domain_is_the_host_without_www() -> None:
    assert links.domain("https://WWW.Example.org:8080/a") == "example.org"
    assert links.domain("https://wwwx.example.org") == "wwwx.example.org"
    assert links.domain(None) is None
