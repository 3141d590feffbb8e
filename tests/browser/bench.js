// How quick the web UI is: `node bench.js BINARY|ADDRESS [CHROMIUM]` prints one line a figure. Chromium draws without
// a GPU. A frame is the time between two animation frames, of which a screen of 60 Hz allows 16.7 ms.
import { big, feed, fleet, lines } from "./feed.js";
import { served } from "./server.js";
import { visitor } from "./visitor.js";

const [what, executablePath = "/usr/bin/chromium"] = process.argv.slice(2);
const SPANS = Number(process.env.SPANS ?? 50000);
const LINES = Number(process.env.LINES ?? 10000);
const SERVICES = Number(process.env.SERVICES ?? 2000);
const TAIL_ROUNDS = Number(process.env.TAIL_ROUNDS ?? 300);

const tell = (name, value, unit) => console.log(`${name.padEnd(52)} ${value.toFixed(unit === "ms" ? 1 : 0).padStart(9)} ${unit}`);
const quantile = (values, share) => values.sort((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

// Milliseconds from the start of the navigation until something is there.
async function until(page, address, selector) {
  const before = performance.now();
  await page.goto(address);
  await page.locator(selector).first().waitFor();
  return performance.now() - before;
}

// Frames and long tasks while an element is scrolled steadily.
async function scrolled(page, selector, pixels, seconds) {
  return page.evaluate(async ([selector, pixels, seconds]) => {
    const element = document.querySelector(selector);
    const frames = [];
    const long = [];
    const watch = new PerformanceObserver((list) => long.push(...list.getEntries().map((entry) => entry.duration)));
    watch.observe({ entryTypes: ["longtask"] });
    await new Promise((done) => {
      const begin = performance.now();
      let before = begin;
      const step = (now) => {
        frames.push(now - before);
        element.scrollTop = Math.min(element.scrollHeight, ((now - begin) / 1000) * pixels);
        before = now;
        now - begin < seconds * 1000 ? requestAnimationFrame(step) : done();
      };
      requestAnimationFrame(step);
    });
    watch.disconnect();
    return { frames: frames.slice(1), long };
  }, [selector, pixels, seconds]);
}

const server = await served(what, "serve");
try {
  const { api, otlp } = server;
  await feed(otlp);
  const trace = await big(otlp, SPANS);
  await lines(otlp, LINES);
  const visit = await visitor(api, executablePath);
  const page = await visit.open("/settings");

  const cold = [];
  for (let turn = 0; turn < 5; turn++) {
    const fresh = await (await visit.context()).newPage();
    cold.push(await until(fresh, `${api}/`, ".square"));
    await fresh.context().close();
  }
  tell("first load of the overview, cold cache, median", quantile(cold, 0.5), "ms");
  const warm = [];
  for (let turn = 0; turn < 5; turn++) warm.push(await until(page, `${api}/`, ".square"));
  tell("load of the overview, warm cache, median", quantile(warm, 0.5), "ms");
  const paint = await page.evaluate(() => performance.getEntriesByType("paint").find((entry) => entry.name === "first-contentful-paint")?.startTime ?? 0);
  tell("first contentful paint, warm cache", paint, "ms");

  const route = await page.evaluate(async () => {
    const before = performance.now();
    document.querySelector("nav a[href*='services']").click();
    while (document.querySelector("main h1")?.textContent !== "Services" || !document.querySelector("[role=row] [role=gridcell], [data-row]")) await new Promise(requestAnimationFrame);
    return performance.now() - before;
  });
  tell("from the overview to the first row of services", route, "ms");

  // What the page holds: its own memory, and that of the program.
  const keeps = () => { const whole = WebAssembly.instantiateStreaming; WebAssembly.instantiateStreaming = async (...args) => { const made = await whole.apply(WebAssembly, args); window.held ??= made.instance.exports.memory; return made; }; };
  await page.addInitScript(keeps);
  const held = () => page.evaluate(() => (performance.memory?.usedJSHeapSize ?? 0) + (window.held?.buffer.byteLength ?? 0));

  tell(`trace of ${SPANS} spans: first rows`, await until(page, `${api}/traces/${trace}`, ".trace-row"), "ms");
  const open = await page.evaluate(async (spans) => {
    const grid = document.querySelector("[role=treegrid]");
    const before = performance.now();
    const address = new URL(location.href);
    address.searchParams.set("fold", "all");
    history.replaceState(null, "", address);
    dispatchEvent(new PopStateEvent("popstate"));
    while (Number(grid.getAttribute("aria-rowcount")) < spans * 0.9) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - before;
  }, SPANS);
  tell("  all of it opened", open, "ms");
  const rows = await scrolled(page, ".trace-rows", 3000, 5);
  tell("  scrolling at 3,000 px/s, p95 of frames", quantile(rows.frames, 0.95), "ms");
  tell("  scrolling, longest task", Math.max(0, ...rows.long), "ms");
  const found = await page.evaluate(async () => {
    const field = document.querySelector(".trace-find input");
    field.value = "step";
    const before = performance.now();
    field.dispatchEvent(new Event("change", { bubbles: true }));
    while (!document.querySelector(".trace-row[data-match]")) await new Promise(requestAnimationFrame);
    return performance.now() - before;
  });
  tell("  find by name", found, "ms");
  tell("  elements in the document", await page.evaluate(() => document.querySelectorAll("*").length), "");
  tell(`flame graph of ${SPANS} spans`, await until(page, `${api}/traces/${trace}?view=flame`, ".trace-flame canvas"), "ms");

  tell(`first of ${LINES} lines`, await until(page, `${api}/logs?from=-1h`, ".log-row, [data-row]"), "ms");
  const list = await page.evaluate(() => [...document.querySelectorAll("*")].filter((one) => one.scrollHeight > one.clientHeight + 200 && getComputedStyle(one).overflowY === "auto").sort((one, other) => other.scrollHeight - one.scrollHeight).map((one) => (one.dataset.bench = "list"))[0]);
  const logs = list ? await scrolled(page, "[data-bench=list]", 3000, 5) : { frames: [], long: [] };
  tell("  scrolling at 3,000 px/s, p95 of frames", quantile(logs.frames, 0.95), "ms");
  tell("  scrolling, tasks over 50 ms", logs.long.length, "");

  await page.goto(`${api}/logs/tail`);
  await page.locator("main h1").waitFor();
  const batch = async () => { await lines(otlp, 400); await page.waitForTimeout(50); };
  // Until as many lines are kept as ever will be.
  for (let round = 0; round < 30; round++) await batch();
  const early = await held();
  for (let round = 0; round < TAIL_ROUNDS; round++) await batch();
  tell("memory after 12,000 lines of a live tail", early / 1048576, "MB");
  tell(`  and ${TAIL_ROUNDS} × 400 lines later`, (await held()) / 1048576, "MB");

  await fleet(otlp, SERVICES);
  tell(`map of ${SERVICES} services`, await until(page, `${api}/map`, ".map-card, .map-node, .map svg g"), "ms");
  tell(`list of ${SERVICES} services`, await until(page, `${api}/services`, "[data-row], [role=gridcell]"), "ms");
  await visit.browser.close();
} finally {
  server.stop();
}
