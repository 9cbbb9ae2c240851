import { describe, expect, test } from "vitest";
import { AppError } from "../../../src/model/error.ts";
import { authorize, may, type Openness } from "../../../src/identity/policy.ts";
import { ANONYMOUS, type Action, type Principal } from "../../../src/identity/principal.ts";

const ACTIONS: readonly Action[] = ["create", "read", "update", "delete", "administer"];

const user = (role: Principal["role"]): Principal => ({
  kind: "user",
  id: "user:0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10",
  role,
  tokenVersion: 1,
});

const system: Principal = { kind: "system", id: "system:closure", role: null };

const ALL = "create read update delete administer";
const DATA = "create read update delete";

/** Who may do what: without and with public reading. */
const TABLE: readonly (readonly [string, Principal, string, string])[] = [
  ["admin", user("admin"), ALL, ALL],
  ["editor", user("editor"), DATA, DATA],
  ["user", user("user"), "read", "read"],
  ["user without role", user(null), "", ""],
  ["system", system, ALL, ALL],
  ["anonymous", ANONYMOUS, "", "read"],
  ["anonymous with a role", { ...ANONYMOUS, role: "admin" }, "", "read"],
];

const outcome = (
  principal: Principal,
  action: Action,
  type: string,
  openness: Openness,
): string => {
  try {
    authorize(principal, action, type, openness);
    return "allowed";
  } catch (error) {
    return error instanceof AppError ? error.code : "another error";
  }
};

describe("policy", () => {
  test("each principal may do what the table says, on every payload type, and nothing else", () => {
    for (const [name, principal, closed, open] of TABLE) {
      for (const action of ACTIONS) {
        for (const type of ["image", "patient", "*"]) {
          for (const [publicRead, allowed] of [
            [false, closed],
            [true, open],
          ] as const) {
            const expected = allowed.split(" ").includes(action);
            const actual = may(principal, action, type, { publicRead });
            expect({ name, action, type, publicRead, actual }).toEqual({
              name,
              action,
              type,
              publicRead,
              actual: expected,
            });
            const refusal = principal.kind === "anonymous" ? "unauthenticated" : "forbidden";
            expect(outcome(principal, action, type, { publicRead })).toBe(
              expected ? "allowed" : refusal,
            );
          }
        }
      }
    }
  });

  test("nobody reads publicly unless that is said", () => {
    expect(may(ANONYMOUS, "read", "image")).toBe(false);
    expect(() => authorize(ANONYMOUS, "read", "image")).toThrow("bearer token");
  });
});
