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
  // The range in which something was going on, however long ago that is by the time it is looked at.
  const instant = (ms) => `${ms}000000`;
  return { trace: failing.trace, from: instant(now - 600000), to: instant(now - 60000) };
}

// A trace of many spans: one request that calls services, which query in turn; some fail.
export async function big(otlp, count) {
  const trace = id(16);
  const start = BigInt(Date.now() - 60000) * 1000000n;
  const services = Array.from({ length: 20 }, (_, at) => `service-${at}`);
  const byService = new Map(services.map((name) => [name, []]));
  const spans = [];
  for (let at = 0; at < count; at++) {
    // Each span has up to eight children, so the tree is as deep as it is broad.
    const parent = at === 0 ? undefined : spans[Math.floor((at - 1) / 8)];
    const from = parent ? parent.from + 1000n + BigInt(at % 8) * ((parent.to - parent.from) / 9n) : 0n;
    const to = parent ? from + (parent.to - parent.from) / 10n : 20000000000n;
    const span = { spanId: id(8), from, to };
    spans.push(span);
    byService.get(services[(at * 7) % 20]).push({
      traceId: trace, spanId: span.spanId, parentSpanId: parent?.spanId ?? "", name: `step ${at % 40}`, kind: 1 + (at % 3),
      startTimeUnixNano: String(start + from), endTimeUnixNano: String(start + to), status: at % 997 === 5 ? { code: 2, message: "gave up" } : {}, attributes: [text("shard", String(at % 6))],
    });
  }
  for (const [service, own] of byService) {
    for (let at = 0; at < own.length; at += 5000) await post(otlp, "/v1/traces", { resourceSpans: [{ resource: resource(service), scopeSpans: [{ spans: own.slice(at, at + 5000) }] }] });
  }
  return trace;
}

// Strings that break software, as names, keys, values and lines.
export async function hostile(otlp, strings) {
  const trace = id(16);
  const root = id(8);
  const at = (ms) => String(BigInt(Date.now() - 30000 + ms) * 1000000n);
  const attributes = strings.map((value, place) => text(`naughty.${place}`, value));
  const spans = strings.slice(0, 200).map((name, place) => ({ traceId: trace, spanId: id(8), parentSpanId: root, name: name || " ", kind: 1, startTimeUnixNano: at(place), endTimeUnixNano: at(place + 5), attributes: [text(name || "empty", name)] }));
  spans.unshift({ traceId: trace, spanId: root, parentSpanId: "", name: NASTY, kind: 2, startTimeUnixNano: at(0), endTimeUnixNano: at(300), attributes });
  await post(otlp, "/v1/traces", { resourceSpans: [{ resource: resource(`<b onmouseover="document.title='x'">service`), scopeSpans: [{ spans }] }] });
  const logRecords = strings.map((body, place) => ({ timeUnixNano: at(place), severityNumber: 9, body: { stringValue: body }, traceId: trace, spanId: root }));
  await post(otlp, "/v1/logs", { resourceLogs: [{ resource: resource(`"><script>document.title='x'</script>`), scopeLogs: [{ logRecords }] }] });
  return { trace, span: root };
}

// Traces of others, as they come to a collector that translates them. Their times are moved to the last minutes.
async function translated(otlp, byService) {
  const resourceSpans = [...byService].map(([service, spans]) => ({ resource: { attributes: [text("service.name", service)] }, scopeSpans: [{ spans }] }));
  await post(otlp, "/v1/traces", { resourceSpans });
}
const wide = (hex) => hex.toLowerCase().padStart(32, "0");
const spanId = (hex) => hex.toLowerCase().padStart(16, "0");
const collect = (spans, service, span) => spans.set(service, [...(spans.get(service) ?? []), span]);

