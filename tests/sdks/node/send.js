// Tells a fixed story through the unmodified Node SDK, configured by the usual OTEL_ variables.
//
// send.js story      sends traces, logs and metrics; prints the ids it was given
// send.js many N     prints "ready", waits for a line, sends N spans and waits until they are exported

import { once } from "node:events";
import { SeverityNumber, SpanKind, SpanStatusCode, context, logs, metrics, trace } from "@opentelemetry/api";
import { NodeSDK } from "@opentelemetry/sdk-node";

const sdk = new NodeSDK({ autoDetectResources: true });
sdk.start();

function story() {
  const tracer = trace.getTracer("story", "1.0");
  const logger = logs.getLogger("story", "1.0");

  const earlier = tracer.startSpan("earlier", { kind: SpanKind.CONSUMER });
  earlier.end();
  const attributes = { user: 'Zoë 🦀 "日本"\n', items: 42, big: 2 ** 40, ratio: 0.1, vip: true, tags: ["a", "b"] };
  const links = [{ context: earlier.spanContext(), attributes: { reason: "again" } }];
  const checkout = tracer.startSpan("POST /checkout", { kind: SpanKind.SERVER, attributes, links });
  checkout.addEvent("cart loaded", { items: 3 });
  const inCheckout = trace.setSpan(context.active(), checkout);
  const charge = tracer.startSpan(
    "charge",
    { kind: SpanKind.CLIENT, attributes: { "peer.service": "bank" } },
    inCheckout,
  );
  charge.recordException(new TypeError("no funds: ü"));
  charge.setStatus({ code: SpanStatusCode.ERROR, message: "declined: ü" });
  logger.emit({
    context: trace.setSpan(inCheckout, charge),
    severityNumber: SeverityNumber.ERROR,
    severityText: "ERROR",
    body: "card declined für Zoë 🦀",
    attributes: { attempt: 2 },
  });
  charge.end();
  const save = tracer.startSpan("save", {}, inCheckout);
  save.setStatus({ code: SpanStatusCode.OK });
  save.end();
  checkout.end();
  logger.emit({ severityNumber: SeverityNumber.INFO, severityText: "INFO", body: "closing" });

  const meter = metrics.getMeter("story", "1.0");
  const orders = meter.createCounter("orders", { unit: "{order}", description: "Orders taken" });
  orders.add(3, { region: "eu" });
  orders.add(2, { region: "us" });
  const latency = meter.createHistogram("latency", { unit: "ms", advice: { explicitBucketBoundaries: [10, 50, 90] } });
  for (let value = 1; value <= 100; value += 1) latency.record(value, { region: "eu" });
  const queue = meter.createUpDownCounter("queue");
  queue.add(9);
  queue.add(-2);

  const id = (span) => span.spanContext().spanId;
  return {
    trace: checkout.spanContext().traceId,
    earlier: earlier.spanContext().traceId,
    spans: { earlier: id(earlier), checkout: id(checkout), charge: id(charge), save: id(save) },
  };
}

async function many(count) {
  const tracer = trace.getTracer("many");
  console.log("ready");
  await once(process.stdin, "data");
  process.stdin.pause();
  for (let number = 0; number < count; number += 1) tracer.startSpan(`step ${number}`).end();
}

const [, , what, count] = process.argv;
const told = what === "story" ? JSON.stringify(story()) : await many(Number(count));
await sdk.shutdown();
if (told) console.log(told);
