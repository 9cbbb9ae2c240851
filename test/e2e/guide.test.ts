/** The guide as a reader meets it: in a browser, on a small screen too, without a network. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chaptersOf, HOME_PAGE } from "../../scripts/docs/contents.ts";
import {
  accessibilityErrors,
  CHROMIUM_PACKAGES,
  hasChromium,
  isTooWide,
  type Notices,
  startChromium,
  watchPage,
} from "../support/browser/chromium.ts";
import { isInstalled } from "../support/fixtures/required.ts";
import { adminToken } from "../support/servers/server.ts";
import { sharedUrl } from "../support/servers/shared-url.ts";
import { page as textOf } from "../unit/docs/markdown.ts";

const SMALL = { width: 360, height: 740 };
const LARGE = { width: 1400, height: 900 };

const pages = [
  HOME_PAGE,
  ...chaptersOf(textOf(HOME_PAGE.file)).flatMap((chapter) => chapter.pages),
];
const server = sharedUrl();

describe.skipIf(!isInstalled(hasChromium(), CHROMIUM_PACKAGES))("the guide in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser.close());

  const withPage = async (
    address: string,
    run: (page: Page, notices: Notices) => Promise<void>,
    colorScheme: "dark" | "light" = "light",
  ): Promise<void> => {
    const context = await browser.newContext({ viewport: LARGE, colorScheme });
    const page = await context.newPage();
    const notices = watchPage(page, server);
    await page.goto(server + address);
    await run(page, notices);
    expect(notices).toEqual({ errors: [], outside: [] });
    await context.close();
  };

  /** The addresses of this server that a page links to, without anchors. */
  const linked = new Map<string, string>();
  /** The anchors of each page, and those that links name. */
  const [anchors, named] = [new Set<string>(), new Map<string, string>()];

  test.each(pages.map((page) => `/docs/${page.slug}`))(
    "%s is accessible, fits a small screen and asks nobody else",
    async (address) => {
      await withPage(address, async (page) => {
        expect(await page.locator("h1").count()).toBe(1);
        expect(await accessibilityErrors(page)).toEqual([]);
        const links = await page
          .locator("a[href]")
          .evaluateAll((all) => all.map((each) => (each as unknown as { href: string }).href));
        for (const link of links.map((each) => new URL(each))) {
          if (link.origin !== server) continue;
          linked.set(link.pathname, address);
          if (link.hash !== "") named.set(link.pathname + decodeURIComponent(link.hash), address);
        }
        const ids = await page.locator("[id]").evaluateAll((all) => all.map(({ id }) => id));
        for (const id of ids) anchors.add(`${address}#${id}`);
        await page.setViewportSize(SMALL);
        expect(await isTooWide(page)).toBe(false);
      });
    },
  );

  test("every link leads to a page, and every anchor to a heading", async () => {
    expect(linked.size).toBeGreaterThanOrEqual(pages.length);
    for (const [path, from] of linked) {
      const { status } = await fetch(server + path);
      expect(status, `${path}, linked from ${from}`).toBe(200);
    }
    const missing = [...named].filter(([anchor]) => !anchors.has(anchor));
    expect(missing).toEqual([]);
  });

  test("the dark pages are accessible too", async () => {
    await withPage(
      "/docs/query",
      async (page) => expect(await accessibilityErrors(page)).toEqual([]),
      "dark",
    );
  });

  test("the search is reached by / and leads to a heading by keyboard alone", async () => {
    await withPage("/docs/", async (page) => {
      await page.keyboard.press("/");
      await page.keyboard.type("tombstone restor");
      const hit = page.locator("#hits a").first();
      await hit.waitFor();
      expect(await accessibilityErrors(page)).toEqual([]);
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/docs\/[a-z-]+#/);
      await page.goto(`${server}/docs/`);
      await page.keyboard.press("/");
      await page.keyboard.type("zzzzqqqq");
      await page.getByText("Nothing is found.").waitFor();
      await page.keyboard.press("Escape");
      expect(await page.locator("#hits").textContent()).toBe("");
    });
  });

  test("the explorer filters calls, and keeps the token until the tab is closed", async () => {
    const token = await adminToken(server);
    await withPage("/docs/explorer/", async (page) => {
      await page.locator(".operation-filter-input").fill("lineage");
      await page.locator(".opblock").first().waitFor();
      await page.getByRole("button", { name: "Authorize" }).first().click();
      await page.locator(".auth-container input").first().fill(token);
      await page.locator(".auth-container button[type=submit]").click();
      await page.reload();
      await page.locator(".authorization__btn.locked, .auth-wrapper .locked").first().waitFor();
      expect(await page.evaluate("Object.keys(localStorage).length")).toBe(0);
    });
  });
});
