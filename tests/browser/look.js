// The web UI as somebody with a browser sees it: `node look.js API OTLP CHROMIUM`, with the server empty at first.
// Every check is a function of its own; all run, and what failed is told at the end. `ONLY=text` runs those whose
// name holds the text.
import { ensure, visitor } from "./visitor.js";
import { alerts } from "./alerts.js";
import { feed } from "./feed.js";
import { pages } from "./pages.js";
import { tasks } from "./tasks.js";
import { traces } from "./traces.js";
import { troubles } from "./troubles.js";

const [api, otlp, executablePath] = process.argv.slice(2);
const visit = await visitor(api, executablePath);
const { ONLY } = process.env;
const check = visit.check;
visit.check = (name, act) => (!ONLY || name.includes(ONLY) ? check(name, act) : undefined);

await visit.check("an empty server says how to send, and a test span opens its trace", async () => {
  const page = await visit.open("/");
  await page.getByText("Waiting for the first span").waitFor();
  await page.getByRole("button", { name: "Send test span" }).click();
  await page.waitForURL(/\/traces\/[0-9a-f]{32}/);
  await visit.close(page);
});

const fed = { otlp, ...(await feed(otlp)) };
ensure(fed.trace, "nothing was fed");

await pages(visit, fed);
await tasks(visit, fed);
await alerts(visit, fed);
await traces(visit, fed);
await troubles(visit, fed);

await visit.browser.close();
console.log(`${visit.failures.length === 0 ? "all well" : `${visit.failures.length} failed`}`);
process.exit(visit.failures.length === 0 ? 0 : 1);
