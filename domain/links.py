"""Links as they are kept: one address has one form, without what only follows people about."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

_SCHEMES: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(r"[^\s/\\@:\[\]<>\"'`{}|^%]+")
# What advertisers and newsletters add, and no page needs. `ref`, `source` and the like mean something to some sites.
_TRACKING_TEXT: Final = (
    "fbclid gclid gclsrc gbraid wbraid dclid msclkid yclid ysclid twclid ttclid li_fat_id igshid igsh epik mc_cid "
    "mc_eid mkt_tok _hsenc _hsmi __hssc __hstc __hsfp hsctatracking vero_id vero_conv oly_anon_id oly_enc_id wickedid "
    "s_kwcid srsltid _openstat rb_clickid ml_subscriber ml_subscriber_hash sc_cid irclickid cjevent spm scm"
)
_TRACKING: Final = frozenset(_TRACKING_TEXT.split())
_TRACKING_PREFIXES: Final = ("utm_", "pk_", "mtm_", "matomo_", "piwik_", "hsa_", "stm_")
# Their whole address stands for another one: nothing of it may be touched.
_SHORTENERS_TEXT: Final = (
    "amzn.to bit.ly buff.ly cutt.ly dlvr.it etsy.me fb.me goo.gl ift.tt is.gd lnkd.in ow.ly pin.it rb.gy rebrand.ly "
    "s.id shorturl.at t.co t.ly tiny.cc tinyurl.com trib.al v.gd youtu.be"
)
_SHORTENERS: Final = frozenset(_SHORTENERS_TEXT.split())


def normalised(address: str) -> str | None:
    """The one form of an http or https address; None when it is no such address.

    Scheme and host in lower case (international names as they are written), no default port, no empty path, no
    tracking parameters; the order of the others, the path and the fragment stay. The address of a shortener is left
    as it was given, but for its scheme and host. Doing it twice changes nothing.
    """
    parts = _split(address)
    if parts is None:
        return None
    host = (parts.hostname or "").lower().rstrip(".")
    port = parts.port
    place = host if port is None or port == _SCHEMES[parts.scheme] else f"{host}:{port}"
    if domain(address) in _SHORTENERS:
        return urlunsplit((parts.scheme, place, parts.path, parts.query, parts.fragment))
    kept = [field for field in parts.query.split("&") if field and not _follows(field)]
    return urlunsplit((parts.scheme, place, parts.path or "/", "&".join(kept), parts.fragment))


def domain(address: str | None) -> str | None:
    """The host of an http or https address in lower case, without `www.`; None when it is no such address."""
    parts = None if address is None else _split(address)
    return None if parts is None else (parts.hostname or "").lower().rstrip(".").removeprefix("www.")


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return None
    named = parts.scheme in _SCHEMES and _HOST.fullmatch(host) and "@" not in parts.netloc
    return parts if named and not any(c.isspace() for c in address) else None


def _follows(field: str) -> bool:
    name = field.partition("=")[0].lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)
