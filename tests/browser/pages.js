// Every page: no errors, accessible in both languages and themes, and no wider than a phone.
import { ensure } from "./visitor.js";

// A page of each kind, with the states that show something else.
export const places = (trace) => [
  "/", "/services", "/services/payment", "/services/payment?dur=lines", "/services/payment?tab=errors", "/services/payment?tab=operations",
  "/map", "/map?view=table", "/traces", "/traces?mode=spans", `/traces/${trace}`, `/traces/${trace}?view=flame`, `/traces/${trace}?view=graph`,
  `/traces/${trace}?view=table`, `/traces/${trace}?view=logs`, `/traces/${trace}?view=json`, `/traces/${trace}?colour=status`, "/logs", "/logs?view=patterns",
  "/metrics/explore?m=avg(queue.length)", "/sql?sql=SELECT+count(*)+FROM+spans", "/system", "/system?tab=pipeline", "/system?tab=segments", "/settings", "/compare", "/nowhere",
];

export async function pages({ open, settled, close, accessible, check }, { trace }) {
  for (const place of places(trace)) {
    const named = place.replace(trace, "{id}");
    for (const look of [{ theme: "light" }, { theme: "dark", lang: "ko" }]) {
      await check(`${named} in ${look.theme}${look.lang ? ", Korean" : ""}: no errors, accessible`, async () => {
        const page = await open(`${place}${place.includes("?") ? "&" : "?"}${new URLSearchParams(look)}`, { dark: look.theme === "dark" });
        await settled(page);
        await accessible(page);
        await close(page);
      });
    }
    await check(`${named} fits 360 pixels`, async () => {
      const page = await open(place, { width: 360, height: 740 });
      await settled(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      ensure(wide <= 360, `${wide} pixels wide`);
      await close(page);
    });
  }

  await check("the window never scrolls: regions do", async () => {
    for (const place of places(trace)) {
      const page = await open(place, { height: 500 });
      await settled(page);
      const [tall, high] = await page.evaluate(() => [document.documentElement.scrollHeight, innerHeight]);
      ensure(tall <= high + 1, `${place} is ${tall} high in a window of ${high}`);
      await close(page);
    }
  });
}
