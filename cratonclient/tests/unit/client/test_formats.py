# SPDX-License-Identifier: Apache-2.0
"""Formats of texts: addresses, address ranges and netmasks."""

from __future__ import annotations

import typing as t

from cratonclient import exceptions, formats, v1
from cratonclient.fields import Field
from cratonclient.tests import base, toys
from cratonclient.tests.unit.client import fakes

#: Texts that have a format, and their canonical spelling.
VALID: dict[formats.Format, dict[str, str]] = {
    "ip": {
        "10.0.0.1": "10.0.0.1",
        "0.0.0.0": "0.0.0.0",  # noqa: S104
        "2001:DB8:0::1": "2001:db8::1",
        "2001:0db8:0000:0000:0000:0000:0000:0001": "2001:db8::1",
        "::ffff:10.0.0.1": "::ffff:a00:1",
        "0:0:0:0:0:FFFF:0A00:0001": "::ffff:a00:1",
        "::10.0.0.1": "::a00:1",
    },
    "cidr": {
        "10.0.0.0/24": "10.0.0.0/24",
        "10.0.0.0/255.255.255.0": "10.0.0.0/24",
        "0.0.0.0/0": "0.0.0.0/0",
        "10.0.0.1/32": "10.0.0.1/32",
        "2001:DB8:0::/32": "2001:db8::/32",
        "::ffff:10.0.0.0/120": "::ffff:a00:0/120",
    },
    "netmask": {
        "255.255.255.0": "255.255.255.0",
        "0.0.0.0": "0.0.0.0",  # noqa: S104
        "255.255.255.255": "255.255.255.255",
        "FFFF:ffff:0::": "ffff:ffff::",
        "24": "24",
        "/64": "64",
    },
}

#: Texts that do not have a format, and the end of the message.
INVALID: dict[formats.Format, dict[str, str]] = {
    "ip": {
        "": "address",
        "word": "address",
        "10.0.0.256": "address",
        "10.0.0": "address",
        "167772161": "address",
        "10.0.0.1.": "address",
        "010.0.0.1": "leave out the zeros in front",
        "10.0.0.01": "leave out the zeros in front",
        " 10.0.0.1": "leave out the blanks",
        "10.0.0.1\r": "leave out the blanks",
        "fe80::1%eth0": "leave out the zone",
        "10.0.0.1/24": "leave out the prefix length",
        "[2001:db8::1]": "leave out the brackets",
        "02001:db8::1": "address",
        "2001::db8::1": "address",
        "\u0661\u0660.0.0.1": "address",
        "::ffff:010.0.0.1": "address",
    },
    "time": {
        "": "T12:00:00Z",
        "word": "T12:00:00Z",
        "2027": "T12:00:00Z",
        "1801353600": "T12:00:00Z",
        "31.01.2027": "T12:00:00Z",
        "2027-02-30": "T12:00:00Z",
        "2027-W05": "T12:00:00Z",
        "2027-01-31T25:00": "T12:00:00Z",
        "0001-01-01T00:00+10:00": "T12:00:00Z",
        "12:00:00": "T12:00:00Z",
        " 2027-01-31": "T12:00:00Z",
        "2027-01-31\n": "T12:00:00Z",
    },
    "cidr": {
        "": "add a slash and the prefix length",
        "10.0.0.0": "add a slash and the prefix length",
        "10.0.0.1/24": "did you mean 10.0.0.0/24?",
        "2001:DB8::1/64": "did you mean 2001:db8::/64?",
        "10.0.0.0/33": "such as 10.0.0.0/24",
        "10.0.0.0/024": "such as 10.0.0.0/24",
        "10.0.0.0/-1": "such as 10.0.0.0/24",
        "10.0.0.0/0.0.0.255": "such as 10.0.0.0/24",
        "10.0.0.0/": "such as 10.0.0.0/24",
        "/24": "such as 10.0.0.0/24",
        "010.0.0.0/8": "leave out the zeros in front",
        "10.0.0.0 /24": "leave out the blanks",
        "fe80::%eth0/64": "leave out the zone",
        "2001:db8::/ffff:ffff::": "such as 10.0.0.0/24",
        "2001:db8::/129": "such as 10.0.0.0/24",
    },
    "netmask": {
        "": "such as 255.255.255.0",
        "255.0.255.0": "such as 255.255.255.0",
        "0.0.0.255": "such as 255.255.255.0",
        "255.255.255.00": "leave out the zeros in front",
        "129": "such as 255.255.255.0",
        "024": "leave out the zeros in front",
        "word": "such as 255.255.255.0",
    },
}


