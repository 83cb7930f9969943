# SPDX-License-Identifier: Apache-2.0
"""Pagination, including servers that send wrong or malicious links."""

from __future__ import annotations

import contextlib
import itertools
import typing as t

from cratonclient import exceptions
from cratonclient.lists import pagination
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes

URL = "http://craton.example/v1/hosts"
EMPTY: dict[str, t.Any] = {"hosts": [], "links": []}


def page(*ids: int, link: object = None, url: str = URL, key: str = "hosts"):
    """Build the response with a page of a list; ``link`` leads to the next page."""
    links = [{"rel": "first", "href": URL}, {"rel": "self", "href": URL}]
    if link is not None:
        links.append({"rel": "next", "href": t.cast("str", link)})
    return fakes.answer({key: [{"id": i} for i in ids], "links": links}, url=url)


class TestWalk(base.TestCase):
    def walk(self, *answers, url=URL, **kwargs):
        """Read all pages and return the ids of each page."""
        session, self.below = fakes.session_on(*answers)
        pages = session.paginate(url, "hosts", **kwargs)
        return [[item["id"] for item in items] for _, items in pages]

    def test_it_follows_next_until_an_empty_page(self):
        second, third = f"{URL}?marker=2", f"{URL}?marker=3"

        found = self.walk(page(1, 2, link=second), page(3, link=third), page())

        self.assertEqual([[1, 2], [3], []], found)
        self.assertEqual([URL, second, third], self.below.urls)

    def test_each_step_gives_the_answer_and_its_objects(self):
        response = page(1)
        session, _ = fakes.session_on(response)

        [step] = session.paginate(URL, "hosts")

        self.assertIs(response, step[0])
        self.assertEqual([{"id": 1}], step[1])
        self.assertEqual((response, [{"id": 1}]), step)

    def test_it_ends_where_there_is_no_next(self):
        self.assertEqual([[1]], self.walk(page(1)))

    def test_it_ends_after_an_empty_page_that_has_a_next(self):
        self.assertEqual([[]], self.walk(page(link=f"{URL}?marker=1")))

    def test_it_ends_where_there_are_no_links(self):
        items = {"hosts": [{"id": 7}]}
        shapes: list[t.Any] = [None, {}, "next", ["x", 1, {"rel": "next"}]]
        for links in shapes:
            self.assertEqual([[7]], self.walk(fakes.answer({**items, "links": links})))
        self.assertEqual([[7]], self.walk(fakes.answer(items)))

    def test_a_next_that_is_no_text_is_an_error(self):
        for link in (5, ["x"], {"url": "x"}):
            self.assertRaises(exceptions.UnexpectedResponse, self.walk, page(1, link=link))

    def test_without_autopaginate_there_is_one_page(self):
        found = self.walk(page(1, link=f"{URL}?marker=1"), autopaginate=False)

        self.assertEqual([[1]], found)
        self.assertEqual(1, len(self.below.calls))

    def test_autopaginate_and_nested_may_be_given_by_position(self):
        body = {"hosts": {"a": [{"id": 1}]}, "links": [{"rel": "next", "href": URL + "?m=1"}]}
        session, below = fakes.session_on(fakes.answer(body))

        pages = list(session.paginate(URL, "hosts", False, True))

        self.assertEqual([[{"id": 1}]], [items for _, items in pages])
        self.assertEqual(1, len(below.calls))

    def test_keywords_go_with_the_first_request_only(self):
        self.walk(page(1, link=f"{URL}?limit=10&marker=1"), page(), params={"limit": 10})

        first, second = self.below.calls
        self.assertEqual({"limit": 10}, first["params"])
        self.assertNotIn("params", second)

    def test_nothing_is_asked_for_before_it_is_needed(self):
        session, below = fakes.session_on(page(1, link=f"{URL}?marker=1"), page())

        pages = session.paginate(URL, "hosts")
        self.assertEqual(0, len(below.calls))
        next(pages)
        self.assertEqual(1, len(below.calls))
        next(pages)
        self.assertEqual(2, len(below.calls))

    def test_nested_lists_are_put_in_a_row(self):
        body = {
            "devices": {"hosts": [{"id": 1}], "network-devices": [{"id": 2}, {"id": 3}]},
            "links": [],
        }
        session, _ = fakes.session_on(fakes.answer(body))

        [(_, items)] = session.paginate(URL, "devices", nested=True)

        self.assertEqual([1, 2, 3], sorted(item["id"] for item in items))

    def test_nested_lists_that_are_empty_end_it(self):
        body = {
            "devices": {"hosts": [], "network-devices": []},
            "links": [{"rel": "next", "href": f"{URL}?marker=1"}],
        }
        session, _ = fakes.session_on(fakes.answer(body))

        self.assertEqual([[]], [p.items for p in session.paginate(URL, "devices", nested=True)])

    def test_an_error_in_the_middle_is_raised_after_the_pages_before_it(self):
        session, _ = fakes.session_on(
            page(1, link=f"{URL}?marker=1"), fakes.answer({"message": "Marker"}, 400)
        )
        pages = session.paginate(URL, "hosts")

        self.assertEqual([{"id": 1}], next(pages).items)
        self.assertRaises(exceptions.BadRequest, next, pages)


