// Sets the theme before anything is painted, then starts the application.
import init from "./app.js";

const kept = (key) => { try { return localStorage.getItem(`daymark.${key}`); } catch { return null; } };
const visit = new URLSearchParams(location.search);
for (const key of ["theme", "density"]) {
  document.documentElement.dataset[key] = visit.get(key) ?? kept(key) ?? "";
}
init({ module_or_path: new URL("./app_bg.wasm", import.meta.url) });

// What the page of this address is made of comes beside the frame, not after it (`src/pages/fetched.rs`).
const groups = {
  "": "first",
  traces: "finding", compare: "finding", logs: "finding",
  sql: "desk", alerts: "desk", system: "desk", settings: "desk",
};
const [place] = location.pathname.slice(new URL(document.baseURI).pathname.length).split("/");
const parts = GROUPS_OF_PARTS;
for (const part of parts[groups[place] ?? "estate"] ?? []) {
  const href = new URL(`./${part}.wasm`, import.meta.url);
  document.head.append(Object.assign(document.createElement("link"), { rel: "preload", as: "fetch", crossOrigin: "anonymous", href }));
}