class TestTexts(base.TestCase):
    def test_valid_ones_have_a_canonical_spelling(self):
        for format, texts in VALID.items():
            for text, wanted in texts.items():
                found = formats.canonical(format, text)
                self.assertEqual(wanted, found, text)
                self.assertEqual(found, formats.canonical(format, found))

    def test_others_are_refused_with_a_reason(self):
        for format, texts in INVALID.items():
            for text, end in texts.items():
                error = self.assertRaises(ValueError, formats.canonical, format, text)
                self.assertTrue(str(error).startswith("is not a"), f"{text!r}: {error}")
                self.assertTrue(str(error).endswith(end), f"{text!r}: {error}")

    def test_all_spellings_of_a_value_meet(self):
        same: list[tuple[formats.Format, list[str]]] = [
            ("ip", ["10.0.0.1", "::ffff:10.0.0.1", "::FFFF:a00:1", "0:0:0:0:0:ffff:0a00:0001"]),
            ("ip", ["2001:db8::1", "2001:DB8::1", "2001:db8:0:0::0001"]),
            ("cidr", ["10.0.0.0/24", "10.0.0.0/255.255.255.0", "::ffff:10.0.0.0/120"]),
            ("cidr", ["2001:db8::/32", "2001:DB8:0:0::/32"]),
            ("netmask", ["255.255.255.0", "24", "/24"]),
            ("time", ["2027-01-31", "2027-01-31T00:00:00Z", "2027-01-31T02:00:00+02:00"]),
            (
                "time",
                ["2027-01-31T12:00:00.5", "20270131T120000.500Z"],
            ),
            ("netmask", ["ffff:ffff:ffff:ffff::", "64", "FFFF:FFFF:FFFF:FFFF:0:0:0:0"]),
        ]
        for format, texts in same:
            for stored in texts:
                for asked in texts:
                    found = formats.spellings(format, asked)
                    self.assertIn(formats.canonical(format, stored), found)
                    self.assertLessEqual(len(found), 4)

    def test_other_values_do_not_meet(self):
        pairs: list[tuple[formats.Format, str, str]] = [
            ("ip", "10.0.0.1", "10.0.0.10"),
            ("ip", "10.0.0.1", "::10.0.0.1"),
            ("cidr", "10.0.0.0/24", "10.0.0.0/25"),
            ("netmask", "255.255.255.0", "ffff:ff00::"),
            ("netmask", "24", "25"),
        ]
        for format, one, other in pairs:
            self.assertNotIn(formats.canonical(format, one), formats.spellings(format, other))

    def test_a_text_without_the_format_equals_itself(self):
        for format, texts in INVALID.items():
            for text in texts:
                self.assertEqual([text], formats.spellings(format, text))


