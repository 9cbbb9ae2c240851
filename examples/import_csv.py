"""Registers the patients of a CSV file. Run it as often as you like: nobody is registered twice.

The hospital's number of a patient is never stored: the server keeps a salted digest of it, and answers
the same identifier for the same number. A file of one's own needs the columns `number` and `sex`.
"""

import csv
import io
import os
import sys

import vxdata

EXAMPLE = "number,sex\n4711,F\n4712,M\n4713,F\n"

url = os.environ.get("VXDATA_URL", "http://127.0.0.1:8787")
token = vxdata.login_token(
    url, email=os.environ["VXDATA_EMAIL"], password=os.environ["VXDATA_PASSWORD"]
)
client = vxdata.Client(url, token=token)

SOURCE = "example-import-csv"
if client.get(SOURCE) is None:
    client.create([{"identifier": SOURCE, "payload_type": "datasource", "name": "Import"}])

if len(sys.argv) > 1:
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
else:
    rows = list(csv.DictReader(io.StringIO(EXAMPLE)))

identifiers = client.register_patients(
    [
        {
            "datasource_id": SOURCE,
            "external_uid": row["number"],
            "payload": {"patient_sex": row["sex"]},
        }
        for row in rows
    ],
    or_resolve=True,
)
for row, identifier in zip(rows, identifiers):
    print(row["sex"], identifier)
print(client.count({"payload_type": "patient", "parent_identifier": SOURCE}), "patients")
