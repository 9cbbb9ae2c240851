// Mistakes that the types have to find: each `@ts-expect-error` is an error if they do not.
import { createClient, type Payloads } from "vxdata/client";

const client = createClient({ url: "" });

export async function creating(): Promise<void> {
  // @ts-expect-error: a study has no rows.
  await client.create([{ identifier: "a", payload_type: "study", rows: 512 }]);
  // @ts-expect-error: rows is a number.
  await client.create([{ identifier: "a", payload_type: "image", rows: "512" }]);
  // @ts-expect-error: a datasource needs a name.
  await client.create([{ identifier: "a", payload_type: "datasource" }]);
  // @ts-expect-error: no such payload type.
  await client.create([{ identifier: "a", payload_type: "imgae", rows: 5 }]);
  // @ts-expect-error: the server alone writes grants.
  await client.create([{ identifier: "a", payload_type: "grant", resource_identifier: "b" }]);
  // @ts-expect-error: no value of the enumeration.
  await client.create([{ identifier: "a", payload_type: "patient", patient_sex: "female" }]);
  // @ts-expect-error: an identifier is missing.
  await client.create([{ payload_type: "image", rows: 512 }]);
  // @ts-expect-error: a registered type needs its score.
  await client.create([{ identifier: "a", payload_type: "scan_report", reader: "b" }]);
  // @ts-expect-error: a registered type has no such field.
  await client.create([{ identifier: "a", payload_type: "scan_report", score: 1, scores: 2 }]);
  // @ts-expect-error: a misspelt metadata member.
  await client.create([{ identifier: "a", payload_type: "image", licence: "CC0-1.0" }]);
  const typos = ["a"].map((identifier) => ({
    identifier,
    payload_type: "image" as const,
    modalty: "CT",
  }));
  // @ts-expect-error: a misspelt field in objects that were made before.
  await client.create(typos);
  const mixed = [
    { identifier: "a", payload_type: "image" as const },
    { identifier: "b", payload_type: "study" as const, rows: 1 },
  ];
  // @ts-expect-error: one of the elements has a field of another type.
  await client.create(mixed);
}

export async function updating(): Promise<void> {
  // @ts-expect-error: rows is a number.
  await client.update({ a: { rows: "512" } });
  // @ts-expect-error: no payload type has this field.
  await client.update({ a: { rowz: 512 } });
  // @ts-expect-error: a study has no rows.
  await client.update({ a: { payload_type: "study", rows: 512 } });
  // @ts-expect-error: no payload type has both.
  await client.update({ a: { rows: 512, patient_birth_year: 1961 } });
  // @ts-expect-error: no value of the enumeration.
  await client.update({ a: { access_level: "secret" } });
  // @ts-expect-error: is_deleted is a boolean.
  await client.update({ a: { is_deleted: "no" } });
  // @ts-expect-error: the server sets the version.
  await client.update({ a: { version: 2 } });
}