class TestObjects(base.TestCase):
    fields = toys.Segment.fields()

    def conflicts(self, *changes: str, **values: t.Any) -> list[str]:
        """Return the conflicts of values, of which some change."""
        return formats.conflicts(self.fields, values, changes or values)

    def test_every_value_without_its_format_is_named(self):
        found = formats.problems(
            self.fields,
            {"area": "x", "router": "y", "mask": 5, "unknown": "z", "servers": ["::1", "w"]},
        )
        self.assertEqual(
            [
                "area: 'x' is not an address range such as 10.0.0.0/24; add a slash and the "
                "prefix length",
                "router: 'y' is not an IPv4 or IPv6 address",
                "servers: 'w' is not an IPv4 or IPv6 address",
            ],
            found,
        )

    def test_values_that_fit(self):
        cases: dict[str, list[dict[str, str | None]]] = {
            "10.0.0.0/24": [
                {"router": "10.0.0.0", "mask": "255.255.255.0", "part": "10.0.0.0/24"},
                {"router": "::ffff:10.0.0.255", "mask": "24", "part": "10.0.0.128/25"},
                {"part": "::ffff:10.0.0.0/121"},
            ],
            "::ffff:10.0.0.0/120": [{"router": "10.0.0.9", "mask": "255.255.255.0"}],
            "2001:DB8::/64": [
                {"router": "2001:db8::FFFF", "mask": "ffff:ffff:ffff:ffff::"},
                {"router": None, "mask": "64", "part": "2001:db8::/65"},
            ],
        }
        for area, values in cases.items():
            for value in values:
                self.assertEqual([], self.conflicts(area=area, **value), str(value))

    def test_values_that_do_not(self):
        cases: tuple[tuple[dict[str, str], str], ...] = (
            ({"router": "10.0.1.1"}, "router: '10.0.1.1' is not in the area '10.0.0.0/24'"),
            ({"router": "::1"}, "router: '::1' is not in the area '10.0.0.0/24'"),
            (
                {"mask": "255.255.0.0"},
                "mask: '255.255.0.0' is not the netmask of the area '10.0.0.0/24', which is "
                "255.255.255.0",
            ),
            (
                {"mask": "25"},
                "mask: '25' is not the netmask of the area '10.0.0.0/24', which is "
                "255.255.255.0",
            ),
            ({"part": "10.0.0.0/23"}, "part: '10.0.0.0/23' is not in the area '10.0.0.0/24'"),
            ({"part": "::/0"}, "part: '::/0' is not in the area '10.0.0.0/24'"),
        )
        for values, wanted in cases:
            self.assertEqual([wanted], self.conflicts(area="10.0.0.0/24", **values))

    def test_a_router_may_have_a_link_local_address_of_ipv6(self):
        for router in ("fe80::1", "FE80:0::ab"):
            self.assertEqual([], self.conflicts(area="2001:db8::/64", router=router))
            self.assertEqual(1, len(self.conflicts(area="10.0.0.0/24", router=router)))
        self.assertEqual(1, len(self.conflicts(area="2001:db8::/64", router="169.254.0.1")))
        self.assertEqual(1, len(self.conflicts(area="2001:db8::/64", router="fec0::1")))
        self.assertEqual(1, len(self.conflicts(area="2001:db8::/64", part="fe80::/64")))

    def test_only_changes_are_checked(self):
        values = {"area": "10.0.0.0/24", "router": "10.0.1.1", "mask": "255.255.0.0"}
        self.assertEqual([], self.conflicts("name", **values))
        self.assertEqual(1, len(self.conflicts("router", **values)))
        self.assertEqual(2, len(self.conflicts("area", **values)))

    def test_a_value_that_is_missing_or_invalid_is_in_no_conflict(self):
        self.assertEqual([], self.conflicts(router="10.0.0.1"))
        self.assertEqual([], self.conflicts(area="10.0.0.0/24"))
        self.assertEqual([], self.conflicts(area="stored by earlier versions", router="::1"))
        self.assertEqual([], self.conflicts(area="10.0.0.0/24", router="word"))

    def test_an_unknown_format_is_refused_in_the_declaration(self):
        error = self.assertRaises(ValueError, Field, str, "x", format="ipv4")
        self.assertIn("'ipv4'", str(error))


class TestManagers(base.TestCase):
    """Managers refuse invalid values before they send them."""

    def setUp(self):
        super().setUp()
        self.session = fakes.FakeSession(fakes.answer({"id": 1}))

    def refused(self, call: t.Callable[..., t.Any], *args: t.Any, **fields: t.Any) -> str:
        """Check that a call is refused without a request, and return the message."""
        error = self.assertRaises(exceptions.BadRequest, call, *args, **fields)
        self.assertEqual([], self.session.calls)
        self.assertIsNone(error.response)
        self.assertEqual(400, error.status_code)
        return str(error)

    def test_every_field_with_a_format(self):
        for name in v1.COLLECTIONS:
            kind = v1.kind(name)
            manager = kind.manager(self.session, fakes.URL)  # type: ignore[arg-type]
            for field in kind.fields.values():
                if field.format is None:
                    continue
                for text in INVALID[field.format]:
                    wanted = f"{field.name}: {text!r} is not "
                    for call, args, allowed in (
                        (manager.create, (), kind.can("create")),
                        (manager.update, (1,), field.update and kind.can("update")),
                    ):
                        if allowed:
                            said = self.refused(call, *args, **{field.name: text})
                            self.assertTrue(said.startswith(wanted), said)

    def test_values_that_do_not_fit_together(self):
        networks = v1.manager("networks")(self.session, fakes.URL)  # type: ignore[arg-type]
        for call, args in ((networks.create, ()), (networks.update, (1,))):
            said = self.refused(call, *args, cidr="10.0.0.0/24", gateway="10.0.1.1")
            self.assertEqual("gateway: '10.0.1.1' is not in the cidr '10.0.0.0/24'", said)

    def test_a_kind_of_another_package(self):
        segments = toys.SegmentManager(self.session, fakes.URL)  # type: ignore[arg-type]
        said = self.refused(segments.create, name="x", area="10.0.0.0/24", router="10.9.0.1")
        self.assertIn("router: '10.9.0.1'", said)
