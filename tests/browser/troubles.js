// What goes wrong, and names that are meant to break software.
import { existsSync, readFileSync } from "node:fs";
import { ensure } from "./visitor.js";
import { hostile } from "./feed.js";

export async function troubles({ open, settled, close, check }, { trace, otlp }) {
  await check("a search that finds nothing says which part of it is to blame", async () => {
    const page = await open("/traces?q=service%3Dpayment+name%3Dnowhere&from=-1h");
    await page.getByText("Filtered to nothing").waitFor();
    await page.getByRole("button", { name: /name=nowhere/ }).first().click();
    await page.locator("[data-row]").first().waitFor();
    await close(page);
  });

  await check("a range without data leads to the nearest that has some", async () => {
    const page = await open("/logs?from=2020-01-01T00:00:00.000Z&to=2020-01-01T01:00:00.000Z");
    await page.getByRole("button", { name: /Go to|Last 24 h/ }).first().waitFor();
    await close(page);
  });

  await check("a mistake in a search is told at its place", async () => {
    const page = await open("/traces");
    await page.locator("[data-query]").first().fill("dur>banana");
    await page.keyboard.press("Escape");
    await page.locator(".query-problem, [role=alert]").first().waitFor();
    await close(page);
  });

  await check("a trace that nobody has seen is told as such", async () => {
    const page = await open("/traces/ffffffffffffffffffffffffffffffff");
    await page.getByText(/No trace (with|has) this id/).waitFor();
    await close(page, { forgives: /status of 404/ });
  });

  await check("a span that is not in its trace is no error", async () => {
    const page = await open(`/traces/${trace}?span=ffffffffffffffff`);
    await page.locator(".trace-row").first().waitFor();
    await close(page);
  });

  await check("a server that is away is told, and the page stays", async () => {
    const page = await open("/services");
    await page.getByRole("row").nth(1).waitFor();
    await page.route("**/api/**", (route) => route.abort());
    await page.keyboard.press("r");
    await page.getByText(/does not answer/).first().waitFor();
    ensure((await page.getByRole("row").count()) > 1, "the rows are gone");
    await page.unroute("**/api/**");
    await page.keyboard.press("r");
    await page.waitForFunction(() => !document.body.innerText.includes("does not answer"));
    await close(page, { forgives: /net::ERR_FAILED/ });
  });

  await check("a page that cannot be loaded says so, and the way back", async () => {
    const page = await open("/settings");
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.route("**/*.wasm", (route) => route.abort());
    await page.getByRole("link", { name: "Traces" }).first().click();
    await page.getByText("This page could not be loaded").waitFor();
    await page.unroute("**/*.wasm");
    await page.getByRole("button", { name: "Load everything anew" }).click();
    await page.locator("[data-query]").first().waitFor();
    await close(page, { forgives: /net::ERR_FAILED|Failed to fetch/ });
  });

  await check("names that look like markup are text", async () => {
    for (const place of [`/traces/${trace}`, "/logs", "/sql?sql=SELECT+body+FROM+logs"]) {
      const page = await open(place);
      await settled(page);
      ensure((await page.title()) === "Daymark", "a name of an attribute ran as a script");
      await close(page);
    }
  });

  const list = process.env.DAYMARK_FIXTURES && `${process.env.DAYMARK_FIXTURES}/naughty-strings/blns.json`;
  if (!list || !existsSync(list)) return console.log("skipped strings that break software: DAYMARK_FIXTURES does not name their folder");
  const strings = JSON.parse(readFileSync(list, "utf8"));
  const sent = await hostile(otlp, strings);

  await check("strings that break software are shown as they are", async () => {
    for (const place of [`/traces/${sent.trace}?fold=all`, `/traces/${sent.trace}?view=table`, `/traces/${sent.trace}?view=graph`, `/traces/${sent.trace}?view=flame`, `/traces/${sent.trace}?view=logs`, "/services", "/map", "/logs", "/logs?view=patterns", "/traces?mode=operations"]) {
      const page = await open(place);
      await settled(page);
      ensure((await page.title()) === "Daymark", `${place}: the title changed`);
      ensure((await page.evaluate(() => document.querySelectorAll("main img, main iframe, main script").length)) === 0, `${place}: markup`);
      await close(page);
    }
  });

  await check("a span whose attributes break software is shown in full", async () => {
    const page = await open(`/traces/${sent.trace}?span=${sent.span}`);
    await page.locator(".trace-pairs dt").first().waitFor();
    const shown = await page.locator(".trace-pairs .trace-value").allInnerTexts();
    const plain = strings.filter((text) => /^[\w<>()"'=/. -]{8,60}$/.test(text) && text.trim() === text && !text.includes("  "));
    const lost = plain.filter((text) => !shown.some((one) => one.includes(text)));
    ensure(lost.length === 0, `${lost.length} of ${plain.length} are not shown: ${lost.slice(0, 3).join(" | ")}`);
    await close(page);
  });
}
