import { expect, test } from "vitest";
import { arkOf } from "../../../src/surfaces/harvest/operations/ark.ts";

const PLACE = { naan: "99999", shoulder: "fk4" };

test.each([
  ["123e4567-e89b-42d3-a456-426614174000", "ark:/99999/fk4ci7ekz7itnbnhjcwijtbif2aaa"],
  ["42a3f59a-3614-420b-947f-39167c4d65f9", "ark:/99999/fk4ikr7lgrwcrbaxfd7helhytlf7e"],
])("the ARK of %s is %s", (uuid, ark) => {
  expect(arkOf(PLACE, uuid)).toBe(ark);
});

test("an ARK has 26 letters and digits after its shoulder, and no padding", () => {
  for (const uuid of Array.from({ length: 200 }, () => crypto.randomUUID())) {
    expect(arkOf(PLACE, uuid)).toMatch(/^ark:\/99999\/fk4[a-z2-7]{26}$/);
  }
  expect(arkOf({ naan: "12345", shoulder: "" }, crypto.randomUUID())).toMatch(
    /^ark:\/12345\/\w{26}$/,
  );
});
