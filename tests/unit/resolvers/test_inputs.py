from __future__ import annotations

import pytest

from domain.errors import Invalid, TooLarge
from domain.ids import new_id
from resolvers import inputs


def test_a_text_is_given_without_the_space_around_it() -> None:
    assert inputs.text("  moss \n", most=4, field=("title",), name="The title") == "moss"
    assert inputs.optional_text("   ", most=4, field=("title",), name="The title") is None
    assert inputs.optional_text(None, most=4, field=("title",), name="The title") is None


@pytest.mark.parametrize("broken", ["", "  ", "mosses", "a\x00b", "a\x1bb", "\ud800"])
def test_a_text_out_of_bounds_names_its_field(broken: str) -> None:
    with pytest.raises(Invalid) as refused:
        inputs.text(broken, most=4, field=("input", "title"), name="The title")

    assert refused.value.field == ("input", "title")
    assert refused.value.message.startswith("The title ")


def test_lines_and_any_script_are_text() -> None:
    words = "Måne\nмох 苔 \u200d👩\u200d🌾\tx"

    assert inputs.text(words, most=100, field=(), name="x") == words


def test_a_link_is_kept_in_its_one_form() -> None:
    assert inputs.link(" HTTPS://Example.org/a?utm_source=x&b=1 ") == "https://example.org/a?b=1"
    assert inputs.link("  ") is None


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.org",
        "example.org",
        "https://",
        "https:///x",
        "https://a b/",
        "https://example.org/a b",
        "http://[::1",
        "http://example.org:port/",
        "https://" + "x" * 2_041 + "/",
        "https://" + "x" * 2_040,
        "https://ana:word@example.org/",
    ],
)
def test_what_is_no_web_address_is_no_link(address: str) -> None:
    with pytest.raises(Invalid) as refused:
        inputs.link(address)

    assert refused.value.field == ("link",)


def test_ids_are_told_apart_by_their_shape() -> None:
    pin = new_id("pin")

    assert inputs.pin_id(pin) == pin
    assert inputs.board_id(pin) is inputs.user_id(pin) is inputs.topic_id(pin) is inputs.upload_id(pin) is None
    assert inputs.pin_id(pin.lower()) is inputs.pin_id(pin + "\n") is inputs.pin_id("") is None


def test_ids_are_kept_once_and_counted_then() -> None:
    assert inputs.distinct(["a", "b", "a"], most=2, field="ids", name="topics") == ("a", "b")
    with pytest.raises(TooLarge):
        inputs.distinct(["a", "b", "c"], most=2, field="ids", name="topics")


def test_an_email_is_kept_in_lower_case() -> None:
    assert inputs.email(" Ana@Example.ORG ") == "ana@example.org"


def test_a_colour_is_six_hex_digits() -> None:
    assert inputs.color("#AA00ff") == "#aa00ff"
    for broken in ("red", "#abc", "#aabbcg", "#aabbcc\n"):
        with pytest.raises(Invalid):
            inputs.color(broken)
