// Compares the stored visibility with that of a walk through the tree.

/**
 * Every resource with the uppermost restricted one above it or itself, walked down from the roots.
 */
const WALKED = `WITH RECURSIVE walked(rid, identifier, parent, top) AS MATERIALIZED (
    SELECT r.rid, r.identifier, NULL, CASE WHEN r.access_level = 'restricted' THEN r.rid END
    FROM resources r WHERE r.parent_identifier IS NULL
    UNION ALL
    SELECT c.rid, c.identifier, w.rid,
      coalesce(w.top, CASE WHEN c.access_level = 'restricted' THEN c.rid END)
    FROM walked w CROSS JOIN resources c ON c.parent_identifier = w.identifier),
  graded(rid, identifier, parent, top, owner, visibility) AS MATERIALIZED (
    SELECT w.rid, w.identifier, w.parent, w.top, r.owner, CASE WHEN w.top IS NOT NULL THEN 2
      WHEN r.access_level = 'public' THEN 0 ELSE 1 END
    FROM walked w CROSS JOIN resources r ON r.rid = w.rid),
  above(rid, parent, owner) AS MATERIALIZED (
    SELECT p.rid, p.parent, p.owner FROM graded g CROSS JOIN graded p ON p.rid = g.parent
      WHERE g.top = g.rid
    UNION SELECT p.rid, p.parent, p.owner FROM above a CROSS JOIN graded p ON p.rid = a.parent)`;

const CHECKS: Readonly<Record<string, string>> = {
  "a resource is out of reach of the walk": `SELECT r.identifier FROM resources r
    WHERE r.rid NOT IN (SELECT g.rid FROM graded g)`,
  "a resource is of another class": `SELECT g.identifier FROM graded g
    CROSS JOIN resources r ON r.rid = g.rid WHERE r.visibility <> g.visibility`,
  "a restricted resource is missing, or not as it is": `SELECT g.identifier FROM graded g
    WHERE g.top IS NOT NULL AND NOT EXISTS (SELECT 1 FROM restricted q WHERE q.rid = g.rid
      AND q.parent IS g.parent AND q.top = g.top AND q.owner = g.owner)`,
  "an open resource counts as restricted": `SELECT g.identifier FROM graded g
    CROSS JOIN restricted q ON q.rid = g.rid WHERE g.top IS NULL`,
  "what lies above something restricted is missing, or not as it is": `SELECT g.identifier
    FROM above a CROSS JOIN graded g ON g.rid = a.rid
    WHERE NOT EXISTS (SELECT 1 FROM restricted_above q WHERE q.rid = a.rid AND q.parent IS a.parent
      AND q.owner = a.owner)`,
  "a restricted resource counts as open above others": `SELECT g.identifier FROM graded g
    CROSS JOIN restricted_above q ON q.rid = g.rid WHERE g.top IS NOT NULL OR q.parent IS NOT g.parent`,
  "an edge leads to another class": `SELECT e.target AS identifier FROM edges e
    CROSS JOIN resources r ON r.identifier = e.target WHERE e.visibility <> r.visibility`,
  "something was left over": `SELECT 'refresh' AS identifier FROM visibility_refresh
    UNION ALL SELECT 'guard' FROM guard`,
};

const projections = async (database: D1Database): Promise<readonly string[]> => {
  const { results } = await database
    .prepare(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'x\\_%' ESCAPE '\\'`,
    )
    .all<{ name: string }>();
  return results.map(({ name }) => name);
};

/** The differences; empty when everything is as the levels and parents say. */
export const visibilityErrors = async (database: D1Database): Promise<readonly string[]> => {
  const ofProjections = (await projections(database)).map((name): [string, string] => [
    `a row of ${name} is of another class`,
    `SELECT x.identifier FROM "${name}" x CROSS JOIN resources r ON r.rid = x.rid
      WHERE x.visibility <> r.visibility`,
  ]);
  const checks = [...Object.entries(CHECKS), ...ofProjections];
  const answers = await database.batch<{ identifier: string }>(
    checks.map(([, text]) => database.prepare(`${WALKED} ${text} LIMIT 5`)),
  );
  return answers.flatMap(({ results }, at) =>
    results.map(({ identifier }) => `${checks[at]?.[0]}: ${identifier}`),
  );
};
