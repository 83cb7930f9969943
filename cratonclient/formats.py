# SPDX-License-Identifier: Apache-2.0
"""Formats of texts: addresses, address ranges, netmasks and times.

A field declares its format, see :class:`cratonclient.fields.Field`. The formats are:

``ip``
    an IPv4 or IPv6 address, such as ``10.0.0.1`` or ``2001:db8::1``;
``cidr``
    an address range with its prefix length, such as ``10.0.0.0/24``;
``netmask``
    a netmask, such as ``255.255.255.0``, ``ffff:ffff::`` or the prefix length ``24``;
``time``
    a date, or a date with a time (ISO 8601), such as ``2027-01-31`` or
    ``2027-01-31T12:00:00+02:00``. A date is its first moment. Without an offset, the time is
    in UTC.

An address has many spellings: upper case, zeros in front of the groups of an IPv6 address,
and ``::`` for groups of zeros do not matter. An IPv4-mapped IPv6 address (RFC 4291), such as
``::ffff:10.0.0.1``, is the same address as the IPv4 address in it, and a netmask is the same
as its prefix length. Zeros in front of the numbers of an IPv4 address are refused, because
programs disagree about their meaning, and so is a zone (RFC 4007), because it has a meaning
on one machine only.
"""

from __future__ import annotations

import functools
import re
import typing as t

if t.TYPE_CHECKING:
    import datetime
    import ipaddress

    Address = ipaddress.IPv4Address | ipaddress.IPv6Address
    Network = ipaddress.IPv4Network | ipaddress.IPv6Network
    #: A parsed text: a netmask can be a number, its prefix length.
    Parsed = Address | Network | int

    class Formatted(t.Protocol):
        """The settings of a field that this module uses."""

        format: Format | None
        within: str


Format = t.Literal["ip", "cidr", "netmask", "time"]
FORMATS: tuple[Format, ...] = t.get_args(Format)

# Not compiled here: most programs need no pattern, and compiling takes time at each start.
_PREFIX_LENGTH = r"0|[1-9][0-9]{0,2}"
#: What to do about a common mistake, by the part of the text that shows it.
_HINTS = (
    (r"\s", "leave out the blanks"),
    ("%", "leave out the zone"),
    (r"\[", "leave out the brackets"),
    (r"(?:^|\.)0[0-9]+(?:\.|/|$)", "leave out the zeros in front"),
)


def canonical(format: Format, text: str) -> str:
    """Return the canonical spelling of a text.

    :param format: format of the text.
    :param text: the text.
    :raises ValueError: if the text does not have the format. The message is the end of a
        sentence that begins with the text.

    >>> canonical('ip', '2001:DB8:0::1')
    '2001:db8::1'
    """
    return _text(_parse(format, text))


def spellings(format: Format, text: str) -> list[str]:
    """Return all texts to compare with, so that every spelling of a value finds it.

    :param format: format of the text.
    :param text: the text. If it does not have the format, it equals only itself.
    :returns: canonical spellings, and the text itself.

    >>> spellings('ip', '::FFFF:10.0.0.1')
    ['::ffff:a00:1', '10.0.0.1', '::FFFF:10.0.0.1']
    """
    try:
        parsed = _parse(format, text)
    except ValueError:
        return [text]
    same = [parsed, *_TWINS[format](parsed)]
    return list(dict.fromkeys([*map(_text, same), text]))


def order(format: Format, text: str) -> tuple[int, t.Any]:
    """Return a key that orders the values of a format. All spellings of a value have one key.

    :param format: format of the text.
    :param text: the text.
    :returns: the group of the value, such as IPv4 or IPv6, and its place in the group. Values
        of different groups have no order.
    :raises ValueError: if the text does not have the format, as for :func:`canonical`.

    >>> order('ip', '10.0.0.9') < order('ip', '10.0.0.10')
    True
    """
    parsed = _parse(format, text)
    if format == "time":
        return 0, parsed
    if format == "netmask":
        return 0, parsed if isinstance(parsed, int) else _mask_length(parsed)
    # The IPv4 address, if it is an IPv4-mapped IPv6 address.
    parsed = min([parsed, *_TWINS[format](parsed)], key=lambda one: one.version)
    if format == "cidr":
        return parsed.version, (int(parsed.network_address), parsed.prefixlen)
    return parsed.version, int(parsed)