class TestLinks(base.TestCase):
    def second_url(self, link, url=URL):
        """Return the URL of the second page, which must be fetched."""
        session, below = fakes.session_on(page(1, link=link, url=url), page())
        list(session.paginate(url, "hosts"))
        return below.urls[1]

    def refused(self, link, url=URL):
        """Check that a link is not followed, and return the error."""
        session, below = fakes.session_on(page(1, link=link, url=url), page())
        pages = session.paginate(url, "hosts")
        next(pages)
        error = self.assertRaises(exceptions.UnexpectedResponse, next, pages)
        self.assertEqual([url], below.urls)
        return error

    def test_a_server_may_write_any_host_port_and_prefix(self):
        for link in (
            "http://internal.example/v1/hosts?marker=1",
            "http://craton.example:8080/v1/hosts?marker=1",
            "https://public.example/inventory/v1/hosts?marker=1",
            "http://craton.example:99999999/v1/hosts?marker=1",
            "http://craton.example:x/hosts?marker=1",
            "//internal.example/v1/hosts/?marker=1",
        ):
            self.assertEqual(f"{URL}?marker=1", self.second_url(link), link)

    def test_a_link_below_a_prefix_stays_below_it(self):
        url = "https://proxy.example/craton/v1/hosts"

        found = self.second_url("http://10.0.0.7:7780/v1/hosts?limit=10&marker=1", url)

        self.assertEqual(f"{url}?limit=10&marker=1", found)

    def test_no_request_leaves_the_server(self):
        for link in (
            "http://craton.example.evil.example/v1/hosts",
            "http://craton.example@evil.example/v1/hosts",
            "//evil.example/v1/hosts",
            "http:\\\\evil.example/v1/hosts",
            "///evil.example/v1/hosts",
            "http://evil.example#@craton.example/",
            "http://[evil.example/v1/hosts",
        ):
            session, below = fakes.session_on(page(1, link=link), page())
            with contextlib.suppress(exceptions.UnexpectedResponse):
                list(session.paginate(URL, "hosts"))
            for url in below.urls:
                self.assertTrue(url.startswith(URL), f"{link}: {url}")

    def test_another_list_is_refused(self):
        for link in ("http://craton.example/v1/users?marker=1", "/v1/hosts/1?marker=1", "/"):
            self.assertIn("not the same list", str(self.refused(link)))

    def test_a_script_is_refused(self):
        self.refused("javascript:alert(1)")
        self.refused("data:application/json,{}")
        self.refused("file:///etc/passwd")

    def test_a_link_cannot_command_a_terminal(self):
        error = self.refused("http://evil.example/\x1b]0;x\x07")

        self.assertNotIn("\x1b", str(error))
        self.assertNotIn("\x07", str(error))

    def test_a_link_without_tls_to_the_same_server_goes_over_tls(self):
        link = "http://craton.example/v1/hosts?marker=1"

        found = self.second_url(link, url="https://craton.example/v1/hosts")

        self.assertEqual("https://craton.example/v1/hosts?marker=1", found)

    def test_the_port_of_the_scheme_may_be_said(self):
        for scheme, port in (("http", 80), ("https", 443)):
            link = f"{scheme}://craton.example:{port}/v1/hosts?marker=1"

            found = self.second_url(link, url=f"{scheme}://craton.example/v1/hosts")

            self.assertEqual(f"{scheme}://craton.example/v1/hosts?marker=1", found)

    def test_a_link_without_the_port_goes_to_the_port(self):
        link = "http://craton.example/v1/hosts?marker=1"

        found = self.second_url(link, url="https://craton.example:8443/v1/hosts")

        self.assertEqual("https://craton.example:8443/v1/hosts?marker=1", found)

    def test_the_case_of_a_host_does_not_matter(self):
        found = self.second_url("http://CRATON.example/v1/hosts?marker=1")

        self.assertEqual("http://craton.example/v1/hosts?marker=1", found)

    def test_relative_links_are_followed(self):
        self.assertEqual(f"{URL}?marker=1", self.second_url("?marker=1"))
        self.assertEqual(f"{URL}?marker=1", self.second_url("/v1/hosts?marker=1"))

    def test_user_and_password_in_a_link_are_left_out(self):
        found = self.second_url("http://a:b@craton.example/v1/hosts?marker=1")

        self.assertEqual(f"{URL}?marker=1", found)

    def test_the_first_answer_says_where_a_relative_url_is(self):
        session, below = fakes.session_on(
            page(1, link="http://craton.example/v1/hosts?marker=1"), page()
        )

        list(session.paginate("/hosts", "hosts"))

        self.assertEqual(["/hosts", f"{URL}?marker=1"], below.urls)

    def test_a_relative_url_does_not_open_the_door_to_other_servers(self):
        session, below = fakes.session_on(
            page(1, link="http://evil.example/hosts?marker=1"), page()
        )

        list(session.paginate("/hosts", "hosts"))

        self.assertEqual(["/hosts", f"{URL}?marker=1"], below.urls)


