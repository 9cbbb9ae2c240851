import type { Changes } from "../../client/index.ts";
import { type Command, EXIT, type Given, UsageError, wordsOf } from "../command.ts";
import { show } from "../print.ts";
import { firstOf, isTable, LONG_ROWS, printRows, rowLimit, type Row } from "../rows.ts";

type Change = Changes["changes"][number];

const COLUMNS = ["transaction", "instant", "operation", "identifier", "payload_type", "version"];

const startOf = (given: Given): string | undefined => {
  const after = given.text("after");
  if (after === undefined || /^[\w.:~-]{1,200}$/.test(after)) return after;
  throw new UsageError(`--after takes the number of a transaction, or a mark of the feed`);
};

/** `vxdata changes` */
export const changes: Command = {
  name: "changes",
  summary: "Show what was changed, in the order of the commits",
  usage: "[options]",
  about: [
    "From the first change on, or from --after. With --follow it waits for further changes until Ctrl-C, and prints each when it is there.",
  ],
  options: {
    after: { value: "N", about: "only what came after this transaction" },
    follow: { short: "f", about: "wait for further changes" },
    ...LONG_ROWS,
  },
  shared: "read",
  examples: ["vxdata changes --after 120", "vxdata changes --follow --json"],
  run: async (context) => {
    const { aside, client, given, print } = context;
    wordsOf(given);
    const after = startOf(given);
    const limit = given.flag("follow") && !given.text("limit") ? Infinity : rowLimit(context);
    if (given.flag("follow")) {
      const feed = firstOf(client().follow({ after }), limit);
      if (!isTable(context)) {
        await printRows(context, COLUMNS, mapped(feed));
        return EXIT.done;
      }
      // A table waits for its last row; a feed has none.
      for await (const one of feed) {
        const { identifier, instant, operation, payload_type: type, transaction, version } = one;
        const place = `${transaction}`.padStart(6);
        print(
          `${place}  ${instant}  ${operation.padEnd(6)}  ${show(identifier)}  ${show(type)} ${version}`,
        );
      }
      return EXIT.done;
    }
    const pages = client();
    const walk = async function* () {
      let at = after;
      for (;;) {
        const page = await pages.changes({ after: at, limit: Math.min(limit + 1, 1_000) });
        yield* page.changes;
        if (!page.more) return;
        at = page.next;
      }
    };
    let last: number | undefined;
    let more = false;
    const first = async function* () {
      let left = limit;
      for await (const one of walk()) {
        if (left === 0) {
          more = true;
          return;
        }
        left -= 1;
        last = one.transaction;
        yield one;
      }
    };
    await printRows(context, COLUMNS, mapped(first()));
    if (more && isTable(context)) {
      aside.write(`there are more: vxdata changes --after ${last ?? 0}, --limit N or --all\n`);
    }
    return EXIT.done;
  },
};

async function* mapped(items: AsyncIterable<Change>): AsyncGenerator<Row> {
  for await (const item of items) yield { ...item };
}
