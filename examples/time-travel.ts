// Changes a label, reads what it was before, and shows who changed it and when.
import { createClient, loginToken } from "vxdata/client";

const url = process.env["VXDATA_URL"] ?? "http://127.0.0.1:8787";
const account = {
  email: process.env["VXDATA_EMAIL"] ?? "",
  password: process.env["VXDATA_PASSWORD"] ?? "",
};
const client = createClient({ url, token: loginToken(account, { url }) });

const source = `example-time-travel-${Date.now()}`;
const image = `${source}/ct-1`;
await client.create([
  { identifier: source, payload_type: "datasource", name: "Time travel" },
  { identifier: image, payload_type: "image", parent_identifier: source, modality: "CT" },
]);
await client.create([
  {
    identifier: `${image}/finding`,
    payload_type: "annotation",
    parent_identifier: image,
    label: "nodule",
  },
]);
const written = await client.get(`${image}/finding`);
await client.update({ [`${image}/finding`]: { label: "no finding" } });

const labels = async (asOf: string | null) => {
  const query = { payload_type: "annotation", parent_identifier: image } as const;
  const found = await client.query(query, { as_of: asOf }).all();
  return found.map((each) => each.label);
};
console.log("then:", await labels(written?.created_at ?? null));
console.log("now:", await labels(null));

for (const { version, transaction } of await client.history(`${image}/finding`)) {
  console.log(`version ${version} by ${transaction.principal} at ${transaction.instant}`);
}