export async function querying(): Promise<void> {
  // @ts-expect-error: no such payload type.
  client.query({ payload_type: "imgae" });
  // @ts-expect-error: one of the payload types is unknown.
  client.query({ payload_type: ["image", "imgae"] });
  // @ts-expect-error: no such field.
  client.query({ payload_type: "image", filters: { modalty: "CT" } });
  // @ts-expect-error: a field of another type.
  client.query({ payload_type: "study", filters: { rows: 512 } });
  // @ts-expect-error: rows is a number.
  client.query({ payload_type: "image", filters: { rows: "512" } });
  // @ts-expect-error: no such operator.
  client.query({ payload_type: "image", filters: { rows: { gtee: 512 } } });
  // @ts-expect-error: equality with another kind.
  client.query({ payload_type: "image", filters: { modality: { eq: 5 } } });
  // @ts-expect-error: a list of another kind.
  client.query({ payload_type: "image", filters: { rows: { in: ["512"] } } });
  // @ts-expect-error: `in` takes a list.
  client.query({ payload_type: "image", filters: { modality: { in: "CT" } } });
  // @ts-expect-error: a pattern for a number.
  client.query({ payload_type: "image", filters: { rows: { like: "5%" } } });
  // @ts-expect-error: a pattern for a list.
  client.query({ payload_type: "image", filters: { finding_labels: { like: "M%" } } });
  // @ts-expect-error: a pattern for an instant.
  client.query({ payload_type: "image", filters: { created_at: { like: "2026%" } } });
  // @ts-expect-error: a regular expression for a boolean.
  client.query({ payload_type: "image", filters: { burned_in_annotation: { regex: "t" } } });
  // @ts-expect-error: a beginning of a number.
  client.query({ payload_type: "image", filters: { rows: { starts_with: "5" } } });
  // @ts-expect-error: containment in a number.
  client.query({ payload_type: "image", filters: { rows: { contains: 5 } } });
  // @ts-expect-error: list containment on text.
  client.query({ payload_type: "image", filters: { modality: { contains_any: ["CT"] } } });
  // @ts-expect-error: list containment on a number.
  client.query({ payload_type: "image", filters: { rows: { contains_all: [1] } } });
  // @ts-expect-error: an element of another kind.
  client.query({ payload_type: "image", filters: { finding_labels: { contains: 5 } } });
  // @ts-expect-error: a range of a boolean.
  client.query({ payload_type: "image", filters: { burned_in_annotation: { gt: false } } });
  // @ts-expect-error: a range of a list.
  client.query({ payload_type: "image", filters: { finding_labels: { gte: "M" } } });
  // @ts-expect-error: a range of an enumeration.
  client.query({ payload_type: "image", filters: { laterality: { lt: "R" } } });
  // @ts-expect-error: a range with a bound of another kind.
  client.query({ payload_type: "image", filters: { rows: { between: ["1", "2"] } } });
  // @ts-expect-error: a range has two bounds.
  client.query({ payload_type: "image", filters: { rows: { between: [1] } } });
  // @ts-expect-error: no value of the enumeration.
  client.query({ payload_type: "image", filters: { laterality: "left" } });
  // @ts-expect-error: a list with no value of the enumeration.
  client.query({ payload_type: "image", filters: { laterality: { in: ["L", "left"] } } });
  // @ts-expect-error: no value of the enumeration of a metadata column.
  client.query({ payload_type: "image", filters: { access_level: "secret" } });
  // @ts-expect-error: existence is true or false.
  client.query({ payload_type: "image", filters: { rows: { exists: "yes" } } });
  // @ts-expect-error: a mistake inside of `or`.
  client.query({ payload_type: "image", filters: { or: [{ modality: "CT" }, { rowz: 1 }] } });
  // @ts-expect-error: a mistake inside of `not`.
  client.query({ payload_type: "image", filters: { not: { rows: { like: "1" } } } });
  // @ts-expect-error: `and` takes a list.
  client.query({ payload_type: "image", filters: { and: { modality: "CT" } } });
  // @ts-expect-error: a path into text.
  client.query({ payload_type: "image", filters: { "modality.x": 1 } });
  // @ts-expect-error: no such field to sort by.
  client.query({ payload_type: "image", sort_by: "rowz" });
  // @ts-expect-error: a list is not sorted by.
  client.query({ payload_type: "image", sort_by: "finding_labels" });
  // @ts-expect-error: no such order.
  client.query({ payload_type: "image", sort_order: "down" });
  // @ts-expect-error: no such column.
  client.query({ payload_type: "image", select_columns: ["rowz"] });
  // @ts-expect-error: a column of another type.
  client.query({ payload_type: "study", select_columns: ["rows"] });
  // @ts-expect-error: a misspelt member of the query.
  client.query({ payload_type: "image", filter: { modality: "CT" } });
  // @ts-expect-error: a registered type's enumeration.
  client.query({ payload_type: "scan_report", filters: { grade: "medium" } });
  // @ts-expect-error: a registered type's number.
  client.query({ payload_type: "scan_report", filters: { score: { like: "1" } } });
}