def problems(fields: t.Mapping[str, Formatted], values: t.Mapping[str, t.Any]) -> list[str]:
    """Return a message for each value that does not have the format of its field.

    :param fields: fields by name.
    :param values: values by name. Values that are not texts are ignored.
    """
    found = []
    for name, value in values.items():
        format = fields[name].format if name in fields else None
        if format is None:
            continue
        for text in value if isinstance(value, list) else [value]:
            try:
                if isinstance(text, str):
                    _parse(format, text)
            except ValueError as exc:
                found.append(f"{name}: {text!r} {exc}")
    return found


def conflicts(
    fields: t.Mapping[str, Formatted],
    values: t.Mapping[str, t.Any],
    changes: t.Container[str],
) -> list[str]:
    """Return a message for each value that does not fit the address range of its object.

    :param fields: fields by name.
    :param values: all known values by name. A value without its format fits everything, so
        that an object with such a value can be corrected.
    :param changes: names of the values to check; others are known to be stored.

    >>> conflicts(Network.fields(), {'cidr': '10.0.0.0/24', 'gateway': '10.1.0.1'}, ['cidr'])
    ["gateway: '10.1.0.1' is not in the cidr '10.0.0.0/24'"]
    """
    found = []
    for name, field in fields.items():
        range_name, format = field.within, field.format
        if not range_name or format is None or not (name in changes or range_name in changes):
            continue
        try:
            value = _parse(format, values.get(name))
            network = t.cast("Network", _parse("cidr", values.get(range_name)))
        except ValueError:
            continue
        problem = _misfit(format, value, network)
        if problem:
            found.append(
                f"{name}: {values[name]!r} "
                + problem.format(f"the {range_name} {values[range_name]!r}")
            )
    return found


def _misfit(format: Format, value: Parsed, network: Network) -> str:
    """Return the reason why a value does not fit an address range, empty if it does."""
    import ipaddress

    ranges = [network, *_network_twins(network)]
    if format == "netmask":
        if any(value in (one.netmask, one.prefixlen) for one in ranges):
            return ""
        return f"is not the netmask of {{}}, which is {_text(network.netmask)}"
    if (
        isinstance(value, ipaddress.IPv6Address)
        and value.is_link_local
        and network.version == 6
    ):
        return ""  # routers of IPv6 announce such an address (RFC 4861), whatever the range is
    parts: list[t.Any] = [ipaddress.ip_network(one) for one in [value, *_TWINS[format](value)]]
    inside = any(
        part.version == one.version and part.subnet_of(one) for part in parts for one in ranges
    )
    return "" if inside else "is not in {}"


def _parse(format: Format, text: t.Any) -> t.Any:
    if not isinstance(text, str):
        raise ValueError(text)
    return _PARSERS[format](text)


@functools.lru_cache(maxsize=256)  # an address is checked, then converted
def _address(text: str) -> Address:
    import ipaddress

    try:
        if "%" in text:
            raise ValueError(text)
        return ipaddress.ip_address(text)
    except ValueError:
        hint = "; leave out the prefix length" if "/" in text else _hint(text)
        raise ValueError(f"is not an IPv4 or IPv6 address{hint}") from None


def _network(text: str) -> Network:
    import ipaddress

    address, _, length = text.partition("/")
    wrong = "is not an address range such as 10.0.0.0/24"
    try:
        around = ipaddress.ip_network((_address(address), _prefix_length(length)), strict=False)
    except ValueError:
        hint = _hint(text) if "/" in text else "; add a slash and the prefix length"
        raise ValueError(f"{wrong}{hint}") from None
    if around.network_address != _address(address):
        raise ValueError(f"{wrong}; did you mean {_text(around)}?")
    return around


