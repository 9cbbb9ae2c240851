/** The frame around each page of the guide. */
import type { Chapter, GuidePage } from "./contents.ts";
import { addressOf, escapeHtml } from "./render.ts";

const item = (page: GuidePage, current: GuidePage): string => {
  const mark = page.slug === current.slug ? ' aria-current="page"' : "";
  return `<li><a href="${addressOf(page)}"${mark}>${escapeHtml(page.title)}</a></li>`;
};

const navigation = (chapters: readonly Chapter[], current: GuidePage): string =>
  chapters
    .map(
      ({ title, pages }) =>
        `<h2>${escapeHtml(title)}</h2>\n<ul>\n${pages.map((page) => item(page, current)).join("\n")}\n</ul>`,
    )
    .join("\n");

const step = (page: GuidePage | undefined, label: string, rel: string): string =>
  page === undefined
    ? "<span></span>"
    : `<a rel="${rel}" href="${addressOf(page)}">${label}: ${escapeHtml(page.title)}</a>`;

/** A whole page as HTML. */
export function layOut(body: string, current: GuidePage, chapters: readonly Chapter[]): string {
  const pages = chapters.flatMap((chapter) => chapter.pages);
  const position = pages.findIndex(({ slug }) => slug === current.slug);
  const links = `<ul>\n<li><a href="/docs/"${position === -1 ? ' aria-current="page"' : ""}>Contents</a></li>
<li><a href="/docs/explorer/">API explorer</a></li>\n</ul>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(current.title)} · vxdata</title>
<link rel="icon" type="image/png" href="/docs/vendor/favicon-32x32.png">
<link rel="stylesheet" href="/docs/guide.css">
<script type="module" src="/docs/guide.js"></script>
</head>
<body>
<a class="skip" href="#content">Skip to the text</a>
<header>
<a class="brand" href="/docs/">vxdata</a>
<form role="search" hidden>
<label for="search">Search the guide</label>
<input id="search" type="search" placeholder="Search (press /)" autocomplete="off" spellcheck="false" aria-keyshortcuts="/" aria-controls="hits">
<div id="hits" role="status"></div>
</form>
</header>
<div class="columns">
<nav aria-label="Pages">
<details open>
<summary>Pages</summary>
${links}
${navigation(chapters, current)}
</details>
</nav>
<main id="content" tabindex="-1">
${body}
<div class="steps">
${step(pages[position - 1], "Before", "prev")}
${step(pages[position + 1], "Next", "next")}
</div>
</main>
</div>
</body>
</html>
`;
}
