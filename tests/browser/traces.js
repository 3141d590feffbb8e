// The trace view: all of a trace of 50,000 spans, the keys, the colours, the clocks, and traces recorded elsewhere.
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { ensure } from "./visitor.js";
import { big, jaeger, zipkin } from "./feed.js";

const MANY = 50000;

export async function traces({ open, settled, close, accessible, check }, { trace, otlp }) {
  const many = await big(otlp, MANY);

  await check("a trace of 50,000 spans opens folded, opens whole, and is searched", async () => {
    const page = await open(`/traces/${many}`);
    await page.locator(".trace-row").nth(20).waitFor();
    const grid = page.getByRole("treegrid");
    const rows = async () => Number(await grid.getAttribute("aria-rowcount"));
    ensure((await rows()) > 20 && (await rows()) <= 400, `${await rows()} rows at first`);
    await page.getByRole("button", { name: /^Fold/ }).click();
    await page.getByRole("menuitem", { name: "all open" }).click();
    await page.waitForFunction((many) => Number(document.querySelector("[role=treegrid]").getAttribute("aria-rowcount")) >= many * 0.9, MANY);
    await grid.evaluate((grid) => (grid.scrollTop = grid.scrollHeight));
    await page.waitForFunction(() => [...document.querySelectorAll(".trace-row")].some((row) => Number(row.getAttribute("aria-rowindex")) > 40000));
    const elements = await page.evaluate(() => document.querySelectorAll("*").length);
    ensure(elements < 1500, `${elements} elements`);
    await page.keyboard.press("/");
    await page.keyboard.type("status:error");
    await page.keyboard.press("Enter");
    await page.locator(".trace-find").getByText("51", { exact: true }).waitFor();
    await page.keyboard.press("Enter");
    await page.locator(".trace-find").getByText(/^1 of 51$|^1 \/ 51$/).waitFor();
    await page.locator(".trace-row[aria-selected=true]").waitFor();
    await accessible(page);
    await close(page);
  });

  await check("attributes colour a trace, and the server finds their values", async () => {
    const page = await open(`/traces/${many}?colour=shard`);
    await page.locator(".trace-legend-one").nth(5).waitFor();
    const told = await page.locator(".trace-legend-one .faint").allInnerTexts();
    ensure(told.reduce((sum, count) => sum + Number(count), 0) === MANY, told.join());
    await close(page);
  });

  await check("the keyboard alone walks a trace, opens a span and leaves it", async () => {
    const page = await open(`/traces/${trace}`);
    await page.locator(".trace-row").first().focus();
    await page.keyboard.press("j");
    await page.keyboard.press("ArrowDown");
    const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-rowindex"));
    await page.waitForFunction(() => document.activeElement.getAttribute("aria-rowindex") === "3");
    await page.keyboard.press("Enter");
    await page.getByRole("complementary", { name: "Span" }).waitFor();
    await page.waitForURL(/span=[0-9a-f]{16}/);
    // It closes what is open, then goes to the parent.
    await page.keyboard.press("ArrowLeft");
    await page.locator(".trace-row[aria-expanded=false]").waitFor();
    await page.keyboard.press("ArrowLeft");
    await page.waitForFunction(() => document.activeElement.getAttribute("aria-rowindex") === "2");
    await page.keyboard.press("Escape");
    await page.waitForURL((url) => !url.search.includes("span="));
    await page.keyboard.press("e");
    await page.waitForURL(/span=[0-9a-f]{16}/);
    await page.keyboard.press("v");
    await page.keyboard.press("g");
    await page.locator(".trace-graph-card").first().waitFor();
    ensure((await page.locator(".trace-graph-card").count()) === 3, `${await focused()}`);
    await close(page);
  });

  await check("a link to a span opens it, with its events", async () => {
    const page = await open(`/traces/${trace}`);
    await page.locator(".trace-row").first().waitFor();
    await page.keyboard.press("e");
    await page.waitForURL(/span=[0-9a-f]{16}/);
    const again = await open(page.url().slice(new URL(page.url()).origin.length));
    await again.locator(".trace-row[aria-selected=true]").waitFor();
    await again.getByRole("tab", { name: /Events/ }).click();
    await again.getByText("the bank said no").first().waitFor();
    await close(page);
    await close(again);
  });

  const fixtures = process.env.DAYMARK_FIXTURES;
  if (!fixtures || !existsSync(`${fixtures}/zipkin-traces`)) return console.log("skipped traces recorded elsewhere: DAYMARK_FIXTURES does not name their folder");

  await check("traces of DeathStarBench are shown whole", async () => {
    const { data } = JSON.parse(gunzipSync(readFileSync(`${fixtures}/deathstarbench/jaeger-ui-traces.json.gz`)));
    const sent = await jaeger(otlp, data[0]);
    const page = await open(`/traces/${sent.trace}?fold=all`);
    await page.getByText(`${sent.spans} of ${sent.spans} spans`).waitFor();
    await page.getByText(`${sent.services} services`).waitFor();
    ensure((await page.getByText(/missing parent/).count()) === 0, "a parent is missing");
    await page.goto(`${page.url()}&view=graph`);
    await page.locator(".trace-graph-card").nth(sent.services - 1).waitFor();
    await close(page);
  });

  for (const name of ["ascend", "messaging", "messaging-kafka", "skew", "smartthings-oauth-authorization", "yelp"]) {
    await check(`the Zipkin trace ${name} is shown whole`, async () => {
      const sent = await zipkin(otlp, JSON.parse(readFileSync(`${fixtures}/zipkin-traces/${name}.json`)).flat());
      for (const view of ["waterfall", "flame", "graph", "table"]) {
        const page = await open(`/traces/${sent.trace}?fold=all&view=${view}`);
        await page.locator(".trace-row, .trace-flame canvas, .trace-graph-card, [data-row]").first().waitFor();
        await settled(page);
        await page.getByText(/^\d+ of \d+ spans$/).waitFor();
        await close(page);
      }
    });
  }

  await check("clocks that are off are told, and set right when asked", async () => {
    const sent = await zipkin(otlp, JSON.parse(readFileSync(`${fixtures}/zipkin-traces/skew.json`)).flat().map((span) => ({ ...span, traceId: "00000000000000aa" })));
    const page = await open(`/traces/${sent.trace}`);
    await page.locator(".trace-row").first().waitFor();
    const align = page.getByRole("button", { name: "Align clocks" });
    if ((await align.count()) > 0) {
      await align.click();
      await page.waitForURL(/skew=aligned/);
      await page.getByText(/are moved by/).waitFor();
    }
    await close(page);
  });
}
