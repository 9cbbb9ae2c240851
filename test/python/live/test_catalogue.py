"""The client against a real server."""

from __future__ import annotations

import csv
import datetime
import importlib.util
import io
import json
import os
import re
import tempfile
import threading
import tracemalloc
import unittest
import urllib.request
import uuid
from typing import Any

from server import ADMIN, URL, admin, vxdata

ROWS = int(os.environ.get("ROWS", "4000"))
"""Rows of the walk whose memory is looked at."""

CATALOGUE = {
    "artefacts",
    "changes",
    "exports",
    "grants",
    "history",
    "lineage",
    "objects",
    "query",
    "registrations",
    "resources",
    "schemas",
    "service",
    "statistics",
}
"""Tags of the calls that belong to the catalogue, and of the admin's these:"""
ADMINS = {"GET /admin/transactions", "POST /admin/materialized-views/refresh"}


def is_installed(*names: str) -> bool:
    return all(importlib.util.find_spec(name) for name in names)


def real_fetch(request: Any, timeout: Any) -> Any:
    return urllib.request.urlopen(request, timeout=timeout)


class Recorder:
    """A fetch that remembers which calls were made."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __call__(self, request: Any, timeout: Any) -> Any:
        self.calls.append(f"{request.method} {request.full_url[len(URL) :].split('?')[0]}")
        return real_fetch(request, timeout)

    def operations(self, document: Any) -> set[str]:
        """The operations of an OpenAPI document that they belong to."""
        found = set()
        for path in sorted(document["paths"], key=len):
            pattern = re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(path)))
            for call in list(self.calls):
                method, called = call.split(" ", 1)
                if method.lower() in document["paths"][path] and pattern.fullmatch(called):
                    found.add(f"{method} {path}")
        return found


def catalogue_operations(document: Any) -> set[str]:
    operations = {
        f"{method.upper()} {path}": operation["tags"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if "tags" in operation
    }
    # A page for readers of an error, which no method fetches.
    pages = {"GET /problems/{code}"}
    found = {name for name, tags in operations.items() if CATALOGUE & set(tags)}
    return (ADMINS | found) - pages


class Catalogue(unittest.TestCase):
    def setUp(self) -> None:
        self.client = admin()
        self.source = f"src-{uuid.uuid4().hex[:8]}"
        source = {"identifier": self.source, "payload_type": "datasource", "name": "S"}
        self.client.create([source])

    def images(self, count: int, **members: Any) -> list[dict[str, Any]]:
        return [
            {
                "identifier": f"{self.source}/{number:06}",
                "payload_type": "image",
                "parent_identifier": self.source,
                "modality": "CT",
                **members,
            }
            for number in range(count)
        ]

    def asked(self, **members: Any) -> dict[str, Any]:
        return {"payload_type": "image", "parent_identifier": self.source, **members}

    def test_has_a_method_for_every_call(self) -> None:
        recorder = Recorder()
        client = admin(fetch=recorder)
        self.registration_calls(client)
        self.resource_calls(client)
        self.lineage_calls(client)
        self.feed_calls(client)
        self.schema_calls(client)
        self.grant_calls(client)
        self.object_calls(client)
        document = json.load(real_fetch(urllib.request.Request(f"{URL}/openapi.json"), 30))
        missing = catalogue_operations(document) - recorder.operations(document)
        self.assertEqual(missing, set())

    def registration_calls(self, client: vxdata.Client) -> None:
        key = {"datasource_id": self.source, "external_uid": "a"}
        patient = client.register_patients([{**key, "payload": {"patient_sex": "F"}}])
        self.assertEqual(client.register_patients([key], or_resolve=True), patient)
        self.assertEqual(client.resolve_patients([key]), patient)
        visit = {"patient_identifier": patient[0], "external_uid": "v"}
        study = client.register_studies([visit])
        self.assertEqual(client.resolve_studies([visit]), study)
        self.assertEqual(client.parents(study[0]), [patient[0], self.source])

    def resource_calls(self, client: vxdata.Client) -> None:
        first = f"{self.source}/000000"
        self.assertEqual(client.create(self.images(3)), {"created": 3})
        self.assertEqual([each["version"] for each in client.read([first, "none"])], [1])
        self.assertEqual(client.update({first: {"modality": "MR"}}), {"updated": 1})
        self.assertEqual(client.delete([f"{self.source}/000002"]), {"deleted": 1})
        self.assertEqual([each["version"] for each in client.history(first)], [1, 2])
        versions = client.versions(first, limit=1)
        self.assertEqual([each["version"] for each in versions], [1, 2])
        self.assertEqual([len(each["results"]) for each in versions.pages()], [1, 1])
        changes = client.diff(first, 1, 2)["changes"]
        self.assertEqual(changes, [{"path": "modality", "before": "CT", "after": "MR"}])
        self.assertEqual(client.count(self.asked()), 2)
        self.assertTrue(client.explain(self.asked())["indexes"])
        self.assertEqual(len(client.query(self.asked()).all()), 2)

    def lineage_calls(self, client: vxdata.Client) -> None:
        first = f"{self.source}/000000"
        nodes = [each["identifier"] for each in client.children(self.source, limit=1)]
        self.assertEqual(nodes, [f"{self.source}.P000001", first, f"{self.source}/000001"])
        self.assertEqual(len(client.lineage(first, direction="up", depth=1)["nodes"]), 2)
        self.assertIn("entity", client.provenance(first))
        counted = {each["datasource_id"]: each for each in client.statistics()}
        self.assertEqual(counted[self.source]["images"], 2)
        self.assertEqual(client.detailed_statistics(self.source)["totals"]["images"], 2)
        self.assertEqual(len(client.all_detailed_statistics()), len(counted))
        self.assertIn("message", client.refresh_views())
        self.assertIn(" rows differed.", client.refresh_views(full=True)["message"])
        self.assertEqual(client.health(), {"status": "ok"})
        self.assertEqual(client.ready(), {"status": "ready"})

    def feed_calls(self, client: vxdata.Client) -> None:
        deleted = client.history(f"{self.source}/000002")[-1]["transaction"]["id"]
        after = str(deleted - 1)
        self.assertEqual(client.changes(after, limit=1)["changes"][0]["operation"], "delete")
        self.assertEqual(next(iter(client.follow(after)))["operation"], "delete")
        self.assertEqual(client.transaction(deleted)["operation"], "delete")
        newest = (each["transaction"] for each in client.audit(limit=2))
        self.assertIn(deleted, newest)

    def schema_calls(self, client: vxdata.Client) -> None:
        self.assertIn("image", client.schemas())
        self.assertEqual(client.schema("image")["type"], "object")
        kind = f"t_{uuid.uuid4().hex[:8]}"
        json_schema = {"type": "object", "properties": {"score": {"type": "number"}}}
        client.register_schema(kind, {"version": "1.0.0", "json_schema": json_schema})
        self.assertIn("score", client.schema(kind, "1.0.0")["properties"])
        (index,) = client.set_indexes(kind, {"fields": ["score"]})["indexes"]
        self.assertEqual((index["field"], index["declared"]), ("score", False))
        self.assertEqual(len(client.indexes(kind)["indexes"]), 1)
        of = {"repo": self.source, "branch": "main", "path": "p"}
        artefact = {"identifier": f"{self.source}/run", "payload_type": "artefact", **of}
        client.create([{**artefact, "status": "succeeded"}])
        self.assertEqual(client.latest_artefact(**of)["identifier"], artefact["identifier"])

    def grant_calls(self, client: vxdata.Client) -> None:
        grantee = str(uuid.uuid4())
        grant = {"identifier": self.source, "grantee_type": "user", "grantee_id": grantee}
        self.assertEqual(client.create_grants([grant]), {"created": 1})
        (given,) = client.read_grants([self.source])
        self.assertEqual(given["grantee_id"], grantee)
        self.assertEqual(client.delete_grants([grant]), {"deleted": 1})

    def object_calls(self, client: vxdata.Client) -> None:
        self.assertIn("s3_bucket", client.bucket())
        item = {"direction": "upload", "filename": "a", "group": "g"}
        self.assertIn("url", client.address(item))
        content = client.parquet(self.asked()).read()
        files = [vxdata.UploadFile("rows.parquet", content)]
        (uploaded,) = client.upload(files, group="g")
        self.assertEqual(client.preview_parquet(uploaded.path, limit=1)["returned_rows"], 1)
        self.assertEqual(client.download(uploaded.path).read(), content)
        with client.export(self.asked(), "ndjson") as lines:
            self.assertEqual(len([json.loads(line) for line in lines]), 2)

    def test_asks_for_the_resource_that_was_named_however_it_is_called(self) -> None:
        for number, end in enumerate(("a/..b", "a//b", "/", ".c", "%2F", "ä?#&+ d", "\\")):
            name = f"{self.source}/{number}{end}"
            image = {"identifier": name, "payload_type": "image", "parent_identifier": self.source}
            self.client.create([image])
            with self.subTest(name):
                self.assertEqual(self.client.parents(name), [self.source])
                nodes = self.client.lineage(name, depth=0)["nodes"]
                self.assertEqual([node["identifier"] for node in nodes], [name])
                self.assertEqual(len(self.client.children(self.source, limit=1).all()), number + 1)
                self.assertEqual([each["version"] for each in self.client.history(name)], [1])

    def test_shows_the_past_to_a_client_of_the_past(self) -> None:
        self.client.create(self.images(2))
        instant = self.client.get(f"{self.source}/000000")["created_at"]
        self.client.delete([f"{self.source}/000000"])
        zone = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
        moment = datetime.datetime.fromisoformat(instant.replace("Z", "+00:00")).astimezone(zone)
        for as_of in (instant, moment):
            past = admin(as_of=as_of)
            self.assertEqual(past.count(self.asked()), 2)
            self.assertEqual(past.count(self.asked(), as_of=None), 1)
            self.assertEqual(len(past.query(self.asked()).all()), 2)
            self.assertEqual(len(past.export(self.asked(), "ndjson").readlines()), 2)
        self.assertEqual(self.client.count(self.asked(), as_of=moment), 2)

    def test_makes_a_write_once_when_its_answer_is_lost(self) -> None:
        lost = []

        def fetch(request: Any, timeout: Any) -> Any:
            answer = real_fetch(request, timeout)
            if len(lost) % 2 == 0:
                lost.append(answer.read())
                raise ConnectionResetError("after the work was done")
            lost.append(b"")
            return answer

        told: list[vxdata.AnswerNotice] = []
        client = vxdata.Client(
            URL,
            token=vxdata.login(URL, **ADMIN),
            fetch=fetch,
            on_answer=told.append,
            retries={"base_seconds": 0},
        )
        self.assertEqual(client.create(self.images(2)), {"created": 2})
        self.assertEqual(client.update({f"{self.source}/000000": {"rows": 5}}), {"updated": 1})
        self.assertEqual(
            [each["version"] for each in client.history(f"{self.source}/000000")], [1, 2]
        )
        self.assertEqual([(each.replayed, each.attempts) for each in told[:2]], [(True, 2)] * 2)
        self.assertIsInstance(told[0].transaction, int)

    def test_raises_the_class_of_each_refusal(self) -> None:
        self.client.create(self.images(1))
        first = f"{self.source}/000000"
        for kind, call in (
            (vxdata.AlreadyExistsError, lambda c: c.create(self.images(1))),
            (vxdata.InvalidValueError, lambda c: c.update({first: {"rows": -1}})),
            (vxdata.UnknownFieldError, lambda c: c.count({"filters": {"nothing": 1}})),
            (vxdata.UnknownOperatorError, lambda c: c.count({"filters": {"rows": {"near": 1}}})),
            (vxdata.UnknownPayloadTypeError, lambda c: c.count({"payload_type": "nothing"})),
            (vxdata.InvalidCursorError, lambda c: c.query_page({}, "cursor")),
            (vxdata.InvalidAsOfError, lambda c: c.count({}, as_of="2999-01-01T00:00:00Z")),
            (vxdata.NotFoundError, lambda c: c.parents("nothing")),
            (vxdata.NotFoundError, lambda c: c.download("g/nothing")),
            (vxdata.UnauthenticatedError, lambda c: c.count({}, token="nothing")),
            (vxdata.UnauthenticatedError, lambda c: c.count({}, token=None)),
        ):
            with self.subTest(kind.__name__), self.assertRaises(kind):
                call(self.client)
        with self.assertRaises(vxdata.ProblemError) as caught:
            vxdata.login(URL, email=ADMIN["email"], password="wrong")
        self.assertEqual(caught.exception.detail, "Wrong e-mail address or password.")

    def test_logs_in_again_when_its_token_is_refused(self) -> None:
        good = vxdata.login_token(URL, **ADMIN)
        client = vxdata.Client(URL, token=lambda renew: good(False) if renew else "expired")
        self.assertEqual(client.count(self.asked()), 0)

    def test_logs_in_by_an_api_key(self) -> None:
        policy = {"payload_types": ["*"], "actions": ["read"]}
        key = self.client.request(
            "POST", "/admin/api-keys", body={"policies": [policy]}, kind="plain"
        )
        token = vxdata.login_token(URL, key=key["key"], secret=key["secret"])
        self.assertEqual(vxdata.Client(URL, token=token).count(self.asked()), 0)

    def test_serves_many_threads_at_once(self) -> None:
        def write(number: int) -> None:
            self.client.create([self.images(40)[number]])

        threads = [threading.Thread(target=write, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.client.count(self.asked()), 40)

    def test_uploads_files_and_fetches_them_back(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, f"{number}.dcm") for number in range(12)]
            for number, path in enumerate(paths):
                with open(path, "wb") as file:
                    file.write(os.urandom(number * 100_000))
            told: list[vxdata.UploadProgress] = []
            files = self.client.upload(paths, group="g", on_progress=told.append)
            self.assertEqual(told[-1].files_done, 12)
            resources = self.images(12)
            for resource, file in zip(resources, files):
                resource["s3_path"] = file.path
            self.client.create(resources)
            for path, file in zip(paths, files):
                with open(path, "rb") as content, self.client.download(file.path) as stored:
                    self.assertEqual(stored.read(), content.read())
            tail = self.client.download(files[-1].path, offset=1_099_990).read()
            self.assertEqual(len(tail), 10)

    def test_walks_any_number_of_rows_in_flat_memory(self) -> None:
        loaded = self.client.create(self.images(ROWS, protocol_name="x" * 200), split=True)
        self.assertEqual(loaded, {"created": ROWS})

        def peak_of(rows: int) -> int:
            tracemalloc.start()
            walk = iter(self.client.query(self.asked(limit=200)))
            self.assertEqual(sum(1 for _ in zip(range(rows), walk)), rows)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return peak

        peak_of(400)
        few, all_of_them = peak_of(1_000), peak_of(ROWS)
        print(f"peak of 1000 rows {few} bytes, of {ROWS} rows {all_of_them} bytes")
        self.assertLess(all_of_them, few * 1.2)

    def test_exports_each_format(self) -> None:
        self.client.create(self.images(3, protocol_name='a "b", c\nd'))
        seen: list[Any] = []
        with self.client.export(self.asked(), "csv", on_progress=seen.append) as stream:
            rows = list(csv.DictReader(io.TextIOWrapper(stream, "utf-8", newline="")))
        self.assertEqual([row["protocol_name"] for row in rows], ['a "b", c\nd'] * 3)
        self.assertEqual((seen[-1]["state"], seen[-1]["rows"]), ("succeeded", 3))
        content = self.client.export(self.asked()).read()
        self.assertEqual((content[:4], content[-4:]), (b"PAR1", b"PAR1"))
        first = self.client.order_export(
            self.asked(), "ndjson", idempotency_key="one" + self.source
        )
        again = self.client.order_export(
            self.asked(), "ndjson", idempotency_key="one" + self.source
        )
        self.assertEqual(first["id"], again["id"])
        tail = self.client.export_file(first["id"], offset=10).read()
        self.assertEqual(self.client.export_file(first["id"]).read()[10:], tail)

    @unittest.skipUnless(is_installed("pandas"), "pandas is not installed")
    def test_makes_a_frame_that_loses_nothing(self) -> None:
        images = self.images(3)
        images[0].update(rows=512, acquisition_datetime="2026-01-02T03:04:05.678901+01:00")
        images[1].update(finding_labels=["Mass"])
        self.client.create(images)
        frame = self.client.query(
            self.asked(sort_by="identifier", sort_order="asc", limit=2)
        ).to_pandas()
        self.assertEqual(list(frame["identifier"]), [each["identifier"] for each in images])
        self.assertEqual(str(frame["rows"].dtype), "Int64")
        self.assertEqual(int(frame["rows"][0]), 512)
        self.assertTrue(frame["rows"].isna()[1])
        moment = datetime.datetime(2026, 1, 2, 2, 4, 5, 678901, tzinfo=datetime.timezone.utc)
        self.assertEqual(frame["acquisition_datetime"][0].to_pydatetime(), moment)
        self.assertEqual(frame["finding_labels"][1], ["Mass"])
        self.assertIn("UTC", str(frame["created_at"].dtype))
        empty = self.client.query({"identifiers": [], "select_columns": ["rows"]}).to_pandas()
        self.assertEqual(list(empty.columns), ["identifier", "payload_type", "rows"])

    @unittest.skipUnless(is_installed("duckdb"), "duckdb is not installed")
    def test_makes_a_relation_of_all_rows(self) -> None:
        duckdb = importlib.import_module("duckdb")
        self.client.create(self.images(5, rows=512))
        relation = self.client.query(self.asked(limit=2)).duckdb()
        self.assertEqual(
            duckdb.sql("SELECT count(*), sum(rows) FROM relation").fetchall(), [(5, 2560)]
        )
        with duckdb.connect() as connection:
            relation = self.client.query(self.asked()).duckdb(connection, 'of "mine"')
            self.assertEqual(relation.aggregate("count(*)").fetchall(), [(5,)])
            rows = connection.execute('SELECT count(*) FROM "of ""mine"""').fetchall()
            self.assertEqual(rows, [(5,)])


if __name__ == "__main__":
    unittest.main()
