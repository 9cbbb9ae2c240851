import { describe, expect, test } from "vitest";
import { chaptersOf, HOME_PAGE } from "../../../scripts/docs/contents.ts";
import { renderPage } from "../../../scripts/docs/render.ts";
import { guideFiles } from "../../../scripts/docs/site.ts";
import { page } from "./markdown.ts";

const PAGE = { file: "docs/one.md", slug: "one", title: "One" };
const OTHER = { file: "SECURITY.md", slug: "other", title: "Other" };

const html = (text: string): string => renderPage(text, PAGE, [PAGE, OTHER]).html;

describe("a page of the guide", () => {
  test("links to other pages by their address, and names files that the guide does not have", () => {
    expect(html("[a](../SECURITY.md#b)")).toBe('<p><a href="/docs/other#b">a</a></p>\n');
    expect(html("[a](#b)")).toBe('<p><a href="#b">a</a></p>\n');
    expect(html("[a](../src/index.ts)")).toBe("<p>a</p>\n");
    expect(html("[a](https://example.org/)")).toBe('<p><a href="https://example.org/">a</a></p>\n');
  });

  test("shows HTML and code as text", () => {
    expect(html("a <img src=x onerror=alert(1)> b")).not.toContain("<img");
    expect(html("<script>alert(1)</script>")).not.toContain("<script>");
    expect(html("```sh\necho '<b>'\n```")).toContain("echo '&lt;b&gt;'");
  });

  test("has an anchor for each heading, also where two have the same name", () => {
    const text = html("## A `b`\n\n## A b\n");
    expect(text).toContain('<h2 id="a-b">');
    expect(text).toContain('<h2 id="a-b-1">');
  });

  test("gives the search its text by headings, tables and lists included", () => {
    const { sections } = renderPage(
      "# T\n\none\n\n| h |\n| - |\n| cell |\n\n## S\n\n- item\n",
      PAGE,
      [PAGE],
    );
    expect(sections.map(({ id, heading }) => [id, heading])).toEqual([
      ["/docs/one#t", "T"],
      ["/docs/one#s", "S"],
    ]);
    expect(sections[0]?.text).toMatch(/one[\s\S]*cell/);
    expect(sections[1]?.text).toContain("item");
  });
});

test("the guide has a file for each page of docs/README.md, each with an address of its own", () => {
  const pages = chaptersOf(page(HOME_PAGE.file)).flatMap((chapter) => chapter.pages);
  const files = guideFiles(page);
  expect(new Set(pages.map(({ slug }) => slug)).size).toBe(pages.length);
  expect([...files.keys()]).toEqual(
    expect.arrayContaining([
      "index.html",
      "search.json",
      ...pages.map(({ slug }) => `${slug}.html`),
    ]),
  );
  expect(pages[0]?.title).toBe("Concepts");
});
