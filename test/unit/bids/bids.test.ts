import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { inherits, parseName, subjectOf } from "../../../src/cli/bids/entities.ts";
import { annexKey } from "../../../src/cli/bids/listing.ts";
import { participantCells, parseParticipants } from "../../../src/cli/bids/participants.ts";
import { withoutPersonal } from "../../../src/cli/bids/sidecars.ts";
import { bidsSource } from "../../../src/cli/bids/source.ts";
import { SHIPPED } from "../../../src/cli/mappings.ts";
import { compileMapping } from "../../../src/cli/import/compile.ts";
import { finishRow, readRow, type RowResource } from "../../../src/cli/import/row.ts";
import type { Json } from "../../../src/model/json.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vxdata-bids-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (path: string, content: string | Json): void => {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  const text = typeof content === "string" ? content : JSON.stringify(content);
  writeFileSync(join(folder, path), text);
};

const plan = compileMapping(SHIPPED.bids);
const silent = { refuse: () => undefined, remark: () => undefined };

const rowsOf = async () => {
  const rows = [];
  for await (const part of bidsSource(folder, plan).parts(() => undefined)) rows.push(...part.rows);
  return rows.map((row) => readRow(plan, row, () => undefined));
};

const resourcesOf = async (): Promise<ReadonlyMap<string, RowResource["body"]>> => {
  const references = { datasource: "ds", patient: "P", study: "S" };
  const found = (await rowsOf()).flatMap(({ issues, ready }) => {
    expect(issues).toEqual([]);
    if (ready === undefined) return [];
    const { study, ...others } = references;
    return finishRow(
      plan,
      ready,
      ready.study === undefined ? others : { ...others, study },
      silent,
    );
  });
  return new Map(found.map(({ body }) => [body.identifier, body]));
};

describe("file names", () => {
  it("are parsed into entities, suffix and extension", () => {
    expect(parseName("sub-01/func/sub-01_task-rest_run-1_bold.nii.gz")).toEqual({
      entities: { sub: "01", task: "rest", run: "1" },
      suffix: "bold",
      extension: ".nii.gz",
    });
    expect(parseName("README")).toEqual({ entities: {}, suffix: "README", extension: "" });
    expect(subjectOf("derivatives/x/sub-02/ses-1/anat/t.nii")).toEqual({
      sub: "sub-02",
      ses: "ses-1",
    });
    expect(subjectOf("sub-03_scans.tsv")).toEqual({ sub: "sub-03" });
    expect(subjectOf("participants.tsv")).toEqual({});
  });

  it.each([
    ["task-rest_bold.json", "sub-01/func/sub-01_task-rest_bold.nii.gz", true],
    ["task-bart_bold.json", "sub-01/func/sub-01_task-rest_bold.nii.gz", false],
    ["task-rest_bold.json", "sub-01/func/sub-01_task-rest_events.tsv", false],
    ["sub-01/sub-01_bold.json", "sub-01/func/sub-01_task-rest_bold.nii.gz", true],
    ["sub-02/sub-02_bold.json", "sub-01/func/sub-01_task-rest_bold.nii.gz", false],
  ])("%s applies to %s: %s", (sidecar, file, expected) => {
    expect(inherits(sidecar, file)).toBe(expected);
  });

  it("of annexed files contain size and digest", () => {
    expect(
      annexKey("../.git/annex/objects/xx/yy/MD5E-s1024--0cc1.nii.gz/MD5E-s1024--0cc1.nii.gz"),
    ).toEqual({ size: 1024, md5: "0cc1" });
    expect(annexKey("SHA256E-s7--ab12.nii")).toEqual({ size: 7, sha256: "ab12" });
    expect(annexKey("../elsewhere.nii")).toBeUndefined();
  });
});

describe("participants", () => {
  it.each([
    ["sex", "age", "M", "34", "M", 34],
    ["Gender", "Age", "female", "34.5", "F", 34.5],
    ["gender", "age", "n/a", "20-25", undefined, undefined],
    ["sex", "age", "x", "999", undefined, undefined],
  ])("with %s and %s: %s, %s", (sexName, ageName, sex, age, expectedSex, expectedAge) => {
    const text = `participant_id\t${sexName}\t${ageName}\tdiagnosis\nsub-01\t${sex}\t${age}\tSCHZ\n`;
    const cells = new Map(participantCells("sub-01", parseParticipants(text).get("sub-01")));
    expect(cells.get("participant.sex")).toBe(expectedSex);
    expect(cells.get("participant.age_years")).toBe(expectedAge);
    expect(cells.get("participant.group")).toBe("SCHZ");
    expect(cells.get("participant.id")).toBe("sub-01");
  });
});

