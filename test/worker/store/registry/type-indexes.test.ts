// No answer depends on the indexes that admins add and drop at run time, nor on how far the values of the past are.
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { addPastValues } from "../../../../src/jobs/past.ts";
import { Budget, TURN_BOUNDS } from "../../../../src/store/index.ts";
import { TYPES } from "../../../model/fields.ts";
import { playHistory, type Cast } from "../../../model/run.ts";
import { scripts } from "../../../model/scripts.ts";
import { uniquePrefix, type Client } from "../../../support/clients/http.ts";
import {
  adminClient,
  assemble,
  registerTypes,
  setting,
} from "../../../support/fixtures/callers.ts";
import { buildSteps, putIndexes } from "../../../support/fixtures/indexes.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";
import { seedOf } from "../../../support/run/clock.ts";
import { figure } from "../../../support/run/figures.ts";

let admin: Client;
let cast: Cast;

beforeAll(async () => {
  admin = await adminClient();
  cast = await assemble();
  await registerTypes(admin, TYPES);
});

const FIELDS = {
  model_specimen: ["label", "count", "fresh", "taken_at", "ratio"],
  model_note: ["text", "count"],
} as const;

const setAll = async (isIndexed: boolean): Promise<void> => {
  for (const [type, fields] of Object.entries(FIELDS)) {
    await succeed(putIndexes(admin, type, isIndexed ? fields : []));
  }
};

/** Adds the values of some transactions, or of all. */
const addValues = (statements = TURN_BOUNDS.statements): Promise<void> =>
  addPastValues(env, new Budget({ ...TURN_BOUNDS, statements }));

/** What is done to the indexes before a history. */
const STATES: Readonly<Record<string, () => Promise<void>>> = {
  absent: () => setAll(false),
  building: async () => {
    await setAll(false);
    await setAll(true);
    // The first index is begun, and holds some of what is stored; the others are not begun.
    await buildSteps(2, 3);
  },
  ready: async () => {
    await setAll(true);
    expect(await buildSteps(1_000, 50)).toBe(true);
  },
  dropped: async () => {
    await setAll(true);
    await buildSteps(1_000, 50);
    await setAll(false);
  },
};

describe("answers are those of the reference model, now and in the past, page by page, for each caller", () => {
  const runs = Math.ceil(figure("HISTORIES") / 4);

  const expectModel = async (actors: Cast): Promise<void> => {
    const property = fc.asyncProperty(scripts, (script) =>
      playHistory(actors, script, uniquePrefix("idx")),
    );
    await fc.assert(property, { numRuns: runs, seed: seedOf(setting("FC_SEED")) });
  };

  test.each(Object.keys(STATES))("while indexes are %s", { timeout: 600_000 }, async (state) => {
    await STATES[state]?.();
    await expectModel(cast);
  });

  test(
    "while they are ready, and values of the past are added behind each write",
    { timeout: 600_000 },
    async () => {
      await STATES["ready"]?.();
      const filled = (client: Client): Client => ({
        ...client,
        post: async (path, body, headers) => {
          const answer = await client.post(path, body, headers);
          if (path.startsWith("/resources/")) await addValues();
          return answer;
        },
      });
      const { admin: one, editor } = cast;
      await expectModel({
        ...cast,
        admin: { ...one, client: filled(one.client) },
        editor: { ...editor, client: filled(editor.client) },
      });
    },
  );

  test(
    "while they are added, built slice by slice and dropped between the calls",
    { timeout: 600_000 },
    async () => {
      let at = 0;
      const turn = async (): Promise<void> => {
        at += 1;
        const type = at % 2 === 0 ? "model_specimen" : "model_note";
        if (at % 11 === 0) await succeed(putIndexes(admin, type, []));
        else if (at % 5 === 0) await succeed(putIndexes(admin, type, FIELDS[type]));
        else await buildSteps(3, 4);
        // So few statements are one step of the values.
        if (at % 3 === 0) await addValues(at % 2 === 0 ? 15 : 25);
      };
      const moving = (client: Client): Client => ({
        ...client,
        post: async (path, body, headers) => {
          await turn();
          return client.post(path, body, headers);
        },
      });
      // Reads begin in an isolate that may remember indexes which are gone.
      const others = { editor: cast.editor, nobody: cast.nobody };
      await expectModel({
        ...cast,
        ...others,
        admin: { ...cast.admin, client: moving(cast.admin.client) },
        reader: { ...cast.reader, client: moving(cast.reader.client) },
      });
    },
  );
});
