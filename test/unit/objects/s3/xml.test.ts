import fc from "fast-check";
import { expect, test } from "vitest";
import { childrenOf, escapeXml, parseXml, textOf } from "../../../../src/objects/s3/xml.ts";
import { runs } from "../../../support/run/figures.ts";

test("a response is parsed with its elements, texts and entities, whatever its attributes", () => {
  const found = parseXml(
    '\uFEFF<?xml version="1.0" encoding="UTF-8"?>\n<List xmlns="http://a/" b = \'c\'>\n <Key>a &amp;&#x1FA7B;&#228;&lt;</Key><Empty/><Key/></List>\n',
  );
  expect(found.name).toBe("List");
  expect(childrenOf(found, "Key").map(({ text }) => text)).toEqual(["a &🩻ä<", ""]);
  expect(textOf(found, "Empty")).toBe("");
  expect(textOf(found, "None")).toBeUndefined();
});

test.for([
  "",
  "text",
  "<a>",
  "</a>",
  "<a></b>",
  "<a/><b/>",
  "<a/>text",
  "<a>&unknown;</a>",
  "<a>&amp</a>",
  "<a>&#x110000;</a>",
  "<a><!-- comment --></a>",
  "<a><![CDATA[text]]></a>",
  "<!DOCTYPE a><a/>",
  "<a b=c/>",
  "<a b></a>",
  `${"<a>".repeat(17)}${"</a>".repeat(17)}`,
])("anything else is refused: %s", (text) => {
  expect(() => parseXml(text)).toThrow("malformed XML");
});

test("an escaped string is parsed to the original", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(parseXml(`<a>${escapeXml(text)}</a>`).text).toBe(text);
    }),
    { numRuns: runs(500) },
  );
});

const outcomeOf = (text: string): string => {
  try {
    parseXml(text);
    return "read";
  } catch (error) {
    return error instanceof Error ? error.message : "something else";
  }
};

test("any input is parsed or refused in linear time", () => {
  const piece = fc.constantFrom("<", ">", "/", "a", " ", '"', "=", "'", "&", ";", "?", "!", "-");
  fc.assert(
    fc.property(fc.string({ unit: piece, maxLength: 3_000 }), (text) => {
      expect(outcomeOf(text)).toMatch(/^(?:read|The store answered with malformed XML)$/);
    }),
    { numRuns: runs(500) },
  );
});
