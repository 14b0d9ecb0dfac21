"""The file of quotas, checked, and what an operation spends of whose."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import settings
from app.auth import Caller
from app.transports import quotas_report
from app.transports.quotas import Quota, Quotas, check, read
from domain.errors import Invalid, RateLimited
from domain.ids import SIGNED_OUT, UserId, UserN
from domain.model import Viewer
from schema.api import root_fields
from schema.limits import Figures
from shared.buckets import Buckets

ANA = Caller(Viewer(UserN(1), UserId("user_ana")), address="192.0.2.1")
BEN = Caller(Viewer(UserN(2), UserId("user_ben")), address="192.0.2.1")
STRANGER = Caller(Viewer(SIGNED_OUT), address="192.0.2.1")
FINE = {"name": '"a"', "who": '"user"', "of": '"cost"', "amount": "5_000", "per": '"1m"'}


def written(path: Path, *tables: dict[str, str]) -> Path:
    """A file with these quotas."""
    lines = ["[[quota]]\n" + "\n".join(f"{key} = {value}" for key, value in table.items()) for table in tables]
    path.write_text("\n".join(lines))
    return path


def test_the_shipped_quotas_are_right() -> None:
    quotas = read(None)

    check(quotas, root_fields())
    assert {quota.of for quota in quotas} >= {"cost", "operations", "signUp", "createPin"}


def test_the_shipped_file_is_printed_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quotas_report.run(settings.load({}), path=None, shipped=True, as_json=False)

    own = tmp_path / "quotas.toml"
    own.write_text(capsys.readouterr().out)
    assert read(own) == read(None)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"who": '"everybody"'}, "who"),
        ({"amount": "0"}, "amount"),
        ({"amount": "true"}, "amount"),
        ({"amount": "4_999"}, "never run"),
        ({"per": '"1 minute"'}, "per"),
        ({"per": '"0s"'}, "per"),
        ({"name": '"a b"'}, "name"),
        ({"of": "3"}, "of"),
        ({"colour": '"red"'}, "exactly"),
    ],
)
def test_a_quota_that_is_wrong_says_what_and_where(tmp_path: Path, wrong: dict[str, str], says: str) -> None:
    path = written(tmp_path / "quotas.toml", FINE | {"name": '"first"'}, FINE | wrong)

    with pytest.raises(Invalid, match=rf"quota 2: .*{says}"):
        read(path)


def test_two_of_one_name_a_file_that_is_none_and_a_field_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="two quotas"):
        read(written(tmp_path / "twice.toml", FINE, FINE))
    with pytest.raises(Invalid, match="cannot be read"):
        read(tmp_path / "nothing.toml")
    (tmp_path / "bad.toml").write_text("[[quota")
    with pytest.raises(Invalid, match="cannot be read"):
        read(tmp_path / "bad.toml")
    with pytest.raises(Invalid, match="no_such_field"):
        check(read(written(tmp_path / "field.toml", FINE | {"of": '"no_such_field"'})), root_fields())


async def test_each_spends_their_own_and_a_network_what_all_of_it_spend() -> None:
    quotas = Quotas(
        [
            Quota("mine", "user", "operations", 2, 3_600),
            Quota("out", "stranger", "operations", 1, 3_600),
            Quota("net", "address", "operations", 5, 3_600),
        ],
        Buckets(),
    )

    for caller in (ANA, ANA, BEN, STRANGER):
        await quotas.spend(caller, Figures())
    for caller in (ANA, STRANGER):
        with pytest.raises(RateLimited):
            await quotas.spend(caller, Figures())
    headers = await quotas.spend(BEN, Figures())
    with pytest.raises(RateLimited):
        await quotas.spend(Caller(Viewer(UserN(3), UserId("user_cy")), address="192.0.2.1"), Figures())

    assert headers == {
        "ratelimit-policy": '"mine";q=2;w=3600, "net";q=5;w=3600',
        "ratelimit": '"mine";r=0;t=3600, "net";r=0;t=3600',
    }
    mine, out, net = quotas.usage()
    assert (mine.callers, mine.spent, mine.refused) == (3, 4, 1)
    assert (out.spent, out.refused) == (1, 1)
    assert (net.spent, net.refused) == (5, 1)
    assert mine.busiest[0][1] == 0.0


async def test_a_refusal_spends_nothing_of_any_quota_and_says_when_to_come_back() -> None:
    clock = [0.0]
    quotas = Quotas(
        [Quota("pins", "user", "createPin", 3, 300), Quota("all", "user", "cost", 10_000, 60)],
        Buckets(clock=lambda: clock[0]),
    )
    two = Figures(cost=100, roots={"createPin": 2})
    await quotas.spend(ANA, two)

    with pytest.raises(RateLimited) as refused:
        await quotas.spend(ANA, two)
    clock[0] = refused.value.retry_after_ms / 1000
    headers = await quotas.spend(ANA, two)

    assert refused.value.retry_after_ms == 100_000
    assert '"pins";r=0' in headers["ratelimit"]
    assert quotas.usage()[1].spent == 200


async def test_an_operation_that_costs_nothing_spends_one() -> None:
    quotas = Quotas([Quota("all", "user", "cost", 5_000, 60)], Buckets(clock=lambda: 0.0))

    headers = await quotas.spend(ANA, Figures(cost=0))

    assert headers["ratelimit"] == '"all";r=4999;t=1'
