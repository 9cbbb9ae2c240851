import type { Json } from "../../src/model/json.ts";
import type { ApiClient } from "../../src/cli/support/api-client.ts";
import type { Corrections } from "./corrections.ts";
import { PIPELINE, type LoadedCohort } from "./load.ts";
import { items, member, type Print, show, text } from "./show.ts";

const query = (members: Readonly<Record<string, string>>): string =>
  new URLSearchParams(members).toString();

const ancestry = async (client: ApiClient, print: Print, identifier: string): Promise<void> => {
  const path = encodeURIComponent(identifier);
  const above = await show(client, print, {
    title: "What a segmentation lies below, nearest first",
    path: `/parents/${path}`,
  });
  print(`  ${items(above).map(text).join("  <  ")}`);
  const graph = await show(client, print, {
    title: "Everything that it came from, along parents and derivations",
    path: `/lineage/${path}?direction=up`,
  });
  const derived = items(member(graph, "edges")).filter(
    (edge) => member(edge, "kind") === "derived_from",
  );
  print(`  ${items(member(graph, "nodes")).length} resources; derived:`);
  for (const edge of derived) {
    print(`  ${text(member(edge, "source"))}  ->  ${text(member(edge, "target"))}`);
  }
};

const tree = async (client: ApiClient, print: Print, datasource: string): Promise<void> => {
  const nodes = await show(client, print, {
    title: "The first patients, with what lies below each",
    path: `/children?${query({ parent_identifier: datasource, limit: "3" })}`,
  });
  for (const node of items(nodes)) {
    const [children, all] = ["child_count", "descendant_count"].map((name) => member(node, name));
    print(
      `  ${text(member(node, "identifier"))}  ${text(children ?? 0)} studies, ${text(all ?? 0)} in all`,
    );
  }
};

const latest = async (client: ApiClient, print: Print, datasource: string): Promise<void> => {
  const { branch, path } = PIPELINE;
  const artefact = await show(client, print, {
    title: "The newest weights that a run of the pipeline succeeded in making",
    path: `/artefacts/latest?${query({ repo: `${datasource}/pipeline`, branch, path })}`,
  });
  const [identifier, commit] = ["identifier", "commit"].map((name) => text(member(artefact, name)));
  print(`  ${identifier}  of commit ${commit}`);
};

const statistics = async (
  client: ApiClient,
  print: Print,
  { datasource }: LoadedCohort,
  { before }: Corrections,
): Promise<void> => {
  const tell = (answer: Json): void => {
    const [of] = items(answer);
    const one = Array.isArray(answer) ? (of ?? null) : answer;
    print(`  ${JSON.stringify(member(one, "totals"))}`);
    print(`  by modality ${JSON.stringify(member(one, "by_modality"))}`);
  };
  const wanted = { datasource_id: datasource };
  tell(
    await show(client, print, {
      title: "What the datasource holds",
      path: `/datasources/detailed-stats?${query(wanted)}`,
    }),
  );
  tell(
    await show(client, print, {
      title: "And what it held before the correction",
      path: `/datasources/detailed-stats?${query({ ...wanted, as_of: before })}`,
    }),
  );
};

/** Prints the tree, the derivations and the statistics of the cohort. */
export const treeTour = async (
  client: ApiClient,
  print: Print,
  cohort: LoadedCohort,
  corrections: Corrections,
): Promise<void> => {
  await tree(client, print, cohort.datasource);
  await ancestry(client, print, cohort.segmentation);
  await latest(client, print, cohort.datasource);
  await statistics(client, print, cohort, corrections);
};