class TestLoops(base.TestCase):
    def requests_of(self, links):
        """Follow links that repeat for ever, and return the number of requests."""
        answers = [page(n, link=link) for n, link in enumerate(links * 9)]
        session, below = fakes.session_on(*answers)
        error = self.assertRaises(
            exceptions.UnexpectedResponse, list, session.paginate(URL, "hosts")
        )
        self.assertIn("form a cycle", str(error))
        return len(below.calls)

    def test_a_page_that_goes_on_at_itself_ends_the_walk(self):
        self.assertEqual(1, self.requests_of([URL]))
        self.assertEqual(2, self.requests_of([f"{URL}?marker=1"]))

    def test_pages_that_go_in_a_circle_end_the_walk(self):
        links = [f"{URL}?marker={number}" for number in range(3)]

        self.assertEqual(4, self.requests_of(links))

    def test_the_order_of_parameters_does_not_hide_a_circle(self):
        links = [f"{URL}?limit=10&marker=1", f"{URL}?marker=1&limit=10"]

        self.assertEqual(2, self.requests_of(links))

    def test_a_row_that_comes_again_under_other_markers_ends_the_walk(self):
        answers = [page(1, link=f"{URL}?marker={number}") for number in range(9)]
        session, below = fakes.session_on(*answers)

        pages = session.paginate(URL, "hosts")

        self.assertEqual([{"id": 1}], next(pages).items)
        error = self.assertRaises(exceptions.UnexpectedResponse, next, pages)
        self.assertIn("form a cycle", str(error))
        self.assertEqual(2, len(below.calls))

    def test_objects_without_ids_are_not_taken_for_the_same(self):
        answers = [
            {"hosts": [{"name": "a"}], "links": [{"rel": "next", "href": f"{URL}?marker=a"}]},
            {"hosts": [{"name": "b"}], "links": []},
        ]
        session, _ = fakes.session_on(*map(fakes.answer, answers))

        pages = session.paginate(URL, "hosts")

        self.assertEqual([[{"name": "a"}], [{"name": "b"}]], [page.items for page in pages])


class TestEndless(base.TestCase):
    """A list that does not end is an error, and not a program that does not end."""

    def walk(self, rows: int, limit: int, grows: str = "", **options: t.Any) -> str:
        """Read a list whose pages always have new objects, and return the error."""
        session = EndlessServer(rows, limit, grows)
        self.count = 0
        with self.assertRaises(exceptions.UnexpectedResponse) as caught:
            for one in pagination.walk(session.get, URL, "hosts", **{**WALK, **options}):
                self.count += len(one.items)
        return str(caught.exception)

    def test_the_number_of_objects_is_bounded(self):
        error = self.walk(100, 100)

        self.assertIn(f"{URL} does not end", error)
        self.assertIn("1000000 objects", error)
        self.assertEqual(1_000_000, self.count)

    def test_the_bound_can_be_chosen(self):
        self.assertIn("300 objects", self.walk(100, 100, max_items=300))

    def test_pages_that_are_not_full_do_not_go_on_for_ever(self):
        for limit in (100, 0):
            self.assertIn("101 pages in succession", self.walk(1, limit))

    def test_links_do_not_grow_for_ever(self):
        self.assertIn("65536 characters", self.walk(100, 100, "x" * 20_000))