test("sidecars lose identifying members, at any depth", () => {
  const sidecar = {
    RepetitionTime: 2,
    PatientName: "Doe",
    DeviceSerialNumber: "7",
    global: { const: { PatientBirthDate: "1961", EchoTime: 0.03 }, list: [{ StudyDate: "x" }] },
  };
  expect(withoutPersonal(sidecar)).toEqual({
    RepetitionTime: 2,
    global: { const: { EchoTime: 0.03 }, list: [{}] },
  });
});

describe("a dataset", () => {
  beforeEach(() => {
    write("dataset_description.json", { Name: "Rest", License: "CC0" });
    write("participants.tsv", "participant_id\tsex\tage\nsub-01\tF\t30\nsub-02\tM\t40\n");
    write("task-rest_bold.json", { RepetitionTime: 2, Manufacturer: "Siemens" });
    write("sub-01/ses-a/func/sub-01_ses-a_task-rest_bold.nii.gz", "image");
    write("sub-01/ses-a/func/sub-01_ses-a_task-rest_bold.json", {
      EchoTime: 0.03,
      PatientName: "Doe",
    });
    write(
      "derivatives/prep/sub-01/ses-a/func/sub-01_ses-a_task-rest_space-MNI_bold.nii.gz",
      "made",
    );
    write(".git/config", "hidden");
  });

  it("becomes recordings as series, and a record of each file below them", async () => {
    const found = await resourcesOf();
    const stem = "ds/sub-01/ses-a/func/sub-01_ses-a_task-rest_bold";
    expect(found.get(stem)).toEqual({
      identifier: stem,
      payload_type: "series",
      parent_identifier: "S",
      license: "CC0",
      modality: "MR",
      series_description: "bold",
      protocol_name: "rest",
      manufacturer: "Siemens",
      repetition_time_ms: 2000,
      echo_time_ms: 30,
    });
    expect(found.get(`${stem}.nii.gz`)).toMatchObject({
      payload_type: "bids_file",
      parent_identifier: stem,
      path: "sub-01/ses-a/func/sub-01_ses-a_task-rest_bold.nii.gz",
      size_bytes: 5,
      sha256: "6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d",
    });
    expect(found.get(`${stem}.json`)).toMatchObject({
      parent_identifier: stem,
      metadata: { EchoTime: 0.03 },
    });
    expect(found.get("ds/participants.tsv")).toMatchObject({ parent_identifier: "ds" });
    const derived = [...found.keys()].find((name) => name.includes("space-MNI")) ?? "";
    expect(found.get(derived)).toMatchObject({ parent_identifier: "S", derived_from: [stem] });
    expect([...found.keys()].filter((name) => name.includes(".git"))).toEqual([]);
    expect(JSON.stringify([...found])).not.toContain("Doe");
  });

  it("has all its participants, with or without files, and their sessions as studies", async () => {
    const rows = await rowsOf();
    const patients = rows.map(({ ready }) => ready?.patient?.externalUid);
    expect(patients.slice(0, 2)).toEqual(["sub-01", "sub-02"]);
    expect(rows[1]?.ready?.patient?.payload).toEqual({ patient_sex: "M" });
    expect(rows[1]?.ready?.study).toBeUndefined();
    const studies = rows.flatMap(({ ready }) => ready?.study ?? []);
    expect(new Set(studies.map(({ externalUid }) => externalUid))).toEqual(new Set(["ses-a"]));
    expect(studies[0]?.payload).toEqual({ patient_sex: "F", patient_age_years: 30 });
  });

  it("without its images is read from git-annex, and from lists", async () => {
    symlinkSync(
      "../.git/annex/objects/SHA256E-s99--ab12.nii.gz",
      join(folder, "sub-01", "ses-a", "sub-01_ses-a_T1w.nii.gz"),
    );
    const annexed = await resourcesOf();
    expect(annexed.get("ds/sub-01/ses-a/sub-01_ses-a_T1w.nii.gz")).toMatchObject({
      size_bytes: 99,
      sha256: "ab12",
    });
    write("files.ndjson", '{"path":"sub-02/anat/sub-02_T1w.nii.gz","size":12,"md5":"cd"}\n');
    write("sidecars.ndjson", '{"path":"sub-02/anat/sub-02_T1w.json","json":{"EchoTime":0.01}}\n');
    const listed = await resourcesOf();
    expect([...listed.keys()]).toEqual([
      "ds/sub-02/anat/sub-02_T1w",
      "ds/sub-02/anat/sub-02_T1w.nii.gz",
    ]);
    expect(listed.get("ds/sub-02/anat/sub-02_T1w")).toMatchObject({ echo_time_ms: 10 });
    write("files.ndjson", '{"path":"x"}\n');
    expect(() => bidsSource(folder, plan)).toThrow("path and size");
  });
});
