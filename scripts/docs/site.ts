/** All files of the guide, made from the pages in docs/. */
import { chaptersOf, HOME_PAGE } from "./contents.ts";
import { layOut } from "./layout.ts";
import { renderPage, type Section } from "./render.ts";

/**
 * The guide's files by their name in its folder: a page each, and the text that the search goes through.
 *
 * @param read returns the text of a file, by its path from the project's folder.
 */
export function guideFiles(read: (file: string) => string): ReadonlyMap<string, string> {
  const chapters = chaptersOf(read(HOME_PAGE.file));
  const pages = [HOME_PAGE, ...chapters.flatMap((chapter) => chapter.pages)];
  const files = new Map<string, string>();
  const sections: Section[] = [];
  for (const page of pages) {
    const rendered = renderPage(read(page.file), page, pages);
    files.set(`${page.slug || "index"}.html`, layOut(rendered.html, page, chapters));
    sections.push(...rendered.sections);
  }
  files.set("search.json", JSON.stringify(sections));
  return files;
}
