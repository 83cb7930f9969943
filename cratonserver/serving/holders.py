# SPDX-License-Identifier: Apache-2.0
"""The holder of an address: limits apply to holders, who may have many IPv6 addresses."""

from __future__ import annotations

import functools
import ipaddress

#: The length of the prefix that networks assign to one customer or one machine, at least.
_PREFIX = 64


def holder(address: str) -> str:
    """Return the IPv4 address, or the network of an IPv6 address, that limits count as one.

    :param address: address of a client. Other texts are returned as they are.

    >>> holder("192.0.2.7"), holder("2001:db8::1:2:3:4"), holder("::ffff:192.0.2.7")
    ('192.0.2.7', '2001:db8::/64', '192.0.2.7')
    """
    return _holder(address) if ":" in address else address


@functools.lru_cache(maxsize=4096)
def _holder(address: str) -> str:
    try:
        found = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    if found.is_loopback:
        return address
    return str(ipaddress.IPv6Network((int(found), _PREFIX), strict=False))
