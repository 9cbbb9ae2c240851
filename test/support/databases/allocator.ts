import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { faultyDatabase, type Fault } from "./faulty.ts";

const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The Durable Object that allocates the patients of a datasource or the studies of a patient. */
const allocatorOf = async (type: "patient" | "study", scope: string) => {
  const bytes = new TextEncoder().encode(JSON.stringify([type, scope]));
  return env.ALLOCATOR.getByName(hex(await crypto.subtle.digest("SHA-256", bytes)));
};

/** Evicts the object from memory, as the platform may at any moment. */
export const evictAllocator = async (type: "patient" | "study", scope: string): Promise<void> => {
  await evictDurableObject(await allocatorOf(type, scope));
};

/** Makes one database call of the object fail. Returns the number of calls since then. */
export const breakAllocator = async (
  type: "patient" | "study",
  scope: string,
  message: string,
  fault: Fault | undefined,
): Promise<() => number> => {
  const stub = await allocatorOf(type, scope);
  return runInDurableObject(stub, (instance) => {
    const object = instance as unknown as { env: Env };
    const faulty = faultyDatabase(object.env.DB, message);
    faulty.arm(fault);
    object.env = { ...object.env, DB: faulty.database };
    return faulty.calls;
  });
};