export async function jaeger(otlp, { spans, processes }) {
  const shift = BigInt(Date.now() - 120000) * 1000n - BigInt(Math.min(...spans.map((span) => span.startTime)));
  const byService = new Map();
  for (const span of spans) {
    const parent = span.references.find((one) => one.refType === "CHILD_OF");
    const start = (BigInt(span.startTime) + shift) * 1000n;
    const tag = (key) => span.tags.find((one) => one.key === key)?.value;
    collect(byService, processes[span.processID].serviceName, {
      traceId: wide(span.traceID), spanId: spanId(span.spanID), parentSpanId: parent ? spanId(parent.spanID) : "", name: span.operationName,
      kind: { server: 2, client: 3, producer: 4, consumer: 5 }[tag("span.kind")] ?? 1, startTimeUnixNano: String(start), endTimeUnixNano: String(start + BigInt(span.duration) * 1000n),
      status: tag("error") ? { code: 2 } : {}, attributes: span.tags.map((one) => text(one.key, String(one.value))),
    });
  }
  await translated(otlp, byService);
  return { trace: wide(spans[0].traceID), spans: spans.length, services: byService.size };
}

export async function zipkin(otlp, spans) {
  const timed = spans.filter((span) => span.timestamp);
  const shift = BigInt(Date.now() - 120000) * 1000n - BigInt(Math.min(...timed.map((span) => span.timestamp)));
  const byService = new Map();
  for (const span of timed) {
    const start = (BigInt(span.timestamp) + shift) * 1000n;
    const attributes = Object.entries(span.tags ?? {}).map(([key, value]) => text(key, value));
    if (span.remoteEndpoint?.serviceName) attributes.push(text("peer.service", span.remoteEndpoint.serviceName));
    collect(byService, span.localEndpoint?.serviceName ?? "unknown", {
      traceId: wide(span.traceId), spanId: spanId(span.id), parentSpanId: span.parentId ? spanId(span.parentId) : "", name: span.name ?? "",
      kind: { SERVER: 2, CLIENT: 3, PRODUCER: 4, CONSUMER: 5 }[span.kind] ?? 1, startTimeUnixNano: String(start), endTimeUnixNano: String(start + BigInt(span.duration ?? 1) * 1000n),
      status: span.tags?.error !== undefined ? { code: 2, message: span.tags.error } : {}, attributes,
    });
  }
  await translated(otlp, byService);
  return { trace: wide(timed[0].traceId), spans: timed.length, services: byService.size };
}

// So many lines of the last minutes.
export async function lines(otlp, count) {
  const now = Date.now();
  for (let from = 0; from < count; from += 5000) {
    const logRecords = Array.from({ length: Math.min(5000, count - from) }, (_, at) => ({ timeUnixNano: String(BigInt(now - (from + at) * 20) * 1000000n), severityNumber: at % 50 === 0 ? 17 : 9, body: { stringValue: `request ${from + at} took ${(at * 7) % 900} ms for user ${at % 97}` } }));
    await post(otlp, "/v1/logs", { resourceLogs: [{ resource: resource("web"), scopeLogs: [{ logRecords }] }] });
  }
}

// So many services; each calls three others.
export async function fleet(otlp, count) {
  const start = BigInt(Date.now() - 120000) * 1000000n;
  const byService = new Map();
  for (let at = 0; at < count; at++) {
    const trace = id(16);
    const root = id(8);
    collect(byService, `fleet-${at}`, { traceId: trace, spanId: root, parentSpanId: "", name: "work", kind: 2, startTimeUnixNano: String(start), endTimeUnixNano: String(start + 50000000n) });
    for (const to of [2 * at + 1, 2 * at + 2, (at * 31) % count].filter((to) => to < count && to !== at)) {
      const call = id(8);
      collect(byService, `fleet-${at}`, { traceId: trace, spanId: call, parentSpanId: root, name: "call", kind: 3, startTimeUnixNano: String(start), endTimeUnixNano: String(start + 40000000n) });
      collect(byService, `fleet-${to}`, { traceId: trace, spanId: id(8), parentSpanId: call, name: "work", kind: 2, startTimeUnixNano: String(start + 1000n), endTimeUnixNano: String(start + 30000000n) });
    }
  }
  const all = [...byService];
  for (let from = 0; from < all.length; from += 200) await translated(otlp, all.slice(from, from + 200));
}
