import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "oxfmt";
import { describe, expect, expectTypeOf, it, test } from "vitest";
import type { z } from "zod";
import { renderWire } from "../../../scripts/client/wire.ts";
import type {
  Export,
  ImagePayload,
  NewResource,
  QueryBody,
  Resource,
  ResourceOf,
  StudyPayload,
  TypedNode,
  Walk,
} from "../../../src/client/index.ts";
import type { BUILTINS } from "../../../src/schema/builtin/index.ts";
import type { ExportResponse } from "../../../src/surfaces/catalogue/wire/exports.ts";
import type { QueryRequest } from "../../../src/surfaces/catalogue/wire/request.ts";
import { stubClient } from "./stub.ts";

const PATH = join(import.meta.dirname, "../../../src/client/wire.ts");

test("the client's types are those of the schemas with which the server checks", async () => {
  const { code, errors } = await format(PATH, renderWire(), { printWidth: 100 });
  expect(errors).toEqual([]);
  expect(readFileSync(PATH, "utf8"), "run `npm run client:types`").toBe(code);
});

type Writable<T> = { -readonly [Member in keyof T]: T[Member] };
type Mutable<T> = T extends readonly (infer Each)[] ? Each[] : T;
type Loose<T> = { -readonly [Member in keyof T]: Mutable<T[Member]> };

describe("types", () => {
  it("equal what zod infers from these schemas", () => {
    type Image = z.input<(typeof BUILTINS)["image"]["payload"]>;
    expectTypeOf<Loose<ImagePayload>["rows"]>().toEqualTypeOf<Image["rows"]>();
    expectTypeOf<keyof ImagePayload>().toEqualTypeOf<keyof Image>();
    expectTypeOf<Writable<Export>>().toEqualTypeOf<z.output<typeof ExportResponse>>();
    type Asked = Omit<z.input<typeof QueryRequest>, "as_of" | "cursor">;
    expectTypeOf<keyof QueryBody>().toEqualTypeOf<keyof Asked>();
    expectTypeOf<QueryBody["sort_order"]>().toEqualTypeOf<Asked["sort_order"]>();
  });

  it("are discriminated on payload_type", () => {
    const describeIt = (resource: Resource): string => {
      if (resource.payload_type === "image") {
        expectTypeOf(resource).toEqualTypeOf<ResourceOf<"image">>();
        expectTypeOf(resource.rows).toEqualTypeOf<number | null | undefined>();
      }
      if (resource.payload_type === "study") {
        expectTypeOf(resource.study_date).toEqualTypeOf<string | null | undefined>();
      }
      return resource.payload_type;
    };
    expect(describeIt({ payload_type: "image" } as Resource)).toBe("image");
  });

  it("reject what the server would refuse", () => {
    const good: NewResource = { identifier: "a", payload_type: "image", rows: 512 };
    // @ts-expect-error: a study has no rows.
    const bad: NewResource = { identifier: "a", payload_type: "study", rows: 512 };
    // @ts-expect-error: a datasource has a name.
    const nameless: NewResource = { identifier: "a", payload_type: "datasource" };
    // @ts-expect-error: only the store writes grants.
    const internal: NewResource["payload_type"] = "grant";
    expect([good, bad, nameless, internal]).toHaveLength(4);
    expectTypeOf<StudyPayload>().not.toHaveProperty("rows");
  });

  it("of a query depend on its payload_type and select_columns", () => {
    const { client } = stubClient([{}]);
    const item = <Item>(walk: Walk<Item, unknown>): Item | undefined => void walk;
    const images = item(client.query({ payload_type: "image" }));
    expectTypeOf(images).toEqualTypeOf<ResourceOf<"image"> | undefined>();
    const two = item(client.query({ payload_type: ["image", "study"] }));
    expectTypeOf(two).toEqualTypeOf<ResourceOf<"image"> | ResourceOf<"study"> | undefined>();
    expectTypeOf(item(client.query({}))).toEqualTypeOf<Resource | undefined>();
    const some = item(client.query({ payload_type: "image", select_columns: ["rows"] }));
    expectTypeOf(some).toEqualTypeOf<
      Pick<ResourceOf<"image">, "identifier" | "payload_type" | "rows"> | undefined
    >();
    expectTypeOf(item(client.children())).toEqualTypeOf<TypedNode | undefined>();
    expect(images).toBeUndefined();
  });
});
