"""What notebooks show."""

from __future__ import annotations

import unittest

from fake import vxdata

HOSTILE = "<img src=x onerror=alert(1)>\u202e"


class Html(unittest.TestCase):
    def test_shows_every_value_as_text(self) -> None:
        row = {"identifier": HOSTILE, HOSTILE: {"a": HOSTILE}, "payload_type": "image"}
        version = {**row, "version": 1, "transaction": {"principal": HOSTILE, "reason": HOSTILE}}
        change = {"path": HOSTILE, "before": HOSTILE, "after": [HOSTILE]}
        diff = {"identifier": HOSTILE, "from": 1, "to": 2, "changes": [change]}
        for shown in (
            vxdata._html.resources([row], False),
            vxdata.History([version, {**version, "version": 2, "rows": HOSTILE}])._repr_html_(),
            vxdata.Diff(diff)._repr_html_(),
        ):
            self.assertNotIn("<img", shown)
            self.assertIn("&lt;img", shown)

    def test_says_how_many_resources_there_are(self) -> None:
        rows = [{"identifier": str(number)} for number in range(30)]
        self.assertIn("<p>2 resources.</p>", vxdata._html.resources(rows[:2], False))
        self.assertIn("The first 20 resources; there are more.", vxdata._html.resources(rows, False))
        self.assertIn("there are more", vxdata._html.resources(rows[:20], True))
        self.assertIn("<p>0 resources.</p>", vxdata._html.resources([], False))

    def test_shows_columns_that_hold_something(self) -> None:
        shown = vxdata._html.resources([{"identifier": "a", "rows": None, "children": []}], False)
        self.assertIn(">identifier<", shown)
        self.assertNotIn("rows", shown)
        self.assertNotIn("children", shown)

    def test_shows_what_changed_with_each_version(self) -> None:
        made = {"instant": "2026-01-02T03:04:05Z", "operation": "update", "principal": "user:1"}
        history = vxdata.History(
            [
                {"version": 1, "modality": "CT", "transaction": {**made, "operation": "create"}},
                {"version": 2, "modality": "MR", "transaction": {**made, "reason": "a typo"}},
                {"version": 3, "transaction": made},
            ]
        )
        shown = history._repr_html_()
        self.assertIn("modality: CT → MR", shown)
        self.assertIn("modality: MR → –", shown)
        self.assertIn("a typo", shown)
        self.assertEqual(len(history), 3)

    def test_names_accounts_as_far_as_they_are_known(self) -> None:
        made = {"instant": "2026-01-02T03:04:05Z", "operation": "create"}
        versions = [
            {"version": 1, "transaction": {**made, "principal": "user:1"}},
            {"version": 2, "transaction": {**made, "principal": "apk:2"}},
        ]
        shown = vxdata.History(versions, lambda _: {"user:1": "a@example.org"})._repr_html_()
        self.assertIn("a@example.org", shown)
        self.assertNotIn("user:1", shown)
        self.assertIn("apk:2", shown)

    def test_cuts_long_values(self) -> None:
        shown = vxdata._html.resources([{"identifier": "x" * 500}], False)
        self.assertNotIn("x" * 200, shown)
        self.assertIn("…", shown)


if __name__ == "__main__":
    unittest.main()
