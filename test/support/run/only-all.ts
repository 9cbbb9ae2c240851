/**
 * What `npm test` leaves to `npm run test:all`, and why. A named file is always run: `npx vitest
 * run test/worker/store/read/plans.test.ts`.
 */
export const ONLY_ALL: Readonly<Record<string, string>> = {
  "test/e2e/guide.test.ts": "every page of the guide in a browser",
  "test/worker/http/assignment.test.ts": "every place of every body",
  "test/worker/store/visibility/audit-completeness.test.ts":
    "every way to read and write, by every kind of caller",
  "test/worker/store/write/boundaries.test.ts": "bodies and batches as large as there may be",
  "test/worker/store/read/comparisons.test.ts": "compares as often as a request may",
  "test/worker/store/read/costs.test.ts": "measures every read at two sizes",
  "test/worker/surfaces/entities/sizes.test.ts": "measures a find among 100,000 documents",
  "test/worker/store/write/equal-orders.test.ts": "every kind of write, many times at once",
  "test/worker/store/write/faults.test.ts":
    "every write, with each of its calls of the database lost",
  "test/worker/surfaces/harvest/checks.test.ts": "reads files again and again, as its clock does",
  "test/worker/store/visibility/hidden-rows.test.ts": "measures every read over many hidden rows",
  "test/worker/store/read/history-pages.test.ts": "histories of megabytes",
  "test/worker/http/log.test.ts": "every place of every call",
  "test/worker/http/order-of-checks.test.ts": "every call with each of its faults",
  "test/worker/store/read/page-bytes.test.ts": "megabytes of answers",
  "test/worker/store/read/plans.test.ts": "measures every read over 6,000 rows",
  "test/worker/store/write/quotas.test.ts": "fills everything up to its bound",
  "test/worker/http/request-budget.test.ts": "measures writes of 20,000 documents",
  "test/worker/store/visibility/revocation-races.test.ts":
    "revokes each right between any two calls of a write",
  "test/worker/store/read/subtree.test.ts": "measures questions below large roots",
  "test/worker/store/visibility/visibility-races.test.ts": "every write, overtaken in every way",
  "test/worker/store/write/write-costs.test.ts": "measures every shape of a write at two sizes",
  "test/worker/store/write/write-limits.test.ts": "writes of as many bytes as there may be",
  "test/e2e/backup.test.ts":
    "backs up while there are writes, and breaks what was made in every way",
  "test/e2e/blocking.test.ts": "measures how long a server answers nobody else",
  "test/e2e/clock.test.ts": "waits for the Cron Trigger to ring",
  "test/e2e/crash.test.ts": "kills a server again and again",
  "test/e2e/dev.test.ts": "starts a server anew after each of many saves",
  "test/e2e/disk.test.ts": "fills a disk",
  "test/e2e/earlier-release.test.ts": "builds the database of an earlier release",
  "test/e2e/foreign-store.test.ts": "starts OpenStack Swift and stores a thousand objects in it",
  "test/e2e/harvest.test.ts": "starts many agents one after another",
  "test/e2e/import.test.ts": "kills imports and servers, and brings thousands of rows in",
  "test/e2e/outbound.test.ts": "starts three servers for one setting",
  "test/e2e/package.test.ts": "builds and installs the package, and compiles against it",
  "test/e2e/python.test.ts": "a thousand writes from Python, with a server killed among them",
  "test/e2e/read-memory.test.ts": "measures a server's memory",
  "test/e2e/s3-folder.test.ts": "starts a dozen servers",
  "test/e2e/s3-store.test.ts": "waits minutes for the clock",
  "test/e2e/sdk-crash.test.ts": "a thousand writes, with a server killed among them",
  "test/e2e/serve.test.ts": "builds and installs the server's package",
  "test/e2e/source-revisions.test.ts": "starts a server beside a pipelines service",
  "test/e2e/source-runner.test.ts": "waits for the clock of the embedded runner",
  "test/e2e/wrangler-dev.test.ts": "starts wrangler, which is slow",
};
