# SPDX-License-Identifier: Apache-2.0
"""``/metrics``: what is measured, that it is bounded, and who may read it."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
import typing as t

from falcon import testing
from prometheus_client import parser

from cratonclient.tests import structure
from cratonclient.tests.integration.osc.programs import clean_environment
from cratonclient.tests.integration.server import base
from cratonserver import composition
from cratonserver.config.settings import Limits, Metrics, Proxies, Settings
from cratonserver.metrics import quota_use

DASHBOARD = structure.ROOT / "doc" / "source" / "server" / "grafana-dashboard.json"

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str) -> Samples:
    """Return the values of the text format of Prometheus, by name and labels."""
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in parser.text_string_to_metric_families(text)
        for one in family.samples
    }


class MetricsTestCase(base.ServerTestCase):
    #: Count the use of quotas, which takes a connection in another thread.
    counts_quotas = False

    def setUp(self):
        super().setUp()
        if not self.counts_quotas:
            self.patch(quota_use.QuotaUse, "collect", lambda _self: [])

    def serve(self, settings: Settings = Settings()) -> base.Caller:  # noqa: B008
        """Return root, who sends requests to a new application with its own metrics."""
        return base.Caller(composition.application_of(self.store, settings), self.root.headers)

    def scrape(self, caller: base.Caller, **more: t.Any) -> testing.Result:
        """Read the metrics, by default from the machine of the server."""
        return testing.simulate_get(
            caller.application, "/metrics", **{"remote_addr": "127.0.0.1", **more}
        )

    def value(self, caller: base.Caller, name: str, **labels: str) -> float:
        """Return the value of a time series, 0 if it does not exist."""
        found = samples(self.scrape(caller).text)
        return found.get((name, tuple(sorted(labels.items()))), 0.0)


class TestRequests(MetricsTestCase):
    def test_requests_are_counted_by_route_and_status(self):
        root = self.serve()
        cloud = root.make("clouds")["id"]
        for item_id in (cloud, cloud, base.NOWHERE):
            root.get(f"/clouds/{item_id}")

        for status, number in (("200", 2), ("404", 1)):
            labels = {"method": "GET", "route": "/v1/clouds/{item_id}", "status": status}
            self.assertEqual(number, self.value(root, "craton_requests_total", **labels))
        labels = {"method": "POST", "route": "/v1/clouds"}
        name = "craton_request_duration_seconds"
        self.assertEqual(1, self.value(root, f"{name}_count", **labels))
        self.assertLess(0, self.value(root, f"{name}_sum", **labels))

    def test_requests_without_credentials_have_their_route(self):
        root = self.serve()
        base.Caller(root.application, {}).get("/hosts/7/variables")

        labels = {"method": "GET", "route": "/v1/hosts/{item_id}/variables", "status": "401"}
        self.assertEqual(1, self.value(root, "craton_requests_total", **labels))

    def test_no_client_can_add_time_series(self):
        root = self.serve(Settings(limits=Limits(url_length=300)))

        def call(number: int) -> None:
            text = f"x{number}"
            for path in (f"/{text}", f"/v1/{text}", f"/v1/hosts/{text}", f"/v1/hosts/{text}/y"):
                testing.simulate_get(root.application, path, headers=root.headers)
            testing.simulate_get(root.application, f"/v1/hosts?{text}", headers=root.headers)
            testing.simulate_get(root.application, f"/v1/{'x' * 400}{number}")
            testing.simulate_request(root.application, f"M{number}", "/v1/hosts")
            testing.simulate_request(root.application, f"M{number}", f"/v1/{text}")

        call(0)
        self.scrape(root)
        before = set(samples(self.scrape(root).text))
        for number in range(1, 30):
            call(number)
        found = samples(self.scrape(root).text)

        self.assertEqual(before, set(found))
        self.assertNotIn("x1", self.scrape(root).text)
        labels = (("method", "other"), ("route", "/v1/hosts"), ("status", "401"))
        self.assertEqual(30, found["craton_requests_total", labels])
        labels = (("method", "GET"), ("route", "unknown"), ("status", "404"))
        self.assertEqual(90, found["craton_requests_total", labels])

    def test_refusals_are_counted_by_limit_or_kind(self):
        root = self.serve(Settings(limits=Limits(body_size=1024)))
        root.post("/clouds", {"name": "x" * 2000})
        root.post("/clouds", {})
        root.get(f"/clouds/{base.NOWHERE}")
        base.Caller(root.application, {}).get("/hosts")

        for reason in ("body_size", "invalid", "not_found", "not_authenticated"):
            number = self.value(root, "craton_refusals_total", reason=reason)
            self.assertEqual(1, number, reason)


class TestConnections(MetricsTestCase):
    def test_the_pool_is_measured(self):
        root = self.serve()
        root.get("/clouds")

        def now(name: str) -> float:
            return self.value(root, f"craton_database_connections{name}", database="primary")

        self.assertLessEqual(1, now(""))
        self.assertEqual((0, 0), (now("_in_use"), now("_waiting")))
        with self.store.read(), self.store.read():
            self.assertEqual(2, now("_in_use"))
            self.assertLessEqual(2, now(""))
        self.assertEqual(0, now("_in_use"))

    def test_a_lost_connection_is_not_counted_for_ever(self):
        root = self.serve()
        with self.store.engine.connect() as connection:
            connection.invalidate()
        self.store.engine.dispose()

        primary = {"database": "primary"}
        self.assertEqual(0, self.value(root, "craton_database_connections", **primary))
        with self.store.read():  # the new pool is measured, too
            in_use = self.value(root, "craton_database_connections_in_use", **primary)
            self.assertEqual(1, in_use)


class TestReaders(MetricsTestCase):
    def test_by_default_only_the_machine_of_the_server_reads(self):
        root = self.serve()
        for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
            self.assertEqual(200, self.scrape(root, remote_addr=address).status_code, address)
        for address in ("192.0.2.1", "::2", ""):
            self.assertEqual(403, self.scrape(root, remote_addr=address).status_code, address)

    def test_credentials_of_the_api_do_not_help(self):
        root = self.serve()
        answer = self.scrape(root, remote_addr="192.0.2.1", headers=root.headers)

        self.assertEqual(403, answer.status_code)

    def test_a_proxy_on_the_machine_does_not_make_clients_near(self):
        root = self.serve()
        for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
            answer = self.scrape(root, headers={name: "for=192.0.2.1"})
            self.assertEqual(403, answer.status_code, name)

    def test_the_address_that_a_trusted_proxy_names_counts(self):
        root = self.serve(
            Settings(
                metrics=Metrics(metrics_from=("192.0.2.0/24",)),
                proxies=Proxies(trusted_proxy="127.0.0.1"),
            )
        )
        for address, status in (("192.0.2.1", 200), ("198.51.100.1", 403)):
            answer = self.scrape(root, headers={"X-Forwarded-For": address})
            self.assertEqual(status, answer.status_code, address)

    def test_any_address_if_so_configured(self):
        root = self.serve(Settings(metrics=Metrics(metrics_from=("*",))))

        self.assertEqual(200, self.scrape(root, remote_addr="192.0.2.1").status_code)

    def test_a_token_works_from_any_address(self):
        file = self.folder() / "token"
        file.write_text("s3cret\n")
        settings = Metrics(metrics_from=(), metrics_token_file=str(file))
        root = self.serve(Settings(metrics=settings))

        def status(*words: str) -> int:
            headers = {"Authorization": " ".join(words)} if words else {}
            return self.scrape(root, headers=headers).status_code

        self.assertEqual(200, status("Bearer", "s3cret"))
        for words in ((), ("Bearer", "s3cre"), ("Bearer", ""), ("Basic", "s3cret")):
            self.assertEqual(401, status(*words), str(words))
        file.write_text("other")
        self.assertEqual((401, 200), (status("Bearer", "s3cret"), status("Bearer", "other")))
        file.write_text("")
        self.assertEqual(401, status("Bearer", ""))

    def test_nothing_is_measured_for_nobody(self):
        root = self.serve(Settings(metrics=Metrics(metrics_from=())))

        self.assertEqual(404, self.scrape(root, headers=root.headers).status_code)

    def test_the_names_of_tenants_are_not_in_them(self):
        root = self.serve()
        member = self.member()
        member.application = root.application
        made = member.make("clouds", name="tenant-cloud")
        member.get(f"/clouds/{made['id']}")
        text = self.scrape(root).text

        for secret in (member.project_id, member.headers["X-Auth-User"], "tenant-cloud"):
            self.assertNotIn(secret, text)


class TestProcesses(MetricsTestCase):
    def test_a_scrape_shows_the_sum_over_processes(self):
        code = """