def _netmask(text: str) -> Address | int:
    try:
        number = text.removeprefix("/")
        if re.fullmatch(_PREFIX_LENGTH, number) and int(number) <= 128:
            return int(number)
        mask = _address(text)
        _mask_length(mask)
    except ValueError:
        raise ValueError(f"is not a netmask such as 255.255.255.0{_hint(text)}") from None
    return mask


def _time(text: str) -> datetime.datetime:
    import datetime

    try:
        if "W" in text:  # the date of a week, which few people can read
            raise ValueError(text)
        found = datetime.datetime.fromisoformat(text)
        return found if found.tzinfo is None else _in_utc(found)
    except (ValueError, OverflowError):
        raise ValueError("is not a time such as 2027-01-31 or 2027-01-31T12:00:00Z") from None


def _in_utc(time: datetime.datetime) -> datetime.datetime:
    """Return a time with an offset as the same time in UTC, without an offset."""
    import datetime

    return time.astimezone(datetime.UTC).replace(tzinfo=None)


def _prefix_length(text: str) -> int:
    """Return a prefix length. A netmask of IPv4 is another spelling of it."""
    if re.fullmatch(_PREFIX_LENGTH, text):
        return int(text)
    mask = _address(text)
    if mask.version == 6:
        raise ValueError(text)
    return _mask_length(mask)


def _mask_length(mask: Address) -> int:
    """Return the prefix length of a netmask: ones, followed by zeros.

    :raises ValueError: if the bits are in another order.
    """
    size = mask.max_prefixlen
    length = int(mask).bit_count()
    if int(mask) != (2**length - 1) << (size - length):
        raise ValueError(mask)
    return length


def _hint(text: str) -> str:
    return next((f"; {hint}" for sign, hint in _HINTS if re.search(sign, text)), "")


def _text(parsed: Parsed | datetime.datetime) -> str:
    """Return the canonical text, the same in every version of Python."""
    import datetime
    import ipaddress

    if isinstance(parsed, datetime.datetime):
        return parsed.isoformat(timespec="microseconds")
    if isinstance(parsed, ipaddress.IPv4Network | ipaddress.IPv6Network):
        return f"{_text(parsed.network_address)}/{parsed.prefixlen}"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        # Python 3.13 writes these addresses with dots. Older versions and the original
        # server do not.
        high, low = divmod(int(parsed.ipv4_mapped), 2**16)
        return f"::ffff:{high:x}:{low:x}"
    return str(parsed)


def _address_twins(address: t.Any) -> list[t.Any]:
    """Return the IPv4-mapped address of an IPv4 address, or the other way round."""
    import ipaddress

    if address.version == 4:
        return [ipaddress.IPv6Address(0xFFFF << 32 | int(address))]
    return [address.ipv4_mapped] if address.ipv4_mapped is not None else []


def _network_twins(network: t.Any) -> list[t.Any]:
    """Return the range of IPv4-mapped addresses of a range, or the other way round."""
    import ipaddress

    length = network.prefixlen + 96 if network.version == 4 else network.prefixlen - 96
    twins = _address_twins(network.network_address) if length >= 0 else []
    return [ipaddress.ip_network((twin, length)) for twin in twins]


def _netmask_twins(mask: t.Any) -> list[Parsed]:
    """Return the prefix length of a netmask, or the netmasks of a prefix length."""
    import ipaddress

    if not isinstance(mask, int):
        return [_mask_length(mask)]
    networks = [f"0.0.0.0/{mask}"] if mask <= 32 else []
    return [ipaddress.ip_network(one).netmask for one in [*networks, f"::/{mask}"]]


_PARSERS: dict[Format, t.Callable[[str], Parsed | datetime.datetime]] = {
    "ip": _address,
    "cidr": _network,
    "netmask": _netmask,
    "time": _time,
}
#: Functions that return the other values that are the same as a parsed one.
_TWINS: dict[Format, t.Callable[[t.Any], list[Parsed]]] = {
    "ip": _address_twins,
    "cidr": _network_twins,
    "netmask": _netmask_twins,
    "time": lambda _: [],
}
