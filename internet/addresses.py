"""Which addresses other people may make this server speak to: those of the public internet alone."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import SplitResult, urlsplit

from domain.errors import Invalid
from domain.limits import LINK_CHARS_MAX

PORTS: Final = frozenset({80, 443, 8_080, 8_443})
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST: Final = ipaddress.IPv6Network("2000::/3")  # All that has been given out of IPv6.
# What `ipaddress` calls global in some versions of Python and is not, or leads elsewhere.
_NOT_PUBLIC: Final = tuple(
    ipaddress.ip_network(each)
    for each in ("100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4", "2001::/23")
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(text: str) -> bool:
    """Whether this is the address of a host on the public internet, by whatever way it is written or wrapped.

    Loopback, private, link-local (where clouds keep their keys), shared, multicast and reserved ones are not, nor is an
    IPv6 address that carries such an IPv4 one (mapped, 6to4, NAT64) or a tunnel (Teredo).
    """
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    inner = _carried(address)
    if inner is not None:
        return is_public(str(inner))
    if isinstance(address, ipaddress.IPv6Address) and address not in _UNICAST:
        return False
    if any(address.version == network.version and address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def checked(url: str, *, schemes: frozenset[str], private: bool) -> SplitResult:
    """The parts of an address that may be asked, as far as can be seen without resolving its name.

    Raises Invalid with what is wrong: not a whole address, another scheme, a name or password in it, an odd port, or a
    host that is an address of no public host. `private` lets the last two pass.
    """
    if len(url) > LINK_CHARS_MAX or not url.isprintable() or any(c.isspace() or c == "\\" for c in url):
        raise Invalid(f"Give a whole address of at most {LINK_CHARS_MAX:,} characters, without spaces.")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname
    except ValueError:
        raise Invalid("This is not a whole address, such as https://example.org/here.") from None
    if parts.scheme not in schemes:
        raise Invalid(f"The address must begin with {' or '.join(f'{scheme}://' for scheme in sorted(schemes))}.")
    if not host or parts.username is not None or parts.password is not None:
        raise Invalid("The address must name a host, and neither a user nor a password.")
    if private:
        return parts
    if (_DEFAULT_PORTS[parts.scheme] if port is None else port) not in PORTS:
        raise Invalid(f"The address may name the ports {', '.join(map(str, sorted(PORTS)))} alone.")
    if _is_address(host) and not is_public(host):
        raise Invalid("This address is not one of the public internet.")
    return parts


def port_of(parts: SplitResult) -> int:
    """The port that an address means."""
    return _DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _carried(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside an IPv6 one."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour
