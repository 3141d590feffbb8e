"""Tells a fixed story through the unmodified Python SDK, configured by the usual OTEL_ variables.

send.py story      sends traces, logs and metrics; prints the ids it was given
send.py many N     prints "ready", waits for a line, sends N spans and waits until they are exported
"""

import json
import os
import sys

from opentelemetry import metrics, trace
from opentelemetry._logs import SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

if os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter


def tell_spans_and_logs():
    traces = TracerProvider()
    traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    logs = LoggerProvider()
    logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    tracer = traces.get_tracer("story", "1.0")
    logger = logs.get_logger("story", "1.0")

    with tracer.start_as_current_span("earlier", kind=SpanKind.CONSUMER) as earlier:
        pass
    link = Link(earlier.get_span_context(), {"reason": "again"})
    attributes = {
        "user": 'Zoë 🦀 "日本"\n',
        "items": 42,
        "big": 2**40,
        "ratio": 0.1,
        "vip": True,
        "tags": ["a", "b"],
    }
    with tracer.start_as_current_span(
        "POST /checkout", kind=SpanKind.SERVER, attributes=attributes, links=[link]
    ) as checkout:
        checkout.add_event("cart loaded", {"items": 3})
        with tracer.start_as_current_span(
            "charge", kind=SpanKind.CLIENT, attributes={"peer.service": "bank"}
        ) as charge:
            try:
                raise ValueError("no funds: ü")
            except ValueError as error:
                charge.record_exception(error)
            charge.set_status(Status(StatusCode.ERROR, "declined: ü"))
            logger.emit(
                severity_number=SeverityNumber.ERROR,
                severity_text="ERROR",
                body="card declined für Zoë 🦀",
                attributes={"attempt": 2},
            )
        with tracer.start_as_current_span("save") as save:
            save.set_status(StatusCode.OK)
    logger.emit(severity_number=SeverityNumber.INFO, severity_text="INFO", body="closing")
    traces.shutdown()
    logs.shutdown()
    spans = {"earlier": earlier, "checkout": checkout, "charge": charge, "save": save}
    print(
        json.dumps(
            {
                "trace": format(checkout.get_span_context().trace_id, "032x"),
                "earlier": format(earlier.get_span_context().trace_id, "032x"),
                "spans": {
                    name: format(span.get_span_context().span_id, "016x") for name, span in spans.items()
                },
            }
        )
    )


def tell_metrics():
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(), export_interval_millis=600_000)
    provider = MeterProvider(metric_readers=[reader])
    meter = provider.get_meter("story", "1.0")
    orders = meter.create_counter("orders", unit="{order}", description="Orders taken")
    orders.add(3, {"region": "eu"})
    orders.add(2, {"region": "us"})
    latency = meter.create_histogram(
        "latency", unit="ms", explicit_bucket_boundaries_advisory=[10, 50, 90]
    )
    for value in range(1, 101):
        latency.record(value, {"region": "eu"})
    queue = meter.create_up_down_counter("queue")
    queue.add(9)
    queue.add(-2)
    provider.shutdown()


def many(count):
    traces = TracerProvider()
    traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracer = traces.get_tracer("many")
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(count):
        tracer.start_span(f"step {number}").end()
    traces.shutdown()


if sys.argv[1] == "story":
    tell_spans_and_logs()
    tell_metrics()
else:
    many(int(sys.argv[2]))
