/** Debian's Chromium, driven by playwright-core, and what a test notices about a page in it. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, chromium, type Page } from "playwright-core";

/** The packages that browser tests need. */
export const CHROMIUM_PACKAGES = ["chromium"];

const PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const program = PATHS.find((path) => existsSync(path));

/** Whether there is a browser on this machine. */
export const hasChromium = (): boolean => program !== undefined;

/** Starts the browser. It has no network beyond the pages that a test opens. */
export const startChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: program ?? "",
    // The sandbox of Chromium does not run as root, which containers often are.
    chromiumSandbox: process.getuid?.() !== 0,
    args: ["--disable-background-networking", "--disable-component-update"],
  });

/** What went wrong on a page while a test used it. */
export interface Notices {
  /** Errors of the console, of scripts and of the content security policy. */
  readonly errors: string[];
  /** Requests to anywhere but the server. */
  readonly outside: string[];
}

/** Collects what goes wrong on a page from now on. */
export const watchPage = (page: Page, origin: string): Notices => {
  const notices: Notices = { errors: [], outside: [] };
  page.on("console", (message) => {
    if (message.type() === "error") notices.errors.push(message.text());
  });
  page.on("pageerror", (error) => notices.errors.push(error.message));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url)) notices.outside.push(url);
  });
  return notices;
};

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly {
      readonly target: readonly unknown[];
      readonly failureSummary?: string;
    }[];
  }[];
}

/**
 * What axe-core finds on a page, a line for each kind of element. It is evaluated by the debugger, so that
 * the policy of the page stays as it is.
 */
export const accessibilityErrors = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<AxeResults>("axe.run()");
  return violations.map(({ id, nodes }) => {
    const [first] = nodes;
    return `${id}: ${nodes.length} × ${String(first?.target)}: ${first?.failureSummary ?? ""}`;
  });
};

/** Whether a page has to be scrolled sideways at the width that the window has. */
export const isTooWide = (page: Page): Promise<boolean> =>
  page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth");
