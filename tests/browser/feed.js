// A few traces, lines and points of a small shop, sent over OTLP/HTTP as JSON. Names that browsers must not take
// for markup are among them.
import { randomBytes } from "node:crypto";

export const NASTY = `<img src=x onerror="document.title='broken'"><script>document.title='broken'</script>`;

const text = (key, value) => ({ key, value: { stringValue: value } });
const resource = (service) => ({
  attributes: [text("service.name", service), text("service.version", "1.4.2"), text("service.namespace", "shop"), text("deployment.environment.name", "test"), text("service.instance.id", `${service}-1`)],
});
const id = (bytes) => randomBytes(bytes).toString("hex");

async function post(otlp, path, body) {
  const response = await fetch(`${otlp}${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}

// One checkout: web calls order, which calls payment, which fails now and then.
function checkout(at, fails) {
  const trace = id(16);
  const [web, order, call, payment] = [id(8), id(8), id(8), id(8)];
  const ms = (value) => String(BigInt(at) * 1000000n + BigInt(Math.round(value * 1e6)));
  const span = (spanId, parentSpanId, name, kind, from, to, more = {}) => ({ traceId: trace, spanId, parentSpanId, name, kind, startTimeUnixNano: ms(from), endTimeUnixNano: ms(to), ...more });
  const failed = fails ? { status: { code: 2, message: "card refused" }, events: [{ timeUnixNano: ms(70), name: "exception", attributes: [text("exception.type", "CardRefused"), text("exception.message", "the bank said no")] }] } : {};
  const spans = [
    ["web", [span(web, "", "POST /checkout", 2, 0, 120, { attributes: [text("http.route", "/checkout"), text("nasty", NASTY)] })]],
    ["order", [span(order, web, "create order", 2, 10, 110), span(call, order, "POST /payments", 3, 30, 95)]],
    ["payment", [span(payment, call, "POST /payments", 2, 35, 90, failed)]],
  ];
  return { trace, payment, spans, ms };
}

export async function feed(otlp) {
  const now = Date.now();
  const byService = new Map();
  const lines = [];
  let failing;
  for (let step = 0; step < 60; step++) {
    const fails = step % 6 === 5;
    const one = checkout(now - 600000 + step * 9500, fails);
    if (fails) failing = one;
    for (const [service, spans] of one.spans) byService.set(service, [...(byService.get(service) ?? []), ...spans]);
    lines.push({ timeUnixNano: one.ms(50), severityNumber: fails ? 17 : 9, severityText: fails ? "ERROR" : "INFO", body: { stringValue: fails ? `payment refused for cart ${step} ${NASTY}` : `payment taken for cart ${step}` }, traceId: one.trace, spanId: one.payment });
  }
  await post(otlp, "/v1/traces", { resourceSpans: [...byService].map(([service, spans]) => ({ resource: resource(service), scopeSpans: [{ spans }] })) });
  await post(otlp, "/v1/logs", { resourceLogs: [{ resource: resource("payment"), scopeLogs: [{ logRecords: lines }] }] });
  const points = Array.from({ length: 60 }, (_, step) => ({ timeUnixNano: String(BigInt(now - 600000 + step * 10000) * 1000000n), asDouble: 40 + step, attributes: [text("pool", "main")] }));
  await post(otlp, "/v1/metrics", { resourceMetrics: [{ resource: resource("order"), scopeMetrics: [{ metrics: [{ name: "queue.length", unit: "1", gauge: { dataPoints: points } }] }] }] });
  return { trace: failing.trace };
}
