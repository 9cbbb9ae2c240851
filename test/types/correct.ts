// What callers write and what has to compile: each method, and each operator class.
import {
  type AnyPayloads,
  type Change,
  createClient,
  type Filter,
  type NewResource,
  type Payloads,
  type Query,
  type Resource,
  type ResourceOf,
  type ChangeOf,
} from "vxdata/client";

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
const same = <A, B>(equal: Equal<A, B>): void => void equal;

const client = createClient({ url: "" });

export async function writes(): Promise<void> {
  await client.create([
    { identifier: "a", payload_type: "datasource", name: "A" },
    { identifier: "b", payload_type: "image", modality: "CT", rows: 512, license: null },
    { identifier: "c", payload_type: "scan_report", score: 0.5, grade: "low" },
  ]);
  const many = ["a", "b"].map((identifier) => ({
    identifier,
    payload_type: "image" as const,
    finding_labels: ["Mass"],
  }));
  await client.create(many, { split: true });
  const fresh: NewResource[] = [{ identifier: "d", payload_type: "study" }];
  await client.create(fresh);
  await client.update({
    b: { rows: 256, columns: null },
    c: { payload_type: "scan_report", score: 1 },
    d: { is_deleted: false },
  });
  const changes: Record<string, Change> = { b: { modality: "MR" } };
  await client.update(changes);
  const change: ChangeOf<"image"> = { payload_type: "image", rows: 1 };
  await client.update({ b: change });
  await client.registerPatients([
    { datasource_id: "a", external_uid: "1", payload: { patient_sex: "F" } },
  ]);
}

export async function queries(): Promise<void> {
  const images = client.query({
    payload_type: "image",
    filters: {
      modality: "CT",
      rows: { gte: 256, lt: 1024, in: [256, null], exists: true },
      patient_age_years: { between: [40, 60] },
      protocol_name: { like: "T1 %", ilike: "t1%", regex: "^T", starts_with: "T", contains: "1" },
      laterality: { in: ["L", "R"], ne: "B" },
      finding_labels: { contains: "Mass", contains_any: ["Mass"], contains_all: ["Mass"] },
      burned_in_annotation: { eq: true },
      created_at: { gte: "2026-01-01T00:00:00Z" },
      access_level: "public",
      license: null,
      or: [{ modality: "CT" }, { not: { rows: { lte: 3 } } }],
      "finding_labels.0": { eq: "Mass" },
    },
    sort_by: "rows",
    sort_order: "asc",
    limit: 10,
  });
  for await (const image of images) same<typeof image, ResourceOf<"image">>(true);
  for await (const { results } of images.pages()) {
    same<(typeof results)[number], ResourceOf<"image">>(true);
  }
  const two = await client.query({ payload_type: ["image", "study"] }).all();
  same<(typeof two)[number], ResourceOf<"image"> | ResourceOf<"study">>(true);
  const any = await client.query({}).all();
  same<(typeof any)[number], Resource>(true);
  const chosen = await client
    .query({ payload_type: "image", select_columns: ["rows", "version"] })
    .all();
  same<
    (typeof chosen)[number],
    {
      readonly identifier: string;
      readonly version: number;
      readonly payload_type: "image";
      readonly rows?: number | null | undefined;
    }
  >(true);
  const none = await client.query({ payload_type: "study", select_columns: [] }).all();
  same<(typeof none)[number], { readonly identifier: string; readonly payload_type: "study" }>(
    true,
  );
  const columns: ("rows" | "version")[] = ["rows"];
  const [perhaps] = await client.query({ payload_type: "image", select_columns: columns }).all();
  const version: number | undefined = perhaps?.version;
  const shared = { payload_type: "model", filters: { "metrics.auc": { gte: 0.9 } } } as const;
  await client.count(shared);
  await client.parquet({ ...shared, sort_by: "metrics.auc" });
  await client.export(shared, { format: "csv" });
  await client.orderExport({ payload_type: "scan_report", sort_by: "score" });
  const typed: Query<"image"> = { payload_type: "image", filters: { rows: 1 } };
  await client.count(typed);
  const filters: Filter<"scan_report"> = { score: { gt: 0 }, "details.author": "x" };
  const [report] = await client.query({ payload_type: "scan_report", filters }).all();
  const score: number | null | undefined = report?.score;
  await client.queryPage({ filters: { size_bytes: { gt: 5 } } }, null);
  console.log(version, score);
}

export async function reads(): Promise<void> {
  const one = await client.get("a");
  if (one?.payload_type === "scan_report") {
    const { score } = one;
    same<typeof score, number | null | undefined>(true);
  }
  const image = await client.get("b", { payload_type: "image" });
  same<typeof image, ResourceOf<"image"> | undefined>(true);
  const [either] = await client.read(["b"], { payload_type: ["image", "volume"] });
  same<typeof either, ResourceOf<"image"> | ResourceOf<"volume">>(true);
  const [first] = await client.history("b", { payload_type: "image" });
  const rows: number | null | undefined = first?.rows;
  for await (const { transaction, modality } of client.versions("b", { payload_type: "image" })) {
    console.log(transaction.id, modality, rows);
  }
  for await (const node of client.children({ parent_identifier: "a" })) {
    if (node.payload_type === "scan_report") console.log(node.child_count);
  }
  const { nodes } = await client.lineage("a");
  console.log(nodes.filter(({ payload_type: type }) => type === "image"));
  const { changes } = await client.changes();
  console.log(changes.filter(({ payload_type: type }) => type === "segmentation"));
  console.log(await client.schema("scan_report"));
}

export async function otherServers(): Promise<void> {
  interface Own extends Payloads {
    readonly dose: { readonly milligray: number };
  }
  const own = createClient<Own>({ url: "" });
  await own.create([{ identifier: "x", payload_type: "dose", milligray: 3 }]);
  const [dose] = await own.query({ payload_type: "dose", filters: { milligray: 3 } }).all();
  const milligray: number | null | undefined = dose?.milligray;
  const loose = createClient<AnyPayloads>({ url: "" });
  const type = String(milligray);
  await loose.create([{ identifier: "x", payload_type: type, anything: 3 }]);
  await loose.update({ x: { anything: 4 } });
  const [found] = await loose
    .query({ payload_type: type, filters: { anything: { gte: 1 } }, sort_by: "anything" })
    .all();
  console.log(found?.["anything"], found?.version);
}
