// A server of the binary under test, in a folder of its own that goes with it; or one that runs already.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PORTS = { ui: 4390, grpc: 4391, http: 4392 };

// `what` is an address, which is used as it is, or a binary. `kind` is serve or demo.
export async function served(what, kind) {
  if (what.startsWith("http")) return { api: what, otlp: process.env.OTLP ?? "http://127.0.0.1:4318", stop() {} };
  const data = mkdtempSync(join(tmpdir(), "daymark-"));
  const address = (port) => `127.0.0.1:${port}`;
  const args = [kind, "--data", data, "--listen.ui", address(PORTS.ui), "--listen.otlp-grpc", address(PORTS.grpc), "--listen.otlp-http", address(PORTS.http)];
  const server = spawn(what, args, { stdio: "ignore" });
  const stop = () => {
    server.kill("SIGTERM");
    server.once("exit", () => rmSync(data, { recursive: true, force: true }));
  };
  const api = `http://${address(PORTS.ui)}`;
  for (let tries = 0; tries < 150; tries++) {
    if (await fetch(`${api}/healthz`).then((answer) => answer.ok, () => false)) return { api, otlp: `http://${address(PORTS.http)}`, stop };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  stop();
  throw new Error(`${what} does not become ready`);
}

export const ask = async (api, path, body) => {
  const options = body && { method: "POST", headers: { "content-type": "application/json", "x-daymark": "1" }, body: JSON.stringify(body) };
  const answer = await fetch(`${api}/api/v1/${path}`, options);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()).data;
};
