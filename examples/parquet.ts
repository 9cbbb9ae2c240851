// Writes a query of a past state to a Parquet file, which DuckDB, pandas and R read:
//   duckdb -c "SELECT modality, count(*) FROM 'images.parquet' GROUP BY 1"
import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createClient, loginToken } from "vxdata/client";

const url = process.env["VXDATA_URL"] ?? "http://127.0.0.1:8787";
const account = {
  email: process.env["VXDATA_EMAIL"] ?? "",
  password: process.env["VXDATA_PASSWORD"] ?? "",
};
const client = createClient({ url, token: loginToken(account, { url }) });
const file = process.argv[2] ?? "images.parquet";

const source = `example-parquet-${Date.now()}`;
await client.create([
  { identifier: source, payload_type: "datasource", name: "Parquet" },
  ...Array.from({ length: 500 }, (_, number) => ({
    identifier: `${source}/image-${number}`,
    payload_type: "image" as const,
    parent_identifier: source,
    modality: number % 2 === 0 ? "CT" : "MR",
  })),
]);
const [first] = await client.history(`${source}/image-0`);
await client.delete([`${source}/image-0`]);

const query = { payload_type: "image", parent_identifier: source } as const;
const asOf = first?.transaction.instant ?? null;
const bytes = await client.parquet(query, { as_of: asOf });
await pipeline(Readable.fromWeb(bytes), createWriteStream(file));
console.log(`${await client.count(query, { as_of: asOf })} images of then in ${file}`);
console.log(`${await client.count(query)} images now; ${(await stat(file)).size} bytes`);
