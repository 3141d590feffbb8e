// The web UI as somebody with a browser sees it: `node look.js API OTLP CHROMIUM`, with the server empty at first.
// Every check is a function of its own; all run, and what failed is told at the end.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { feed } from "./feed.js";

const [api, otlp, executablePath] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
const failures = [];

// What WCAG 2.2 asks for at level AA; advice beyond it is not a failure.
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];

function ensure(holds, what) {
  if (!holds) throw new Error(what);
}

// A page that notes everything that a careful developer would be ashamed of.
async function open(path, { width = 1440, height = 900, dark = false } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? "dark" : "light", locale: "en-US" });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  page.shame = [];
  page.on("console", (message) => message.type() === "error" && page.shame.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => page.shame.push(`error: ${error}`));
  await page.addInitScript(() => addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)));
  await page.goto(`${api}${path}`);
  await page.waitForSelector("main h1, main h2", { state: "attached" });
  return page;
}

async function settled(page) {
  await page.waitForFunction(() => !document.querySelector("[aria-busy=true], .progress"), null, { timeout: 20000 });
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

async function close(page) {
  const { shame } = page;
  await page.context().close();
  ensure(shame.length === 0, shame.join("; "));
}

await check("an empty server says how to send, and a test span opens its trace", async () => {
  const page = await open("/");
  await page.getByText("Waiting for the first span").waitFor();
  await page.getByRole("button", { name: "Send test span" }).click();
  await page.waitForURL(/\/traces\/[0-9a-f]{32}/);
  await close(page);
});

const { trace } = await feed(otlp);

const places = ["/", "/services", "/services/payment", "/map", "/traces", `/traces/${trace}`, "/logs", "/metrics/explore?m=avg(queue.length)", "/sql?sql=SELECT+count(*)+FROM+spans", "/system", "/system?tab=segments", "/settings", "/compare"];
for (const place of places) {
  for (const look of [{ theme: "light" }, { theme: "dark", lang: "ko" }]) {
    await check(`${place.replace(trace, "{id}")} in ${look.theme}${look.lang ? ", Korean" : ""}: no errors, accessible`, async () => {
      const page = await open(`${place}${place.includes("?") ? "&" : "?"}${new URLSearchParams(look)}`, { dark: look.theme === "dark" });
      await settled(page);
      await page.evaluate(axe);
      const { violations } = await page.evaluate((values) => window.axe.run({ runOnly: { type: "tag", values } }), WCAG);
      const told = violations.map((one) => `${one.id} (${one.nodes.length}): ${one.nodes[0].html.slice(0, 160)}`);
      ensure(told.length === 0, told.join("; "));
      await close(page);
    });
  }
  await check(`${place.replace(trace, "{id}")} fits 360 pixels`, async () => {
    const page = await open(place, { width: 360, height: 740 });
    await settled(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    ensure(wide <= 360, `${wide} pixels wide`);
    await close(page);
  });
}

await check("the overview leads to a service and back", async () => {
  const page = await open("/");
  await page.locator(".square").first().click();
  await page.waitForURL(/\/services\//);
  await page.goBack();
  await page.locator(".square").first().waitFor();
  await close(page);
});

// Nobody waits for answers: pages come and go while they are under way.
await check("sixty hurried steps to and fro break nothing", async () => {
  const page = await open("/");
  const links = ["", "services", "services/payment", "services/payment?tab=errors", "map", "traces", `traces/${trace}`, "logs", "logs?view=tail", "metrics/explore?m=avg(queue.length)", "sql", "system", "settings", "compare"];
  let seed = 2_026;
  const random = (below) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let step = 0; step < 60; step++) {
    const [kind, to, wait] = [random(4), links[random(links.length)], random(3) * random(120)];
    await page.evaluate(([kind, to]) => {
      if (kind === 0) return history.back();
      if (kind === 1) return history.forward();
      // A click on a link, as the UI takes it over.
      const link = document.createElement("a");
      link.href = to || ".";
      document.body.append(link);
      link.click();
      link.remove();
    }, [kind, to]);
    await page.mouse.move(random(1440), random(900));
    await page.waitForTimeout(wait);
    ensure(page.shame.length === 0, `after step ${step} (${["back", "forward", to, to][kind]}): ${page.shame.join("; ")}`);
  }
  await page.goto(`${api}/services`);
  await page.getByRole("row").nth(1).waitFor();
  await close(page);
});

await check("a pasted id in any spelling opens its trace", async () => {
  const page = await open("/");
  await page.keyboard.press("Control+k");
  const dashed = trace.toUpperCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  await page.keyboard.type(dashed);
  await page.getByRole("option").first().waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/traces/${trace}`));
  await close(page);
});

await check("keys go to pages, and the list of keys opens", async () => {
  const page = await open("/");
  await page.keyboard.press("g");
  await page.keyboard.press("q");
  await page.waitForURL(/\/sql/);
  await page.locator("h1").click();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
  await page.keyboard.press("Escape");
  await close(page);
});

await check("SQL runs, and a mistake is told with its place", async () => {
  const page = await open("/sql");
  await page.getByLabel("SQL statement").fill("SELECT name, count(*) AS n FROM spans GROUP BY name ORDER BY n DESC");
  await page.keyboard.press("Control+Enter");
  await page.getByText("create order").waitFor();
  await page.getByLabel("SQL statement").fill("SELECT nonsense FROM spans");
  await page.keyboard.press("Control+Enter");
  await page.locator(".note-bar, [role=alert]").getByText("nonsense").waitFor();
  await page.context().close();
});

await check("a part of the range is chosen by dragging, and the way back leads out", async () => {
  const page = await open("/?from=-1h");
  await settled(page);
  const rail = await page.locator(".rail").boundingBox();
  await page.mouse.move(rail.x + rail.width * 0.6, rail.y + 16);
  await page.mouse.down();
  await page.mouse.move(rail.x + rail.width * 0.9, rail.y + 16, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/from=2/);
  await page.goBack();
  await page.waitForURL(/from=-1h/);
  await close(page);
});

await check("names that look like markup are text", async () => {
  for (const place of [`/traces/${trace}`, "/logs", "/sql?sql=SELECT+body+FROM+logs"]) {
    const page = await open(place);
    await settled(page);
    ensure((await page.title()) === "Daymark", "a name of an attribute ran as a script");
    await close(page);
  }
});

await check("the address alone shows the same again", async () => {
  const page = await open("/metrics/explore?m=max(queue.length)+by+service&from=-30m&theme=dark");
  await settled(page);
  const before = await page.locator("main").innerText();
  const again = await open(page.url().replace(api, ""));
  await settled(again);
  ensure((await again.locator(".metrics-panel h2").innerText()) === "queue.length", before);
  ensure((await again.evaluate(() => document.documentElement.dataset.theme)) === "dark", "not dark");
  await close(page);
  await close(again);
});

await browser.close();
console.log(`${failures.length === 0 ? "all well" : `${failures.length} failed`}`);
process.exit(failures.length === 0 ? 0 : 1);
