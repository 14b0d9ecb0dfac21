"""Quotas: who may ask how much of the API. The rules are in one file, `quotas.toml`, checked at start."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, cast

from app.auth import Caller
from domain.errors import Invalid
from schema.limits import COST_MAX, Figures
from shared.buckets import Buckets, Rule, Spend

SHIPPED: Final = Path(__file__).parent / "quotas.toml"
QUOTAS_MAX: Final = 50
BUSIEST_MAX: Final = 10
WHO: Final = ("user", "stranger", "address")
COST: Final = "cost"
OPERATIONS: Final = "operations"
_UNITS_S: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_KEYS: Final = {"name", "who", "of", "amount", "per"}
_AMOUNT_MAX: Final = 10**9

Who = Literal["user", "stranger", "address"]


@dataclass(frozen=True, slots=True)
class Quota:
    """`amount` of something (cost, operations, or a root field) in `per_s` seconds, for each of `who`."""

    name: str
    who: Who
    of: str
    amount: int
    per_s: int

    @property
    def rule(self) -> Rule:
        """The bucket that it is."""
        what = {COST: "This costs more than you have left for now.", OPERATIONS: "Too many requests."}
        says = what.get(self.of, f"Too much of {self.of}.")
        return Rule(f"quota.{self.name}", self.amount, self.per_s / self.amount, says)

    def tokens(self, figures: Figures) -> int:
        """What an operation spends of it; 0: nothing."""
        if self.of == COST:
            return max(1, figures.cost)
        return 1 if self.of == OPERATIONS else figures.roots.get(self.of, 0)

    def key(self, caller: Caller) -> str | None:
        """Whose bucket it is that the caller spends from; None when the quota is not for them."""
        signed_in = caller.viewer.signed_in
        if self.who == "user":
            return str(caller.viewer.id) if signed_in else None
        return None if self.who == "stranger" and signed_in else caller.address


@dataclass(frozen=True, slots=True)
class Usage:
    """What passed through one process of a quota: tokens spent, operations refused, and who has the least left."""

    quota: Quota
    callers: int
    spent: int
    refused: int
    busiest: list[tuple[str, float]] = field(default_factory=list)
    """Who, and the share of the quota that is left to them, 0..1; at most BUSIEST_MAX, the least first."""


class Quotas:
    """The quotas of one process over its buckets."""

    def __init__(self, quotas: Collection[Quota], buckets: Buckets) -> None:
        self._quotas = [(quota, quota.rule) for quota in quotas]
        self._buckets = buckets

    async def spend(self, caller: Caller, figures: Figures) -> dict[str, str]:
        """Spends what the operation asks for; the `RateLimit` headers that say what is left.

        Raises RateLimited when one of the quotas does not have enough; nothing of any is spent then.
        """
        spends: list[Spend] = []
        for quota, rule in self._quotas:
            key, tokens = quota.key(caller), quota.tokens(figures)
            if key is not None and tokens > 0:
                spends.append(Spend(rule, key, tokens))
        return _headers(spends, await self._buckets.spend(spends)) if spends else {}

    def usage(self) -> list[Usage]:
        """What this process has counted, quota by quota."""
        return [self._usage(quota, rule) for quota, rule in self._quotas]

    def _usage(self, quota: Quota, rule: Rule) -> Usage:
        counted = self._buckets.counted(rule)
        least = sorted(counted.items(), key=lambda pair: pair[1].n)[:BUSIEST_MAX]
        return Usage(
            quota,
            len(counted),
            sum(bucket.spent for bucket in counted.values()),
            sum(bucket.refused for bucket in counted.values()),
            [(key, round(bucket.n / quota.amount, 4)) for key, bucket in least],
        )


def read(path: Path | None) -> list[Quota]:
    """The quotas of a file, of the shipped one when none is named. Raises Invalid, which says what is wrong where."""
    where = path or SHIPPED
    try:
        entries = tomllib.loads(where.read_text(encoding="utf-8")).get("quota", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid(f"The quotas in {where} cannot be read: {error}") from None
    if not isinstance(entries, list) or len(entries) > QUOTAS_MAX:
        raise Invalid(f"{where}: give at most {QUOTAS_MAX} tables [[quota]].")
    quotas = [_quota(where, number, entry) for number, entry in enumerate(entries, 1)]
    names = [quota.name for quota in quotas]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Invalid(f"{where}: there are two quotas named {twice!r}.")
    return quotas


def check(quotas: Collection[Quota], root_fields: Collection[str]) -> None:
    """Raises Invalid for a quota of a field that the schema does not have."""
    for quota in quotas:
        if quota.of not in {COST, OPERATIONS, *root_fields}:
            raise Invalid(
                f"The quota {quota.name!r} is of {quota.of!r}: give cost, operations, or a field of Query, Mutation or "
                "Subscription."
            )


def _quota(where: Path, number: int, entry: object) -> Quota:
    def wrong(what: str) -> Invalid:
        return Invalid(f"{where}, quota {number}: {what}")

    if not isinstance(entry, dict) or set(entry) != _KEYS:
        raise wrong(f"give exactly {', '.join(sorted(_KEYS))}.")
    told = cast("Mapping[str, Any]", entry)
    name, who, of, amount, per = (told[key] for key in ("name", "who", "of", "amount", "per"))
    if not isinstance(name, str) or not name.replace("-", "").isalnum() or not name.isascii() or len(name) > 40:
        raise wrong("`name` is 1 to 40 letters, digits and hyphens.")
    if who not in WHO:
        raise wrong(f"`who` is one of {', '.join(WHO)}.")
    if not isinstance(of, str) or not of:
        raise wrong("`of` is cost, operations, or a root field.")
    if not isinstance(amount, int) or isinstance(amount, bool) or not 1 <= amount <= _AMOUNT_MAX:
        raise wrong(f"`amount` is a whole number from 1 to {_AMOUNT_MAX:,}.")
    if of == COST and amount < COST_MAX:
        raise wrong(f"`amount` is less than the {COST_MAX:,} that one operation may cost: it could never run.")
    if not (isinstance(per, str) and per[:-1].isdigit() and len(per) < 8 and per[-1:] in _UNITS_S and int(per[:-1])):
        raise wrong("`per` is a time such as 30s, 1m, 12h or 1d.")
    return Quota(name, cast("Who", who), of, amount, int(per[:-1]) * _UNITS_S[per[-1]])


def _headers(spends: Collection[Spend], left: Collection[float]) -> dict[str, str]:
    """What is left and when it is full again, as draft-ietf-httpapi-ratelimit-headers writes it."""
    policies, rates = [], []
    for spend, n in zip(spends, left, strict=True):
        rule, name = spend.rule, spend.rule.name.removeprefix("quota.")
        remaining = max(0, math.floor(n))
        policies.append(f'"{name}";q={rule.size};w={round(rule.size * rule.every_s)}')
        rates.append(f'"{name}";r={remaining};t={math.ceil((rule.size - remaining) * rule.every_s)}')
    return {"ratelimit-policy": ", ".join(policies), "ratelimit": ", ".join(rates)}
