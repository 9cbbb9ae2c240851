"""Writes a thousand times, whatever happens to the server meanwhile, and looks at what is there.

Prints the number of writes that are done now and then, and at the end a summary as JSON. Ends with
an error when a write is missing, or was done twice.
"""

from __future__ import annotations

import collections
import concurrent.futures
import json
import threading

from server import admin, vxdata

WRITERS = 10
WRITES = 1_000
"""Half of them create a resource, half of them change the one that was just created."""

answers: list[vxdata.AnswerNotice] = []
repeats: list[vxdata.RetryNotice] = []
lock = threading.Lock()


def note(answer: vxdata.AnswerNotice) -> None:
    with lock:
        answers.append(answer)
        if len(answers) % 50 == 0:
            print(len(answers), flush=True)


client = admin(
    retries={"attempts": 500, "base_seconds": 0.1, "max_seconds": 0.5, "within_seconds": 110},
    timeout=10,
    on_retry=repeats.append,
)


def name_of(writer: int, number: int) -> str:
    return f"written/{writer}/{number}"


def write(writer: int) -> None:
    for number in range(WRITES // WRITERS // 2):
        identifier = name_of(writer, number)
        image = {"identifier": identifier, "payload_type": "image", "rows": 1}
        created = client.create([image], on_answer=note)
        updated = client.update({identifier: {"rows": number + 2}}, on_answer=note)
        if (created, updated) != ({"created": 1}, {"updated": 1}):
            raise AssertionError(f"{identifier}: {created}, {updated}")


def equal(what: str, actual: object, expected: object) -> None:
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r} instead of {expected!r}")


def all_changes() -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    page = client.changes(limit=1_000)
    while page["changes"]:
        found += page["changes"]
        page = client.changes(page["next"], limit=1_000)
    return [each for each in found if str(each["identifier"]).startswith("written/")]


def check() -> None:
    made = all_changes()
    versions = collections.defaultdict(list)
    for change in made:
        versions[change["identifier"]].append((change["operation"], change["version"]))
    names = [name_of(w, n) for w in range(WRITERS) for n in range(WRITES // WRITERS // 2)]
    once = {name: [("create", 1), ("update", 2)] for name in names}
    equal("changes", versions, once)
    told = sorted(answer.transaction or 0 for answer in answers)
    equal("transactions", sorted(change["transaction"] for change in made), told)
    equal("distinct transactions", len(set(told)), WRITES)
    mine = {"payload_type": "image", "filters": {"identifier": {"starts_with": "written/"}}}
    rows = {each["identifier"]: each["rows"] for each in client.query(mine)}
    last = {name: int(name.rsplit("/", 1)[1]) + 2 for name in names}
    equal("contents", rows, last)


with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
    for done in [pool.submit(write, writer) for writer in range(WRITERS)]:
        done.result()
check()
summary = {
    "writes": len(answers),
    "repeats": len(repeats),
    "replayed": sum(answer.replayed for answer in answers),
}
print(json.dumps(summary))
