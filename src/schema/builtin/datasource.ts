import { z } from "zod";
import { name, text } from "./parts.ts";

/** Where data come from: an archive, a hospital, a public collection. */
export const datasource = z
  .strictObject({
    name: name(512, "Name by which people know the source."),
    description: text(20_000, "What the source holds, for whom, and how it came about."),
    homepage_url: text(2_048, "Address of the source's own page."),
    citation: text(4_096, "How the source is to be cited."),
    country_code: text(2, "Country of origin, ISO 3166-1 alpha-2."),
  })
  .partial()
  .required({ name: true })
  .meta({
    title: "datasource",
    description: "A source of data: an archive, a hospital, a public collection.",
  });

/** Where data come from: an archive, a hospital, a public collection. */
export const indexes: readonly string[] = [];