import json, os
from cratonserver.metrics import processes
with processes.shared_folder():
    from cratonserver.metrics import collection
    made = collection.Metrics()
    for number in range(1, 4):
        if not os.fork():
            for _ in range(number):
                made.answered("GET", "/x", 200, 0.1)
            made.connections_in_use.labels("primary").inc(number)
            os._exit(0)
        os.wait()
    made.answered("GET", "/x", 200, 0.1)
    made.connections_in_use.labels("primary").inc(5)
    private = oct(os.stat(processes.folder()).st_mode & 0o777)
    print(json.dumps([private, made.text().decode(), processes.folder()]))
"""
        private, text, folder = json.loads(
            subprocess.check_output(
                [sys.executable, "-c", code], env=clean_environment(str(self.folder()))
            )
        )
        found = samples(text)

        labels = (("method", "GET"), ("route", "unknown"), ("status", "200"))
        self.assertEqual(7, found["craton_requests_total", labels])
        # The counters of ended processes count, their connections do not.
        primary = (("database", "primary"),)
        self.assertEqual(5, found["craton_database_connections_in_use", primary])
        self.assertEqual("0o700", private)
        self.assertFalse(pathlib.Path(folder).exists())


class TestQuotas(MetricsTestCase):
    counts_quotas = True

    def counted(self, **settings: t.Any) -> tuple[base.Caller, str]:
        """Return a new application, and its metrics after the first count."""
        root = self.serve(Settings(metrics=Metrics(**settings)))
        while "craton_quota_total_in_use{" not in (text := self.scrape(root).text):
            pass  # the first scrape begins to count
        return root, text

    def test_the_highest_use_is_shown_without_the_project(self):
        member = self.member()
        self.root.put(f"/quotas/{member.project_id}", {"clouds": 4})
        for _ in range(3):
            member.make("clouds", variables={"a": 1})
        _, text = self.counted()
        found = samples(text)

        labels = (("resource", "clouds"),)
        self.assertEqual(0.75, found["craton_quota_highest_use_ratio", labels])
        self.assertLessEqual(3, found["craton_quota_total_in_use", labels])
        bytes_used = found["craton_quota_total_in_use", (("resource", "variables_bytes"),)]
        self.assertLessEqual(6, bytes_used)
        self.assertNotIn(member.project_id, text)

    def test_projects_are_shown_if_that_is_configured(self):
        member = self.member()
        self.root.put(f"/quotas/{member.project_id}", {"clouds": 4, "hosts": -1})
        member.make("clouds", variables={"a": 1})
        self.member().make("clouds", variables={"a": 1})
        _, text = self.counted(metrics_projects=True)
        found = samples(text)

        labels = (("project", member.project_id), ("resource", "clouds"))
        self.assertEqual(1, found["craton_quota_in_use", labels])
        self.assertEqual(4, found["craton_quota_limit", labels])
        labels = (("project", member.project_id), ("resource", "variables_bytes"))
        self.assertEqual(2, found["craton_quota_in_use", labels])
        labels = (("project", member.project_id), ("resource", "hosts"))
        self.assertNotIn(("craton_quota_limit", labels), found)


class TestDashboard(MetricsTestCase):
    counts_quotas = True

    def queries(self) -> list[str]:
        """Return the queries of all panels."""
        dashboard = json.loads(DASHBOARD.read_text("utf-8"))
        return [q["expr"] for panel in dashboard["panels"] for q in panel.get("targets", ())]

    def exposed(self) -> str:
        """Return metrics with all that exists."""
        root = self.serve(Settings(metrics=Metrics(metrics_projects=True)))
        root.get(f"/clouds/{base.NOWHERE}")
        while "craton_quota_limit{" not in (text := self.scrape(root).text):
            pass  # the first scrape begins to count
        return text

    def test_its_queries_name_metrics_that_exist(self):
        known = {name for name, _ in samples(self.exposed())}

        self.assertLess(5, len(self.queries()))
        for query in self.queries():
            named = re.findall(r"\bcraton_\w+", query)
            self.assertTrue(named, query)
            self.assertLessEqual(set(named), known, query)

    def test_every_metric_is_in_a_query(self):
        text = " ".join(self.queries())
        for family in parser.text_string_to_metric_families(self.exposed()):
            self.assertIn(family.name, text)
