/** Which pages the guide has, and in which order: the tables of docs/README.md say it. */

import { anchorOf } from "./anchor.ts";

/** A page of the guide. */
export interface GuidePage {
  /** The file, by its path from the project's folder. */
  readonly file: string;
  /** Its name in the address: `/docs/<slug>`. Empty for the first page. */
  readonly slug: string;
  readonly title: string;
}

/** Pages under one heading of docs/README.md. */
export interface Chapter {
  readonly title: string;
  readonly pages: readonly GuidePage[];
}

const HOME = "docs/README.md";

/** The path of a link's target from the project's folder. */
export function resolveLink(from: string, link: string): string {
  return new URL(link, `file:///${from}`).pathname.slice(1);
}

/** `docs/time-travel.md` → `time-travel`; a page from elsewhere is called by its title. */
const slugOf = (file: string, title: string): string =>
  /^docs\/([^/]+)\.md$/.exec(file)?.[1] ?? anchorOf(title);

/** The first page, which lists all others. */
export const HOME_PAGE: GuidePage = { file: HOME, slug: "", title: "Contents" };

const pagesIn = (text: string): readonly GuidePage[] =>
  [...text.matchAll(/^\| \[([^\]]+)\]\(([^)]+\.md)\)/gm)].map(([, title = "", link = ""]) => {
    const file = resolveLink(HOME, link);
    return { file, slug: slugOf(file, title), title };
  });

/** The chapters, from the text of docs/README.md. */
export function chaptersOf(home: string): readonly Chapter[] {
  const [, ...parts] = home.split(/^## /m);
  return parts
    .map((part) => ({ title: part.slice(0, part.indexOf("\n")).trim(), pages: pagesIn(part) }))
    .filter(({ pages }) => pages.length > 0);
}
