import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AppError } from "../../../src/model/error.ts";
import {
  authorize,
  may,
  mayOn,
  maySome,
  type AnonymousAccess,
} from "../../../src/identity/policy.ts";
import {
  ANONYMOUS,
  POLICY_ACTIONS,
  ROLES,
  type Action,
  type Principal,
} from "../../../src/identity/principal.ts";

const ACTIONS: readonly Action[] = [...POLICY_ACTIONS, "administer"];

const user = (role: Principal["role"]): Principal => ({
  kind: "user",
  id: "user:0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10",
  role,
  tokenVersion: 1,
});

const system: Principal = { kind: "system", id: "system:closure", role: null };

const ALL = "create read update delete harvest administer";
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
  anonymousAccess: AnonymousAccess,
): string => {
  try {
    authorize(principal, action, type, anonymousAccess);
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

  test("a policy permits what it names and nothing else, and never narrows a role", () => {
    const names = fc.constantFrom<string>("image", "patient", "dataset", "*");
    const permissions = fc.record({
      payloadTypes: fc.array(names, { minLength: 1, maxLength: 2 }),
      actions: fc.uniqueArray(fc.constantFrom(...POLICY_ACTIONS), { minLength: 1 }),
      ownerOnly: fc.boolean(),
    });
    const targets = fc.record({
      payloadType: fc.constantFrom("image", "patient", "dataset", "study"),
      isOwn: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(permissions, { maxLength: 3 }),
        fc.constantFrom(null, ...ROLES),
        fc.constantFrom(...ACTIONS),
        targets,
        (policies, role, action, target) => {
          const named = policies.some(
            ({ payloadTypes, actions, ownerOnly }) =>
              actions.some((each) => each === action) &&
              (payloadTypes.includes("*") ||
                (action !== "harvest" && payloadTypes.includes(target.payloadType))) &&
              ((action !== "harvest" && target.isOwn) || !ownerOnly),
          );
          const byRole = role !== null && mayOn(user(role), action, target);
          const subject = { ...user(role), kind: "apk" as const, policies };
          expect(mayOn(subject, action, target)).toBe(named || byRole);
        },
      ),
    );
  });

  test("a harvest is permitted as a whole or not at all", () => {
    const key = (payloadTypes: readonly string[], ownerOnly: boolean): Principal => ({
      kind: "apk",
      id: "apk:k",
      role: null,
      policies: [{ payloadTypes, actions: ["harvest"], ownerOnly }],
    });
    expect([
      maySome(key(["*"], false), "harvest"),
      may(key(["*"], false), "harvest", "file"),
    ]).toEqual([true, true]);
    for (const limited of [key(["file", "harvest_run"], false), key(["*"], true)]) {
      expect(maySome(limited, "harvest")).toBe(false);
      expect(mayOn(limited, "harvest", { payloadType: "file", isOwn: true })).toBe(false);
    }
  });

  test("only admins change what decides who sees what, whatever a policy says", () => {
    const policies = [{ payloadTypes: ["*"], actions: [...POLICY_ACTIONS], ownerOnly: false }];
    for (const type of ["group", "project", "membership"]) {
      for (const action of ["create", "update", "delete"] as const) {
        expect(may({ ...user("editor"), policies }, action, type)).toBe(false);
        expect(may(user("admin"), action, type)).toBe(true);
      }
    }
  });

  test("public reads need a setting", () => {
    expect(may(ANONYMOUS, "read", "image")).toBe(false);
    expect(() => authorize(ANONYMOUS, "read", "image")).toThrow("bearer token");
  });
});
