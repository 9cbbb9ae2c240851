import { describe, expect, it, test } from "vitest";
import { createMeter, describeBytes } from "../../../src/cli/meter.ts";
import { show, table } from "../../../src/cli/print.ts";
import { conditionOf } from "../../../src/cli/selection.ts";
import { lineageTree } from "../../../src/cli/tree.ts";
import type { Lineage } from "../../../src/client/index.ts";

describe("a condition", () => {
  it.each([
    ["modality=CT", { modality: { eq: "CT" } }],
    ["rows>=512", { rows: { gte: 512 } }],
    ["rows!=null", { rows: { ne: null } }],
    ["burned_in_annotation=true", { burned_in_annotation: { eq: true } }],
    ["metrics.auc > 0.9", { "metrics.auc": { gt: " 0.9" } }],
    ["metrics.auc>0.9", { "metrics.auc": { gt: 0.9 } }],
    ['file_name="512"', { file_name: { eq: "512" } }],
    ["protocol_name=a=b", { protocol_name: { eq: "a=b" } }],
    ["protocol_name~50%_x", { protocol_name: { ilike: String.raw`%50\%\_x%` } }],
    ["study_date<2026-01-01", { study_date: { lt: "2026-01-01" } }],
    ["license=", { license: { eq: "" } }],
  ])("%s", (text, filter) => {
    expect(conditionOf(text)).toEqual(filter);
  });
});

describe("a lineage", () => {
  const node = (identifier: string, payload_type: string) => ({
    identifier,
    payload_type,
    depth: 0,
  });
  const edge = (kind: "parent" | "derived_from", source: string, target: string) => ({
    kind,
    source,
    target,
  });
  const lineage: Lineage = {
    nodes: [
      node("ct", "image"),
      node("study", "study"),
      node("patient", "patient"),
      node("mask", "segmentation"),
      node("mesh", "volume"),
      node("model", "model"),
    ],
    edges: [
      edge("parent", "patient", "study"),
      edge("parent", "study", "ct"),
      edge("parent", "ct", "mask"),
      edge("derived_from", "ct", "mask"),
      edge("derived_from", "mask", "mesh"),
      edge("derived_from", "ct", "model"),
    ],
  };

  it("is a tree with both sides", () => {
    expect(lineageTree(lineage, "ct")).toEqual([
      "ct  image",
      "came from",
      "└─ in study  study",
      "   └─ in patient  patient",
      "gave",
      "├─ contains mask  segmentation",
      "│  └─ derived mesh  volume",
      "├─ derived mask  segmentation  (see above)",
      "└─ derived model  model",
    ]);
  });

  it("of a single resource is one line", () => {
    expect(lineageTree({ nodes: [node("a", "image")], edges: [] }, "a")).toEqual(["a  image"]);
  });

  it("may be deeper than calls can nest", () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `n${index}`);
    const edges = names.slice(1).map((name, index) => edge("derived_from", `n${index}`, name));
    const nodes = names.map((name) => node(name, "image"));
    expect(lineageTree({ nodes, edges }, "n0")).toHaveLength(20_001);
  });
});

test("stored text cannot move the cursor of the terminal", () => {
  expect(show("a\u001b[2Jb\n\u0007")).toBe(String.raw`a\x1b[2Jb\x0a\x07`);
  expect([show(null), show(undefined), show(7), show(["a"])]).toEqual(["-", "-", "7", '["a"]']);
});

test("tables align numbers to the right", () => {
  expect(
    table(
      ["name", "n"],
      [
        ["a", 5],
        ["long name", 1_234],
      ],
    ),
  ).toEqual(["name           n", "a              5", "long name  1,234"]);
});

test("sizes are printed in powers of a thousand", () => {
  expect([0, 999, 1_000, 12_345_678, 5e15].map(describeBytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "12.3 MB",
    "5000.0 TB",
  ]);
});

test("a meter is a bar on a terminal, and a line now and then elsewhere", () => {
  const written: string[] = [];
  let now = 0;
  const output = (isTTY: boolean) => ({
    isTTY,
    columns: 80,
    write: (text: string) => written.push(text),
  });
  const bar = createMeter(output(true), 2_000, () => now);
  now = 1_000;
  bar.update(1_000, "a.dcm");
  expect(written.join("")).toContain("[============            ] 50 %  1.0 kB  1.0 kB/s  a.dcm");
  written.length = 0;
  const lines = createMeter(output(false), undefined, () => now);
  for (let step = 0; step < 11; step += 1) {
    now += 1_000;
    lines.update(step, "");
  }
  expect(written).toHaveLength(2);
  expect(written.join("")).not.toContain("\u001b");
});