#: The arguments of a walk.
WALK: t.Any = {
    "autopaginate": True,
    "nested": False,
    "short_is_last": False,
    "max_items": pagination.MAX_OBJECTS,
}


class EndlessServer:
    """A server whose list never ends."""

    def __init__(self, rows: int, limit: int, grows: str) -> None:
        self.rows, self.limit, self.grows = rows, limit, grows
        self.ids, self.junk = itertools.count(), ""

    def get(self, url: str) -> t.Any:
        self.junk += self.grows
        ids = list(itertools.islice(self.ids, self.rows))
        limit = f"&limit={self.limit}" if self.limit else ""
        return page(*ids, link=f"{URL}?marker={ids[-1]}{limit}&junk={self.junk}")


class Rows:
    """A server whose markers are ids only, with rows that can be deleted."""

    def __init__(self, count: int, limit: int = 3) -> None:
        self.ids, self.limit, self.seen = list(range(1, count + 1)), limit, 0

    def get(self, url: str, **kwargs: t.Any) -> t.Any:
        self.seen += 1
        marker = url.partition("marker=")[2]
        if marker and int(marker) not in self.ids:
            body = {"message": f'Marker "{marker}" does not exist'}
            raise exceptions.error_from(fakes.answer(body, 400))
        found = [n for n in self.ids if n > int(marker or 0)][: self.limit]
        link = f"{URL}?limit={self.limit}&marker={found[-1]}" if found else None
        return page(*found, link=link, url=url)

    def walk(self, **options: t.Any) -> t.Iterator[pagination.Page]:
        return pagination.walk(self.get, URL, "hosts", **{**WALK, **options})


class TestDeletedRows(base.TestCase):
    """Rows may be deleted while a list is read, also if markers are ids only."""

    def test_who_deletes_each_object_gets_all_of_them(self):
        for count in range(10):
            server = Rows(count)
            for item in pagination.objects(server.walk()):
                server.ids.remove(item["id"])
            self.assertEqual([], server.ids, f"{count} rows")

    def test_who_deletes_each_page_gets_all_of_them(self):
        for count in range(10):
            server = Rows(count)
            for one in pagination.ahead(server.walk()):
                for item in one.items:
                    server.ids.remove(item["id"])
            self.assertEqual([], server.ids, f"{count} rows")

    def test_others_may_delete_any_row_at_any_time(self):
        for pages in range(1, 4):
            for gone in ([3], [6], [2, 3], [4, 5, 6], [3, 6], [1, 2, 3]):
                server = Rows(9)
                found = []
                for number, one in enumerate(server.walk(), 1):
                    found += [item["id"] for item in one.items]
                    if number == pages:
                        server.ids = [n for n in server.ids if n not in gone]
                self.assertEqual(len(found), len(set(found)), f"{pages} {gone}")
                self.assertLessEqual(set(server.ids), set(found), f"{pages} {gone}")

    def test_a_marker_that_cannot_be_replaced_is_an_error(self):
        server = Rows(9)
        pages = server.walk()
        next(pages)
        next(pages)
        server.ids = [7, 8, 9]

        error = self.assertRaises(exceptions.BadRequest, next, pages)

        self.assertIn('Marker "6" does not exist', str(error))
        self.assertLess(server.seen, 10)

    def test_the_page_after_is_asked_for_no_sooner_than_needed(self):
        server = Rows(7)
        found = pagination.objects(server.walk())

        seen = [server.seen for _ in found]
        self.assertEqual([1, 1, 2, 2, 2, 3, 4], seen)

    def test_an_error_does_not_take_away_the_last_object(self):
        server = Rows(6)
        found = pagination.objects(server.walk())
        first = [next(found)["id"], next(found)["id"]]
        server.ids = []

        self.assertEqual([1, 2, 3], [*first, next(found)["id"]])
        self.assertEqual([], list(found))

    def test_markers_with_values_need_no_row(self):
        link = f"{URL}?marker=3&marker_values=%5B%5D"
        session, below = fakes.session_on(page(1, 2, 3, link=link), page())

        pages = pagination.ahead(session.paginate(URL, "hosts"))

        self.assertIsNone(next(pages).marker)
        self.assertEqual(1, len(below.calls))

    def test_the_marker_of_nested_lists_may_be_any_object(self):
        link = "http://craton.example/v1/devices?marker=2"
        body = {
            "devices": {"hosts": [{"id": 1}, {"id": 2}], "network-devices": [{"id": 9}]},
            "links": [{"rel": "next", "href": link}],
        }
        empty = {"devices": {"hosts": [], "network-devices": []}, "links": []}
        session, below = fakes.session_on(fakes.answer(body), fakes.answer(empty))
        url = "http://craton.example/v1/devices"

        found = pagination.objects(session.paginate(url, "devices", nested=True))

        self.assertEqual(1, next(found)["id"])
        self.assertEqual(1, len(below.calls))
        self.assertEqual(2, next(found)["id"])
        self.assertEqual(2, len(below.calls))


