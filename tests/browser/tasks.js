// What people do, with the clicks counted where few of them are the point.
import { ensure } from "./visitor.js";

export async function tasks({ api, open, settled, close, check }, { trace, otlp, from, to }) {
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
    const links = ["", "services", "services/payment", "services/payment?tab=errors", "services/payment?dur=lines", "map", "traces", `traces/${trace}`, `traces/${trace}?view=flame`, "logs", "logs?view=stream", "logs/tail", "metrics/explore?m=avg(queue.length)", "sql", "system", "system?tab=pipeline", "settings", "compare"];
    let seed = 2026;
    const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
    // Where we are in the history: before its first page there is none of ours.
    let [at, last] = [0, 0];
    for (let step = 0; step < 60; step++) {
      const [drawn, place, wait] = [random(4), links[random(links.length)], random(3) * random(120)];
      // Another address each time, or no page is left.
      const to = `${place || "."}${place.includes("?") ? "&" : "?"}step=${step}`;
      const kind = (drawn === 0 && at === 0) || (drawn === 1 && at === last) ? 2 : drawn;
      at += kind === 0 ? -1 : 1;
      if (kind > 1) last = at;
      await page.evaluate(([kind, to]) => {
        if (kind === 0) return history.back();
        if (kind === 1) return history.forward();
        // A click on a link, as the UI takes it over.
        const link = document.createElement("a");
        link.href = to;
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

  await check("a pasted id in any spelling opens its trace; its lines are one more action", async () => {
    const page = await open("/");
    await page.keyboard.press("Control+k");
    const dashed = trace.toUpperCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    await page.keyboard.type(dashed);
    await page.getByRole("option").first().waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(new RegExp(`/traces/${trace}`));
    await page.getByRole("tab", { name: /Logs/ }).first().click();
    await page.getByText("payment refused for cart").first().waitFor();
    await close(page);
  });

  await check("from the worst service on the overview to a failed trace in three clicks", async () => {
    const page = await open("/");
    await page.locator(".overview-lists").getByText("payment", { exact: true }).first().click();
    await page.waitForURL(/\/services\/payment/);
    await page.getByText("CardRefused").first().click();
    await page.locator(".service-error-detail a[href*='traces/']").first().click();
    await page.waitForURL(/\/traces\/[0-9a-f]{32}/);
    await page.getByText(/\d+ errors?/).first().waitFor();
    await close(page);
  });

  await check("links to searches find what they promise", async () => {
    for (const [place, link] of [["/services/payment", "a[href*='traces?']"], ["/services/payment", "a[href*='logs?']"], [`/traces/${trace}`, ".trace-value-acts a"]]) {
      const page = await open(place);
      if (place.startsWith("/traces")) await page.locator(".trace-row").first().click();
      const to = await page.locator(`main ${link}`).first().evaluate((link) => link.href);
      await page.goto(to);
      await page.locator("[data-row]").first().waitFor();
      await close(page);
    }
  });

  await check("a line leads to its trace in one click", async () => {
    const page = await open("/logs");
    await page.locator("a[href*='traces/']").first().click();
    await page.waitForURL(/\/traces\/[0-9a-f]{32}/);
    await page.locator(".trace-row").first().waitFor();
    await close(page);
  });

  await check("a trace leads to the SQL that gives its spans in one click", async () => {
    const page = await open(`/traces/${trace}`);
    await page.locator("main").getByRole("link", { name: "SQL", exact: true }).click();
    await page.waitForURL(/\/sql/);
    await page.getByText(/^4 rows/).first().waitFor();
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

  await check("keys are replaced, here and in another browser", async () => {
    const page = await open("/settings");
    await page.getByRole("button", { name: /Other keys for: Go to SQL/i }).click();
    await page.keyboard.press("g");
    await page.keyboard.press("z");
    await page.locator("h1").click();
    await page.keyboard.press("g");
    await page.keyboard.press("z");
    await page.waitForURL(/\/sql/);
    const other = await open("/");
    await other.waitForFunction(() => localStorage.getItem("daymark.keys")?.includes("g z"));
    await other.keyboard.press("g");
    await other.keyboard.press("z");
    await other.waitForURL(/\/sql/);
    await other.goto(`${api}/settings`);
    await other.getByRole("button", { name: "All as they were" }).click();
    await other.waitForTimeout(300);
    await close(other);
    await close(page);
  });

  await check("clocks are compared with an answer of now, not with one that the browser kept", async () => {
    const page = await open("/settings");
    await page.getByText("clock skew").waitFor();
    await page.waitForTimeout(3000);
    await page.reload();
    const [, skew, unit] = (await page.getByText(/clock skew [\d.,]+/).innerText()).match(/skew\s+([\d.,]+)\s*(\S+)/);
    ensure(unit !== "s" || Number(skew) < 2, `${skew} ${unit}`);
    await close(page);
  });

  await check("a page is kept under a name and found again", async () => {
    const page = await open("/traces?q=service%3Dpayment&from=-1h");
    await page.getByRole("button", { name: "Save view" }).click();
    await page.getByLabel("Name").fill("failed payments");
    await page.keyboard.press("Enter");
    await page.getByText("The view is kept").waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press(",");
    await page.getByRole("link", { name: "failed payments" }).click();
    await page.waitForURL(/\/traces\?.*service/);
    await close(page);
  });

  await check("SQL runs, a mistake is told with its place, and old rows go", async () => {
    const page = await open("/sql");
    await page.getByLabel("SQL statement").fill("SELECT name, count(*) AS n FROM spans GROUP BY name ORDER BY n DESC");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("row").getByText("create order").waitFor();
    await page.getByLabel("SQL statement").fill("SELECT nonsense FROM spans");
    await page.keyboard.press("Control+Enter");
    await page.locator(".note-bar, [role=alert]").getByText("nonsense").waitFor();
    ensure((await page.getByRole("row").getByText("create order").count()) === 0, "rows of the statement before");
    await close(page, { forgives: /status of 400/ });
  });

  await check("SQL offers names while one writes", async () => {
    const page = await open("/sql");
    const statement = page.getByLabel("SQL statement");
    await statement.fill("");
    await statement.pressSequentially("SELECT count(*) FROM spa");
    await page.getByRole("option", { name: "spans", exact: true }).waitFor();
    await page.keyboard.press("Tab");
    ensure((await statement.inputValue()) === "SELECT count(*) FROM spans", await statement.inputValue());
    await close(page);
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

  await check("scopes narrow every page, and are taken back", async () => {
    const page = await open("/services");
    await page.locator(".crumb-env button").first().click();
    await page.getByRole("menuitemcheckbox", { name: "shop" }).click();
    await page.waitForURL(/scope=ns/);
    await page.getByRole("row").getByText("payment").waitFor();
    await page.locator(".chip button").first().click();
    await page.waitForURL((url) => !url.search.includes("scope"));
    await close(page);
  });

  await check("Ctrl+F finds among the lines, and goes from match to match", async () => {
    const page = await open("/logs");
    await page.locator("[data-row]").first().waitFor();
    await page.keyboard.press("Control+f");
    await page.getByLabel("Find in the lines").pressSequentially("refused");
    await page.getByText(/^10 of the \d+ lines read/).waitFor();
    await page.keyboard.press("Enter");
    const focused = () => page.evaluate(() => document.activeElement.innerText);
    await page.waitForFunction(() => document.activeElement.hasAttribute("data-row") && document.activeElement.innerText.includes("refused"));
    const first = await focused();
    await page.keyboard.press("n");
    await page.waitForFunction((first) => document.activeElement.innerText !== first && document.activeElement.innerText.includes("refused"), first);
    await close(page);
  });

  await check("the tour leads from the overview to the map", async () => {
    const page = await open("/?tour=1");
    const on = page.locator(".tour a");
    await on.click();
    await page.waitForURL(/status/);
    await page.locator("[data-row]").first().click();
    await page.waitForURL(/\/traces\/[0-9a-f]{32}/);
    await page.locator(".tour").getByText("3 / 5").or(page.locator(".tour").getByText("3 of 5")).waitFor();
    await on.click();
    await page.waitForURL(/view=logs/);
    await on.click();
    await page.waitForURL(/\/map/);
    await page.getByRole("button", { name: "End the tour" }).click();
    await page.locator(".tour").waitFor({ state: "detached" });
    await close(page);
  });

  await check("the map is replayed over its range", async () => {
    const page = await open(`/map?from=${from}&to=${to}`);
    await page.locator(".map-node").first().waitFor();
    await page.getByRole("button", { name: "Replay" }).click();
    await page.waitForURL(/at=\d+/);
    const slider = page.getByRole("slider", { name: "Replay" });
    await page.waitForFunction(() => Number(document.querySelector(".map-replay input").max) > 10);
    await slider.focus();
    await page.keyboard.press("End");
    await page.locator(".map-node[data-state=ok], .map-node[data-state=critical], .map-node[data-state=warning]").first().waitFor();
    await page.locator(".map-replay").getByRole("button", { name: "Close" }).click();
    await page.waitForURL((url) => !url.search.includes("at="));
    await close(page);
  });

  await check("the address alone shows the same again", async () => {
    const page = await open("/metrics/explore?m=max(queue.length)+by+service&from=-30m&theme=dark");
    await settled(page);
    const again = await open(page.url().slice(new URL(page.url()).origin.length));
    await settled(again);
    ensure((await again.locator(".metrics-panel h2").innerText()) === "queue.length", await again.locator("main").innerText());
    ensure((await again.evaluate(() => document.documentElement.dataset.theme)) === "dark", "not dark");
    await close(page);
    await close(again);
  });

  await check("four tabs follow the lines at once, and a fifth page still answers", async () => {
    const tabs = [await open("/logs/tail")];
    for (let tab = 1; tab < 4; tab++) tabs.push(await open("/logs/tail", { beside: tabs[0] }));
    for (const tab of tabs) await settled(tab);
    const body = `a line for every tab ${Date.now()}`;
    const record = { timeUnixNano: String(BigInt(Date.now()) * 1000000n), severityNumber: 9, body: { stringValue: body } };
    const sent = await fetch(`${otlp}/v1/logs`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }) });
    ensure(sent.ok, `${sent.status}`);
    for (const tab of tabs) await tab.getByText(body).first().waitFor();
    const beside = await open("/services", { beside: tabs[0] });
    await beside.getByRole("row").nth(1).waitFor({ timeout: 5000 });
    ensure([...tabs, beside].every((tab) => tab.shame.length === 0), tabs.map((tab) => tab.shame.join()).join());
    await close(beside);
  });
}
