// Pictures of every page in both themes: `node pictures.js BINARY|ADDRESS FOLDER [CHROMIUM]`. A binary runs the demo
// for MINUTES before (30 unless the environment says otherwise); the later half is shown, beside the earlier one.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask, served } from "./server.js";
import { visitor } from "./visitor.js";

const [what, folder, executablePath = "/usr/bin/chromium"] = process.argv.slice(2);
const QUALITY = 82;
const minutes = Number(process.env.MINUTES ?? 30);

const server = await served(what, "demo");
try {
  if (!what.startsWith("http")) await new Promise((resolve) => setTimeout(resolve, minutes * 60000));
  const { api } = server;
  // The failed trace with the most to see.
  const found = await ask(api, "traces/search", { q: "trace.spans>20 trace.spans<60 status:error", sort: "most_errors", from: "-1h", to: "now", limit: 20 });
  const [one, other] = found.sort((one, other) => (other.services?.length ?? 0) - (one.services?.length ?? 0)).map((trace) => trace.trace_id);
  const { worst } = await ask(api, "overview?from=-1h&to=now");
  const service = worst[0]?.service ?? "payment";
  const catalogue = await ask(api, "metrics/catalog?limit=50");
  const metric = catalogue.find((one) => one.metric === "http.server.request.duration") ?? catalogue[0];
  const span = (await ask(api, "sql", { query: `SELECT span_id FROM spans WHERE trace_id = '${one}' AND status = 'error' ORDER BY start DESC LIMIT 1` })).rows[0]?.[0];
  const range = `from=-${Math.floor(minutes / 2)}m&to=now`;
  const places = {
    overview: `/?${range}`, services: `/services?${range}`, service: `/services/${service}?${range}`, durations: `/services/${service}?${range}&dur=lines`,
    map: `/map?${range}`, traces: `/traces?${range}&q=service%3D${service}`, trace: `/traces/${one}?span=${span}`, flame: `/traces/${one}?view=flame`,
    graph: `/traces/${one}?view=graph`, table: `/traces/${one}?view=table`, compare: `/compare?a=trace:${one}&b=trace:${other}`, logs: `/logs?${range}&q=level%3E%3Dwarn`,
    patterns: `/logs?${range}&view=patterns`, metrics: `/metrics/explore?${range}&m=${encodeURIComponent(`p95(${metric?.metric ?? "queue.length"}) by service`)}`,
    sql: `/sql?${range}&sql=${encodeURIComponent("SELECT service, sum(count) AS requests,\n       round(100.0 * sum(errors) / sum(count), 2) AS error_pct,\n       round(sketch_quantile(sketch_merge(sketch), 0.95) / 1e6, 1) AS p95_ms\n  FROM red\n WHERE bucket >= :from AND bucket < :to AND entry\n GROUP BY service\n ORDER BY error_pct DESC")}`,
    alerts: `/alerts?${range}&win=1h`, rule: `/alerts?${range}&tab=rules&rule=default:error-rate&win=1h`, system: "/system", segments: "/system?tab=segments", settings: "/settings",
  };
  const phone = { overview: places.overview, services: places.services, trace: places.trace, logs: places.logs, alerts: places.alerts };
  mkdirSync(folder, { recursive: true });
  const visit = await visitor(api, executablePath);
  const take = async (name, place, look) => {
    const page = await visit.open(`${place}${place.includes("?") ? "&" : "?"}theme=${look.dark ? "dark" : "light"}&tz=utc`, look);
    await visit.settled(page);
    await page.waitForTimeout(600);
    const session = await page.context().newCDPSession(page);
    const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: QUALITY });
    writeFileSync(join(folder, `${name}.webp`), Buffer.from(data, "base64"));
    await page.context().close();
  };
  for (const dark of [false, true]) {
    const theme = dark ? "dark" : "light";
    for (const [name, place] of Object.entries(places)) await take(`${name}-${theme}`, place, { dark });
  }
  for (const [name, place] of Object.entries(phone)) await take(`${name}-390`, place, { width: 390, height: 844, scale: 2 });
  await visit.browser.close();
} finally {
  server.stop();
}