export async function results(): Promise<void> {
  for await (const study of client.query({ payload_type: "study" })) {
    // @ts-expect-error: a study has no rows.
    console.log(study.rows);
  }
  const chosen = client.query({ payload_type: "image", select_columns: ["rows"] });
  for await (const image of chosen) {
    // @ts-expect-error: the column was not chosen.
    console.log(image.columns);
  }
  for await (const page of chosen.pages()) {
    // @ts-expect-error: the column was not chosen.
    console.log(page.results[0]?.modality);
  }
  const [first] = await chosen.all();
  // @ts-expect-error: it may have no rows.
  const rows: number = first?.rows;
  console.log(rows);
}

export async function otherMethods(): Promise<void> {
  // @ts-expect-error: no such field.
  await client.count({ payload_type: "image", filters: { rowz: 1 } });
  // @ts-expect-error: no such column to sort by.
  await client.parquet({ payload_type: "image", sort_by: "rowz" });
  // @ts-expect-error: no such field.
  await client.export({ payload_type: "image", filters: { rowz: 1 } });
  // @ts-expect-error: no such format.
  await client.export({ payload_type: "image" }, { format: "xlsx" });
  // @ts-expect-error: no such payload type.
  await client.orderExport({ payload_type: "imgae" });
  // @ts-expect-error: no such column.
  await client.queryPage({ payload_type: "image", select_columns: ["rowz"] }, null);
  // @ts-expect-error: no such payload type.
  await client.get("a", { payload_type: "imgae" });
  // @ts-expect-error: a study has no rows.
  console.log((await client.get("a", { payload_type: "study" }))?.rows);
  const [read] = await client.read(["a"], { payload_type: "study" });
  // @ts-expect-error: a study has no rows.
  console.log(read?.rows);
  const [version] = await client.history("a", { payload_type: "study" });
  // @ts-expect-error: a study has no rows.
  console.log(version?.rows);
  for await (const one of client.versions("a", { payload_type: "image" })) {
    // @ts-expect-error: an image has no such field.
    console.log(one.modalty);
  }
  const { nodes } = await client.lineage("a");
  // @ts-expect-error: no such payload type.
  console.log(nodes.filter(({ payload_type: type }) => type === "imgae"));
  for await (const node of client.children()) {
    // @ts-expect-error: no such payload type.
    if (node.payload_type === "imgae") console.log(node);
  }
  for await (const change of client.follow()) {
    // @ts-expect-error: no such payload type.
    if (change.payload_type === "imgae") console.log(change);
  }
  const { changes } = await client.changes();
  // @ts-expect-error: no such operation.
  console.log(changes.filter(({ operation }) => operation === "insert"));
  // @ts-expect-error: no such payload type.
  await client.schema("imgae");
  // @ts-expect-error: a misspelt field of the payload.
  await client.registerPatients([{ datasource_id: "a", external_uid: "1", payload: { sex: "F" } }]);
  // @ts-expect-error: no value of the enumeration.
  await client.createGrants([{ identifier: "a", grantee_type: "team", grantee_id: "b" }]);
  // @ts-expect-error: an identifier is text.
  await client.delete([5]);
  // @ts-expect-error: a version is a number or an instant.
  await client.diff({ identifier: "a", from: true, to: 2 });
  // @ts-expect-error: no such direction.
  await client.lineage("a", { direction: "sideways" });
}

export async function otherServers(): Promise<void> {
  interface Own extends Payloads {
    readonly dose: { readonly milligray: number };
  }
  const own = createClient<Own>({ url: "" });
  // @ts-expect-error: the client's own type has a number there.
  await own.create([{ identifier: "x", payload_type: "dose", milligray: "3" }]);
  // @ts-expect-error: only the other client knows this type.
  client.query({ payload_type: "dose" });
}