class TestShortPages(base.TestCase):
    """Pagination may stop at a page with fewer objects than the limit in its link."""

    def requests_of(self, *answers, **options):
        session, below = fakes.session_on(*answers)
        pages = session.paginate(URL, "hosts", **options)
        items = [item["id"] for page in pages for item in page.items]
        return items, len(below.calls)

    def test_it_ends_there_if_asked_to(self):
        short = page(1, link=f"{URL}?limit=10&marker=1")
        self.assertEqual(([1], 1), self.requests_of(short, page(), short_is_last=True))
        self.assertEqual(([1], 2), self.requests_of(short, page()))

    def test_a_full_page_is_not_the_last(self):
        full = page(1, 2, link=f"{URL}?limit=2&marker=2")
        wanted = ([1, 2, 3], 2)
        last = page(3, link=f"{URL}?limit=2&marker=3")
        self.assertEqual(wanted, self.requests_of(full, last, page(), short_is_last=True))

    def test_a_link_that_says_nothing_is_followed(self):
        for limit in ("", "&limit=", "&limit=many", "&limit=0"):
            first = page(1, link=f"{URL}?marker=1{limit}")
            self.assertEqual(([1], 2), self.requests_of(first, page(), short_is_last=True))


class TestWhatIsNoList(base.TestCase):
    def error_for(self, response):
        session, _ = fakes.session_on(response)
        return self.assertRaises(
            exceptions.UnexpectedResponse, list, session.paginate(URL, "hosts")
        )

    def test_html_is_none(self):
        response = fakes.answer(b"<html>Hello</html>", url="http://wiki.example/")

        error = self.error_for(response)

        self.assertIn("text/html", str(error))
        self.assertIn("http://wiki.example/", str(error))
        self.assertIs(response, error.response)

    def test_json_without_the_key_is_none(self):
        self.assertIn("'hosts'", str(self.error_for(fakes.answer({"servers": []}))))

    def test_json_of_another_shape_is_none(self):
        bodies: list[t.Any] = [None, [], "hosts", 5]
        for body in bodies:
            self.error_for(fakes.answer(body))
        for value in (None, {"a": 1}, 3):
            self.error_for(fakes.answer({"hosts": value}))

    def test_a_list_of_anything_but_objects_is_none(self):
        self.error_for(fakes.answer({"hosts": [1, 2]}))
        self.error_for(fakes.answer({"hosts": [{"id": 1}, None]}))

    def test_nested_lists_are_none_unless_asked_for(self):
        self.error_for(fakes.answer({"hosts": {"hosts": [{"id": 1}]}}))

    def test_a_nested_answer_with_anything_but_lists_is_none(self):
        for value in (None, 1, {"a": {"id": 1}}, "text"):
            self.assert_none_nested({"hosts": value})
        for value in (None, 1, "text"):
            self.assert_none_nested(value)

    def assert_none_nested(self, devices: t.Any) -> None:
        session, _ = fakes.session_on(fakes.answer({"devices": devices}))
        pages = session.paginate(URL, "devices", nested=True)
        self.assertRaises(exceptions.UnexpectedResponse, list, pages)
