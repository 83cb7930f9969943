# SPDX-License-Identifier: Apache-2.0
"""The addresses that webhooks may point to.

Public addresses are allowed, others only if the configuration lists their network. The check
is made on the address of each connection, so a name that resolves to another address a moment
later does not pass it.
"""

from __future__ import annotations

import ipaddress
import typing as t
import unicodedata
from urllib import parse

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: The services of clouds that give credentials to whoever asks from inside.
_METADATA = frozenset(
    map(
        ipaddress.ip_address,
        (
            "169.254.169.254",  # OpenStack, AWS, Azure, GCP and others
            "169.254.170.2",  # AWS, containers
            "fd00:ec2::254",  # AWS
            "fd20:ce::254",  # GCP
            "100.100.100.200",  # Alibaba
            "168.63.129.16",  # Azure, although it looks public
            "192.0.0.192",  # Oracle
        ),
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
#: The public addresses of IPv6, and networks that some versions of Python take for public.
#: Site-local addresses (fec0::/10), for example, are not in the first one.
_UNICAST = ipaddress.IPv6Network("2000::/3")
_SPECIAL: list[Network] = [
    *map(ipaddress.IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")),
    *map(ipaddress.IPv6Network, ("2001::/23", "3fff::/20")),
]
#: The second half of an ISATAP address, before an IPv4 address.
_ISATAP = (0x5EFE, 0x0200_5EFE)


def check_url(url: str, networks: t.Sequence[str], http: bool) -> None:
    """Refuse a URL that a webhook cannot have.

    :param url: the URL.
    :param networks: networks that webhooks may point to, besides public addresses.
    :param http: allow URLs of the scheme ``http``.
    :raises ValueError: with a message that does not repeat the URL, which may have a secret.

    >>> check_url('https://cmdb.example.com/craton', (), False)
    """
    if any(unicodedata.category(letter)[0] in "CZ" for letter in url):
        raise ValueError(
            "must not contain spaces or control characters: write them percent-encoded, such "
            "as %20"
        )
    try:
        parts = parse.urlsplit(url)
        parts.port  # noqa: B018, reading it checks it
    except ValueError as exc:
        raise ValueError(f"is not a URL: {exc}") from None
    if parts.scheme not in (("https", "http") if http else ("https",)):
        also = " or http://" if http else ""
        raise ValueError(f"must begin with https://{also}")
    if "@" in parts.netloc:
        raise ValueError("must not contain a user name or a password")
    if not parts.hostname or not parts.hostname.isascii() or "\\" in url:
        raise ValueError("must contain a host name in ASCII, such as cmdb.example.com")
    if not url.isascii():
        raise ValueError(
            "must be ASCII: write other characters percent-encoded, such as %C3%A9 for \xe9"
        )
    if not _is_host_name(parts.hostname):
        raise ValueError("is not a URL: the host is not a valid host name")
    if parts.fragment:
        raise ValueError("must not contain a fragment (#)")
    if parts.port == 0:
        raise ValueError("must not have the port 0")
    literal = _parse(parts.hostname)
    if literal is not None and not is_allowed(literal, networks):
        raise ValueError("points to an address that webhooks may not reach")


def is_allowed(address: Address, networks: t.Sequence[str]) -> bool:
    """Return True if webhooks may point to an address.

    :param address: the address. An IPv4 address inside an IPv6 address counts as well.
    :param networks: networks that they may point to, besides public addresses; ``*`` for any.

    >>> is_allowed(ipaddress.ip_address('::ffff:127.0.0.1'), ())
    False
    """
    known = [ipaddress.ip_network(n) for n in _spelled_out(networks)]
    return all(_is_allowed(meaning, known) for meaning in _meanings(address))


def parsed(text: str) -> Address:
    """Return an address as the resolver returns it, which may have a zone (``%eth0``)."""
    return ipaddress.ip_address(text.partition("%")[0])


def _is_allowed(address: Address, known: t.Sequence[Network]) -> bool:
    listed = [network for network in known if address in network]
    if address in _METADATA:
        return any(network.prefixlen == network.max_prefixlen for network in listed)
    return bool(listed) or _is_public(address)


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address not in _UNICAST:
        return address in _NAT64
    if any(address in network for network in _SPECIAL):
        return False
    return address.is_global and not address.is_multicast


def _meanings(address: Address) -> list[Address]:
    """Return the addresses that packets to an address may reach."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    found: list[Address] = [address]
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if address.teredo is not None:
        found += address.teredo
    if address in _NAT64 or int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return found


def _is_host_name(host: str) -> bool:
    """Return True if a resolver can be asked for a host: its labels have 1 to 63 characters."""
    try:
        return bool(host.encode("idna"))
    except UnicodeError:
        return False


def _parse(host: str) -> Address | None:
    try:
        return parsed(host)
    except ValueError:
        return None


def _spelled_out(networks: t.Sequence[str]) -> t.Iterator[str]:
    for network in networks:
        yield from ("0.0.0.0/0", "::/0") if network == "*" else (network,)
