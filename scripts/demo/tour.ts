import type { JsonObject } from "../../src/model/json.ts";
import { type ApiClient, post } from "../../src/cli/support/api-client.ts";
import type { Corrections } from "./corrections.ts";
import { treeTour } from "./lineage.ts";
import type { LoadedCohort } from "./load.ts";
import { items, member, type Print, show, text } from "./show.ts";

const queryTour = async (client: ApiClient, print: Print, query: JsonObject): Promise<void> => {
  const body = { ...query, sort_by: "patient_age_years", sort_order: "desc", limit: 3 };
  const title = "Frontal chest images of people aged 60 or more, the oldest first";
  const page = await show(client, print, { title, path: "/query", body });
  for (const row of items(member(page, "results"))) {
    const findings = items(member(row, "finding_labels")).map(text).join(", ") || "no findings";
    const age = text(member(row, "patient_age_years"));
    print(`  ${text(member(row, "identifier"))}  ${age} years  ${findings}`);
  }
  const counted = await show(client, print, {
    title: "How many are they?",
    path: "/query/count",
    body: query,
  });
  print(`  ${text(member(counted, "count"))}`);
};

const walk = async (client: ApiClient, print: Print, query: JsonObject): Promise<void> => {
  const first = { ...query, limit: 50 };
  let page = await show(client, print, {
    title: "All images, page by page: the cursor keeps to the state that the first page saw",
    path: "/query",
    body: first,
  });
  for (let number = 1; ; number += 1) {
    print(`  page ${number}: ${items(member(page, "results")).length} images`);
    const cursor = member(page, "next_cursor");
    if (cursor === null) return;
    page = await post(client, "/query", { ...first, cursor });
  }
};

const timeTravel = async (
  client: ApiClient,
  print: Print,
  query: JsonObject,
  { before }: Corrections,
): Promise<void> => {
  const now = await show(client, print, {
    title: "Images of modality CR, now: some radiographs had been called DX by mistake",
    path: "/query/count",
    body: query,
  });
  print(`  ${text(member(now, "count"))}`);
  const then = await show(client, print, {
    title: "The same question as of the instant before the correction",
    path: "/query/count",
    body: { ...query, as_of: before },
  });
  print(`  ${text(member(then, "count"))}`);
};

const historyTour = async (
  client: ApiClient,
  print: Print,
  { followed }: Corrections,
): Promise<void> => {
  const versions = items(
    await show(client, print, {
      title: "Everything that happened to one image",
      path: "/resources/history",
      body: { identifier: followed },
    }),
  );
  for (const version of versions) {
    const transaction = member(version, "transaction");
    const state = member(version, "is_deleted") === true ? "deleted" : "live";
    const operation = text(member(transaction, "operation"));
    const findings = JSON.stringify(member(version, "finding_labels"));
    print(
      `  v${text(member(version, "version"))}  ${text(member(transaction, "instant"))}  ` +
        `${operation}  ${state}  ${text(member(version, "modality"))} ${findings}`,
    );
  }
  const diff = await show(client, print, {
    title: "What differs between its first and its last version",
    path: "/resources/diff",
    body: { identifier: followed, from: 1, to: versions.length },
  });
  for (const change of items(member(diff, "changes"))) {
    const [before, after] = ["before", "after"].map((side) => JSON.stringify(member(change, side)));
    print(`  ${text(member(change, "path"))}: ${before} -> ${after}`);
  }
};

/** Demonstrates the reads of the catalogue on the cohort, each with its request. */
export const takeTour = async (
  client: ApiClient,
  print: Print,
  cohort: LoadedCohort,
  corrections: Corrections,
): Promise<void> => {
  const below = {
    payload_type: "image",
    parent_identifier: cohort.datasource,
    include_indirect_parents: true,
  };
  const old = { body_part_examined: "CHEST", patient_age_years: { gte: 60 } };
  const frontal = { ...old, view_position: { in: ["PA", "AP"] } };
  await queryTour(client, print, { ...below, filters: frontal });
  await walk(client, print, below);
  await timeTravel(client, print, { ...below, filters: { modality: "CR" } }, corrections);
  await historyTour(client, print, corrections);
  await treeTour(client, print, cohort, corrections);
};
