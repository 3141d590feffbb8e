// Alerts: every tab, a rule from what is looked at to its end, silences, channels, mistakes, names like markup.
import { ensure } from "./visitor.js";
import { feed, NASTY } from "./feed.js";
import { ask } from "./server.js";

// Evaluation comes every 10 s, and the page asks again after 15 s.
const patient = { timeout: 60000 };

export async function alerts({ api, open, settled, close, accessible, check }, { otlp }) {
  const rule = (name, more = {}) => ({ name, severity: "warning", signal: { kind: "red", metric: "error_rate", q: "service=payment", by: ["service"] }, condition: { op: ">", threshold: 0.05 }, window: "10m", every: "10s", ...more });
  const failing = (page) => page.locator(".alert-card").filter({ hasText: "payment fails" });

  await check("before anything fires the page says so, and offers rules to begin with", async () => {
    const page = await open("/alerts?tab=channels");
    await page.getByText("Nobody is told yet").waitFor();
    await page.keyboard.press("n");
    await page.waitForURL(/rule=new/);
    await page.getByRole("link", { name: /Requests are slow/ }).click();
    await page.waitForURL(/draft=slow/);
    ensure((await page.locator("[data-at='/condition/threshold']").inputValue()) === "1s", "the threshold is not written as people write it");
    await page.goto(`${api}/alerts?tab=silences`);
    await page.getByText("Nothing is silenced").waitFor();
    await page.goto(`${api}/alerts?alert=ffffffffffffffff`);
    await page.getByText("Nothing is known of this alert").waitFor();
    await close(page);
  });

  await check("a channel is made, tested and changed; its secret is never shown again", async () => {
    const page = await open("/alerts?tab=channels");
    await page.getByRole("button", { name: "New channel" }).click();
    await page.getByLabel(/^name/i).fill("pager");
    await page.getByLabel("Address").fill("nonsense");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("alert").getByText("not an address of the web").waitFor();
    await page.getByLabel("Address").fill("https://hooks.example/path-that-is-secret");
    await page.getByLabel("Secret").fill("hunter2");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("cell", { name: "https://hooks.example/***" }).waitFor();
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await page.getByLabel("Kind").selectOption("stdout");
    await page.getByLabel(/^name/i).fill("console");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("cell", { name: "console" }).waitFor();
    await page.getByRole("button", { name: "Test", exact: true }).click();
    await page.getByText(/console took it in/).waitFor();
    const shown = await page.content();
    ensure(!shown.includes("hunter2") && !shown.includes("path-that-is-secret"), "a secret is shown");
    await close(page, { forgives: /status of 400/ });
  });

  await check("a search becomes a rule; its past is shown before it is saved", async () => {
    await feed(otlp);
    const page = await open("/traces?q=service%3Dpayment");
    await page.getByRole("link", { name: "Create alert" }).click();
    await page.waitForURL(/tab=rules.*draft=/);
    await page.getByLabel(/^name/i).fill("payment fails");
    await page.locator("[data-at='/window']").fill("10m");
    await page.locator("[data-at='/for']").fill("0s");
    await page.locator("[data-at='/every']").fill("10s");
    await page.getByRole("button", { name: "console" }).click();
    await page.getByText("same evaluator as production").waitFor();
    await page.getByText(/\d+ firings?/).first().waitFor();
    await page.locator(".alert-band").first().waitFor({ state: "attached" });
    await page.locator(".alert-message").getByText(/payment fails/).first().waitFor();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.waitForURL(/rule=(?!new)/);
    ensure((await ask(api, "alerts/rules")).some((one) => one.name === "payment fails" && one.channels[0] === "console"), "it is not kept");
    await close(page);
  });

  await check("it fires, is acknowledged and silenced, and history tells of it", async () => {
    const page = await open("/alerts");
    await failing(page).waitFor(patient);
    await failing(page).click();
    await page.locator(".alert-facts").getByText("> 5 %").waitFor();
    await page.getByRole("button", { name: "Acknowledge" }).click();
    await page.locator(".alert-told").getByText(/acknowledged by/).waitFor();
    await page.locator(".alert-changes").getByText("delivered").first().waitFor(patient);
    ensure((await page.locator(".nav .badge-n").count()) === 1, "the navigation does not count it");
    await page.locator("h1").click();
    await page.keyboard.press("s");
    await page.getByText(/Mutes 1 alert now/).waitFor();
    await page.getByRole("button", { name: "Silence", exact: true }).click();
    await page.locator(".alert-fault").getByText("is empty").or(page.locator(".alert-fault").getByText("not given")).first().waitFor();
    await page.getByLabel("Reason").fill("we know");
    await page.getByRole("button", { name: "Silence", exact: true }).click();
    await page.getByRole("cell", { name: "we know" }).waitFor();
    await page.getByRole("tab", { name: /Firing/ }).click();
    await page.locator(".alert-line").filter({ hasText: "payment fails" }).getByText(/silenced until/).waitFor(patient);
    await page.getByRole("tab", { name: "History" }).click();
    await page.locator(".alert-changes tr").filter({ hasText: "payment fails" }).filter({ hasText: "→ firing" }).waitFor();
    await page.locator(".alert-changes tr[data-attempt]").filter({ hasText: "delivered" }).first().waitFor();
    await page.getByRole("tab", { name: /Silences/ }).click();
    await page.getByRole("button", { name: "End now" }).click();
    await page.getByText("Ended.").waitFor();
    await page.getByRole("tab", { name: /Firing/ }).click();
    await failing(page).waitFor(patient);
    await close(page, { forgives: /status of 404/ });
  });

  await check("what fires is seen on the overview, beside its service and on the map", async () => {
    const page = await open("/");
    await page.locator(".overview-tile").getByText("1", { exact: true }).waitFor();
    await page.goto(`${api}/map`);
    await page.locator(".map-node[data-node=payment] .badge[data-state=critical]").waitFor();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("payment fai");
    await page.getByRole("option", { name: /payment fails/ }).click();
    await page.waitForURL(/tab=rules.*rule=/);
    await page.locator(".alert-sentence").waitFor();
    await close(page);
  });

  await check("a wrong rule shows where it is wrong", async () => {
    const page = await open("/alerts?tab=rules&rule=new&draft=errors");
    const fault = (at) => page.locator(".alert-field").filter({ has: page.locator(`[data-at='${at}']`) }).locator(".alert-fault");
    await page.locator("[data-at='/signal/q']").fill("dur>banana");
    await fault("/signal/q").waitFor();
    await page.locator("[data-at='/signal/q']").fill("service:payment");
    await page.locator("[data-at='/condition/threshold']").fill("500%");
    await fault("/condition/threshold").getByText("nothing is ever").waitFor();
    await page.locator("[data-at='/window']").fill("3 weeks");
    await fault("/window").waitFor();
    ensure(await page.getByRole("button", { name: "Save", exact: true }).isDisabled(), "it can be saved");
    // What only the server knows.
    await page.goto(`${api}/alerts?tab=rules&rule=new&draft=sql`);
    await page.getByLabel(/^name/i).fill("nonsense");
    await page.locator("[data-at='/signal/query']").fill("SELECT nonsense AS value FROM spans");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.locator(".alert-fault, .alert-faults").getByText("nonsense").first().waitFor();
    await page.getByRole("button", { name: "As JSON" }).click();
    await page.getByLabel("As JSON").fill('{"name": "x", "signal": {"kind": "rde"}}');
    await page.locator(".alert-faults").getByText("/signal/kind").waitFor();
    await close(page, { forgives: /status of 4\d\d/ });
  });

  await check("a rule is set against an earlier time, with labels and a value that is well again", async () => {
    const page = await open("/alerts?tab=rules&rule=new&draft=errors");
    const at = (pointer) => page.locator(`[data-at='${pointer}']`);
    await page.locator("[data-field='/compare/as'] select").selectOption({ label: "times what it was" });
    ensure((await at("/condition/threshold").inputValue()) === "2", "twice is no threshold");
    await at("/compare/offset").fill("tomorrow");
    await page.locator("[data-field='/compare/offset'] .alert-fault").waitFor();
    await at("/compare/offset").fill("-1h");
    await at("/compare/least").fill("1%");
    await at("/recover").fill("1.5");
    await at("/labels").fill("team");
    await page.locator("[data-field='/labels'] .alert-fault").waitFor();
    await at("/labels").fill("team=pay, tier=1");
    await page.getByRole("button", { name: "As JSON" }).click();
    const rule = JSON.parse(await page.getByLabel("As JSON").inputValue());
    const { compare, recover, labels, condition } = rule;
    const wanted = { compare: { as: "ratio", least: 0.01, offset: "-1h" }, recover: 1.5, labels: { team: "pay", tier: "1" }, condition: { op: ">", threshold: 2 } };
    ensure(JSON.stringify(Object.entries({ compare, recover, labels, condition })) === JSON.stringify(Object.entries(wanted)), JSON.stringify(rule));
    await page.getByRole("button", { name: "As form" }).click();
    ensure((await at("/labels").inputValue()) === "team=pay, tier=1", "labels are lost");
    await page.locator("[data-field='/compare/as'] select").selectOption({ label: "it is" });
    await at("/compare/offset").waitFor({ state: "detached" });
    ensure((await at("/condition/threshold").inputValue()) === "5%", "the threshold is of the comparison");
    await close(page);
  });

  await check("a route is written, previewed, kept and moved; maintenance holds back", async () => {
    const page = await open("/alerts?tab=channels");
    await page.keyboard.press("6");
    await page.waitForURL(/tab=routes/);
    const save = page.getByRole("button", { name: "Save", exact: true });
    const told = (name) => page.locator(".alert-hearing li").filter({ hasText: name });
    ensure(await save.isDisabled(), "there is something to save already");
    await told("latency").getByText("nobody").waitFor();
    await page.keyboard.press("R");
    await save.click();
    await page.locator(".alert-route").getByText("leads nowhere").waitFor();
    await page.locator(".alert-route").getByRole("button", { name: "console" }).click();
    await page.getByText("leads nowhere").waitFor({ state: "detached" });
    await page.locator(".alert-route").getByLabel("Value").fill("warning");
    await told("latency").getByText("by route 1").waitFor();
    await page.locator("[data-at='/wait']").fill("3 weeks");
    await save.click();
    await page.locator(".alert-pace .alert-fault").getByText("not a duration").waitFor();
    await page.locator("[data-at='/wait']").fill("20s");
    await save.click();
    await page.getByText("version 1").waitFor();
    // A second route stands before the first once it is moved up.
    await page.getByRole("button", { name: "New route" }).click();
    const second = page.locator(".alert-route").nth(1);
    await second.getByLabel("Label", { exact: true }).fill("alertname");
    await second.getByLabel("Compared by").selectOption("~");
    await second.getByLabel("Value").fill("lat.*");
    await second.getByRole("button", { name: "console" }).click();
    await told("latency").getByText("by route 1").waitFor();
    await second.getByRole("button", { name: "Further up" }).click();
    ensure((await page.locator(".alert-route").first().getByLabel("Value").inputValue()) === "lat.*", "it has not moved");
    await page.locator("h1").click();
    await page.keyboard.press("M");
    const held = page.locator(".alert-route").nth(2);
    await held.getByLabel("Name", { exact: true }).fill("move");
    await held.getByLabel("Label", { exact: true }).fill("alertname");
    await held.getByLabel("Value").fill("latency");
    await told("latency").getByText("not now: move").waitFor();
    await held.getByText("in force").waitFor();
    await held.getByLabel("to", { exact: true }).fill("tomorrow");
    await save.click();
    await held.locator(".alert-fault").getByText("tomorrow").waitFor();
    await page.getByRole("button", { name: "Discard" }).click();
    ensure((await page.locator(".alert-route").count()) === 1, "what was not saved is still there");
    // Somebody else saves meanwhile: what is written here stays until the reader chooses.
    await page.locator("[data-at='/repeat']").fill("8h");
    const { version, ...theirs } = await ask(api, "rules/notify");
    await page.evaluate(([theirs, version]) => fetch("api/v1/rules/notify", { method: "PUT", headers: { "content-type": "application/json", "x-daymark": "1" }, body: JSON.stringify({ ...theirs, version, repeat: "6h" }) }), [theirs, version]);
    await save.click();
    await page.getByText("Somebody else has saved since").waitFor();
    ensure((await page.locator("[data-at='/repeat']").inputValue()) === "8h", "what was written is lost");
    await page.getByRole("button", { name: /Show theirs/ }).click();
    await page.getByText("version 2").waitFor();
    ensure((await page.locator("[data-at='/repeat']").inputValue()) === "6h", "theirs is not shown");
    await page.getByRole("button", { name: "Delete" }).first().click();
    await save.click();
    await page.getByText("version 3").waitFor();
    await close(page, { forgives: /status of 4\d\d/ });
  });

  await check("names like markup are text in every list", async () => {
    const kept = await ask(api, "alerts/rules", rule(NASTY, { signal: { kind: "red", metric: "rate", q: "service=payment", by: ["name"] }, condition: { op: ">", threshold: 0.001 }, annotations: { summary: NASTY, runbook: "javascript:alert(1)" }, labels: { team: NASTY } }));
    const page = await open("/alerts");
    await page.locator(".alert-card").filter({ hasText: "<img src=x" }).first().waitFor(patient);
    await page.locator(".alert-card").filter({ hasText: "<img src=x" }).first().click();
    ensure((await page.locator("a[href^=javascript]").count()) === 0, "a runbook runs");
    for (const place of ["", "?tab=history", `?tab=rules&rule=${kept.id}`]) {
      await page.goto(`${api}/alerts${place}`);
      await settled(page);
      await page.getByText("<img src=x").first().waitFor();
      ensure((await page.title()) === "Daymark", "a name ran as a script");
      ensure((await page.evaluate(() => document.querySelectorAll("main img, main iframe, main script").length)) === 0, `${place}: markup`);
    }
    await close(page, { forgives: /status of 404/ });
  });

  const own = (await ask(api, "alerts/rules")).find((one) => one.name === "payment fails");
  const places = ["/alerts", "/alerts?told=json", `/alerts?tab=rules&rule=${own?.id}`, "/alerts?tab=rules&rule=new", "/alerts?tab=rules&rule=new&draft=errors&as=json", "/alerts?tab=rules&rule=new&draft=sql&win=1h", "/alerts?tab=history", "/alerts?tab=silences&silence=new", "/alerts?tab=channels", "/alerts?tab=routes"];
  for (const place of places) {
    for (const look of [{ theme: "light" }, { theme: "dark", lang: "ko" }]) {
      await check(`${place} in ${look.theme}${look.lang ? ", Korean" : ""}: no errors, accessible`, async () => {
        const page = await open(`${place}${place.includes("?") ? "&" : "?"}${new URLSearchParams(look)}`, { dark: look.theme === "dark" });
        await settled(page);
        await accessible(page);
        await close(page, { forgives: /status of 404/ });
      });
    }
    await check(`${place} fits 360 pixels`, async () => {
      const page = await open(place, { width: 360, height: 740 });
      await settled(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      ensure(wide <= 360, `${wide} pixels wide`);
      await close(page, { forgives: /status of 404/ });
    });
  }

  await check("a rule is deleted after being asked once more, and what it told is over", async () => {
    const page = await open(`/alerts?tab=rules&rule=${own?.id}`);
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Delete for good?" }).click();
    await page.waitForURL((url) => !url.search.includes("rule="));
    ensure(!(await ask(api, "alerts/rules")).some((one) => one.name === "payment fails"), "it is still there");
    await close(page);
  });
}
