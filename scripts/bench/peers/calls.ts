/** The product's requests as PostgREST takes them. */
import type { Call } from "../load.ts";
import { get, post } from "../workload.ts";

type Body = Readonly<Record<string, unknown>>;

const read = ({ identifiers }: Body): Call => {
  const [first, ...more] = identifiers as readonly string[];
  // The identifiers hold nothing that has to be quoted or encoded.
  const value = more.length === 0 ? `eq.${first}` : `in.(${[first, ...more].join(",")})`;
  return get(`/image?identifier=${value}`);
};

const query = ({ filters, limit }: Body): Call => {
  const { modality } = filters as { readonly modality: string };
  const order = "created_at.desc,identifier.asc";
  return get(`/image?modality=eq.${modality}&order=${order}&limit=${String(limit)}`);
};

const count = ({ filters }: Body): Call => {
  const { view_position: view } = filters as { readonly view_position: string };
  const headers = { prefer: "count=exact" };
  return { path: `/image?view_position=eq.${view}`, body: "", method: "HEAD", headers };
};

const create = ({ resources }: Body): Call => ({
  ...post("/image", resources),
  headers: { prefer: "return=minimal" },
});

const update = ({ updates }: Body): Call =>
  post("/rpc/update_images", {
    updates: Object.entries(updates as Body).map(([identifier, members]) => ({
      identifier,
      ...(members as Body),
    })),
  });

const CALLS: Readonly<Record<string, (body: Body) => Call>> = {
  "/resources/read": read,
  "/query": query,
  "/query/count": count,
  "/resources/create": create,
  "/resources/update": update,
  "/query/parquet": () => ({ ...get("/image"), headers: { accept: "text/csv" } }),
};

/** The request that asks PostgREST for the same. */
export const peerCall = ({ path, body }: Call): Call => {
  const translate = CALLS[path];
  if (translate === undefined) throw new Error(`PostgREST is not asked for ${path}.`);
  return translate(JSON.parse(body) as Body);
};
