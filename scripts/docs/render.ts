/** Markdown to HTML, and to the sections that the search finds. */
import { Marked, type Token, type Tokens } from "marked";
import { anchorOf } from "./anchor.ts";
import { type GuidePage, resolveLink } from "./contents.ts";

/** A part of a page under one heading. */
export interface Section {
  /** The address with the anchor. */
  readonly id: string;
  readonly page: string;
  readonly heading: string;
  readonly text: string;
}

/** A page as HTML. */
export interface Rendered {
  readonly html: string;
  readonly sections: readonly Section[];
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Text as HTML. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (each) => ESCAPES[each] ?? each);
}

/** The address of a page of the guide. */
export function addressOf({ slug }: GuidePage): string {
  return `/docs/${slug}`;
}

/** The address that a link leads to in the guide; undefined for files that it does not have. */
const targetOf = (page: GuidePage, href: string, pages: readonly GuidePage[]) => {
  if (href.startsWith("#") || /^[a-z]+:/.test(href)) return href;
  const [path = "", anchor] = href.split("#");
  const file = resolveLink(page.file, path);
  if (file === "docs/concepts.svg") return "/docs/concepts.svg";
  const found = pages.find((each) => each.file === file);
  if (found === undefined) return undefined;
  return anchor === undefined ? addressOf(found) : `${addressOf(found)}#${anchor}`;
};

const plain = (tokens: readonly Token[]): string =>
  tokens
    .map((token) => {
      if (token.type === "table") {
        const { header, rows } = token as Tokens.Table;
        return [header, ...rows]
          .map((row) => row.map((cell) => plain(cell.tokens)).join(" "))
          .join("\n");
      }
      if (token.type === "list")
        return (token as Tokens.List).items.map(({ tokens: own }) => plain(own)).join("\n");
      const children = (token as Tokens.Generic).tokens;
      return children === undefined ? ((token as Tokens.Text).text ?? "") : plain(children);
    })
    .join("");

/** Anchors that stay unique where a heading comes twice. */
const anchors = (): ((heading: string) => string) => {
  const seen = new Map<string, number>();
  return (heading) => {
    const anchor = anchorOf(heading);
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  };
};

const sectionsOf = (tokens: readonly Token[], page: GuidePage): readonly Section[] => {
  const nameOf = anchors();
  const sections: { id: string; page: string; heading: string; text: string }[] = [];
  for (const token of tokens) {
    if (token.type === "heading") {
      const heading = plain((token as Tokens.Heading).tokens);
      const id = `${addressOf(page)}#${nameOf(heading)}`;
      sections.push({ id, page: page.title, heading, text: "" });
    } else {
      const last = sections.at(-1);
      if (last !== undefined) last.text += `${plain([token])}\n`;
    }
  }
  return sections;
};

/** Renders a page of the guide; its links to files outside of the guide become text. */
export function renderPage(text: string, page: GuidePage, pages: readonly GuidePage[]): Rendered {
  const nameOf = anchors();
  const marked = new Marked({
    gfm: true,
    renderer: {
      heading({ tokens, depth }) {
        const anchor = nameOf(plain(tokens));
        const label = this.parser.parseInline(tokens);
        return `<h${depth} id="${anchor}"><a href="#${anchor}">${label}</a></h${depth}>\n`;
      },
      link({ href, tokens }) {
        const label = this.parser.parseInline(tokens);
        const target = targetOf(page, href, pages);
        return target === undefined ? label : `<a href="${escapeHtml(target)}">${label}</a>`;
      },
      image({ href, text: label }) {
        const target = targetOf(page, href, pages) ?? "";
        return `<img src="${escapeHtml(target)}" alt="${escapeHtml(label)}">`;
      },
      // Long lines scroll within their block, by keyboard too.
      code({ text: code, lang }) {
        return `<pre tabindex="0" class="${escapeHtml(lang ?? "text")}"><code>${escapeHtml(code)}</code></pre>\n`;
      },
      html({ text: raw }) {
        return escapeHtml(raw);
      },
    },
  });
  const tokens = marked.lexer(text);
  const html = marked
    .parser(tokens)
    .replaceAll(
      "<table>",
      '<div class="table" role="group" aria-label="Table" tabindex="0"><table>',
    )
    .replaceAll("</table>", "</table></div>");
  return { html, sections: sectionsOf(tokens, page) };
}
