// Somebody with a browser: pages that note everything a careful developer would be ashamed of, and checks that all
// run whatever fails.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// What WCAG 2.2 asks for at level AA; advice beyond it is not a failure.
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export function ensure(holds, what) {
  if (!holds) throw new Error(what);
}

export async function visitor(api, executablePath) {
  const browser = await chromium.launch({ executablePath, args: ARGS });
  const failures = [];

  async function context({ width = 1440, height = 900, dark = false, locale = "en-US", scale = 1 } = {}) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? "dark" : "light", locale, deviceScaleFactor: scale });
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    return context;
  }

  // A page of its own browser, or a further tab of one that is open.
  async function open(path, { beside, ...look } = {}) {
    const page = await (beside ? beside.context() : await context(look)).newPage();
    page.shame = [];
    page.on("console", (message) => message.type() === "error" && page.shame.push(`console: ${message.text()} ${message.location().url}`));
    // Who leaves while a page is on its way aborts it.
    page.on("requestfailed", (request) => (page.hasLeft ||= /\.wasm$/.test(request.url()) && request.failure()?.errorText === "net::ERR_ABORTED"));
    page.on("pageerror", (error) => page.shame.push(`error: ${error}`));
    page.on("dialog", (dialog) => page.shame.push(`dialog: ${dialog.message()}`) && dialog.dismiss());
    await page.addInitScript(() => addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)));
    await page.goto(`${api}${path}`);
    await page.waitForSelector("main h1, main h2", { state: "attached" });
    return page;
  }

  async function settled(page) {
    await page.waitForFunction(() => !document.querySelector("[aria-busy=true], .progress"), null, { timeout: 20000 });
  }

  async function close(page, { forgives } = {}) {
    const shame = page.shame.filter((one) => !forgives?.test(one) && !(page.hasLeft && /^console: .*pages\.js/s.test(one)));
    await page.context().close();
    ensure(shame.length === 0, shame.join("; "));
  }

  async function accessible(page) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate((values) => window.axe.run({ runOnly: { type: "tag", values } }), WCAG);
    const told = violations.map((one) => `${one.id} (${one.nodes.length}): ${one.nodes[0].html.slice(0, 160)}`);
    ensure(told.length === 0, told.join("; "));
  }

  async function check(name, act) {
    try {
      await act();
      console.log(`ok      ${name}`);
    } catch (error) {
      failures.push(name);
      console.log(`FAILED  ${name}: ${error.message.split("\n").slice(0, 6).join("\n        ")}`);
    }
  }

  return { api, browser, context, open, settled, close, accessible, check, failures };
}
