// Sets the theme before anything is painted, then starts the application.
import init from "./app.js";

const kept = (key) => { try { return localStorage.getItem(`daymark.${key}`); } catch { return null; } };
const visit = new URLSearchParams(location.search);
for (const key of ["theme", "density"]) {
  document.documentElement.dataset[key] = visit.get(key) ?? kept(key) ?? "";
}
init({ module_or_path: new URL("./app_bg.wasm", import.meta.url) });
