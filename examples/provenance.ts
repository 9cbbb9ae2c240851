// Records that a model was made from images, and asks where it comes from.
import { createClient, loginToken } from "vxdata/client";

const url = process.env["VXDATA_URL"] ?? "http://127.0.0.1:8787";
const account = {
  email: process.env["VXDATA_EMAIL"] ?? "",
  password: process.env["VXDATA_PASSWORD"] ?? "",
};
const client = createClient({ url, token: loginToken(account, { url }) });

const source = `example-provenance-${Date.now()}`;
const images = [1, 2, 3].map((number) => `${source}/ct-${number}`);
await client.create([
  { identifier: source, payload_type: "datasource", name: "Provenance" },
  ...images.map((identifier) => ({
    identifier,
    payload_type: "image" as const,
    parent_identifier: source,
    modality: "CT",
  })),
  {
    identifier: `${source}/training-set`,
    payload_type: "dataset",
    name: "Training set",
    parent_identifier: source,
    derived_from: images,
  },
  {
    identifier: `${source}/model`,
    payload_type: "model",
    name: "Nodule detector",
    parent_identifier: source,
    derived_from: [`${source}/training-set`],
  },
]);

const { nodes, edges } = await client.lineage(`${source}/model`);
const derivations = edges.filter(({ kind }) => kind === "derived_from");
console.log(`${nodes.length} resources, ${derivations.length} derivations`);
const used = nodes.filter(({ payload_type: type }) => type === "image");
console.log("made from:", used.map(({ identifier }) => identifier).toSorted());

const document = await client.provenance(`${source}/model`);
console.log("PROV-JSON has:", Object.keys(document).toSorted().join(", "));
