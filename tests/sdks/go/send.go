// Tells a fixed story through the unmodified Go SDK, configured by the usual OTEL_ variables.
//
//	send story      sends traces, logs and metrics; prints the ids it was given
//	send many N     prints "ready", waits for a line, sends N spans and waits until they are exported
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func main() {
	ctx := context.Background()
	if os.Args[1] == "story" {
		tellSpansAndLogs(ctx)
		tellMetrics(ctx)
		return
	}
	count, err := strconv.Atoi(os.Args[2])
	must(err)
	many(ctx, count)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func isGRPC() bool {
	return os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc"
}

func tracers(ctx context.Context) *sdktrace.TracerProvider {
	var exporter sdktrace.SpanExporter
	var err error
	if isGRPC() {
		exporter, err = otlptracegrpc.New(ctx)
	} else {
		exporter, err = otlptracehttp.New(ctx)
	}
	must(err)
	return sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
}

func loggers(ctx context.Context) *sdklog.LoggerProvider {
	var exporter sdklog.Exporter
	var err error
	if isGRPC() {
		exporter, err = otlploggrpc.New(ctx)
	} else {
		exporter, err = otlploghttp.New(ctx)
	}
	must(err)
	return sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter)))
}

func meters(ctx context.Context) *sdkmetric.MeterProvider {
	var exporter sdkmetric.Exporter
	var err error
	if isGRPC() {
		exporter, err = otlpmetricgrpc.New(ctx)
	} else {
		exporter, err = otlpmetrichttp.New(ctx)
	}
	must(err)
	return sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter)))
}

func tellSpansAndLogs(ctx context.Context) {
	traces, logs := tracers(ctx), loggers(ctx)
	tracer := traces.Tracer("story", trace.WithInstrumentationVersion("1.0"))
	logger := logs.Logger("story", log.WithInstrumentationVersion("1.0"))

	_, earlier := tracer.Start(ctx, "earlier", trace.WithSpanKind(trace.SpanKindConsumer))
	earlier.End()
	inCheckout, checkout := tracer.Start(ctx, "POST /checkout",
		trace.WithSpanKind(trace.SpanKindServer),
		trace.WithLinks(trace.Link{
			SpanContext: earlier.SpanContext(),
			Attributes:  []attribute.KeyValue{attribute.String("reason", "again")},
		}),
		trace.WithAttributes(
			attribute.String("user", "Zoë 🦀 \"日本\"\n"),
			attribute.Int("items", 42),
			attribute.Int64("big", 1<<40),
			attribute.Float64("ratio", 0.1),
			attribute.Bool("vip", true),
			attribute.StringSlice("tags", []string{"a", "b"}),
		))
	checkout.AddEvent("cart loaded", trace.WithAttributes(attribute.Int("items", 3)))

	inCharge, charge := tracer.Start(inCheckout, "charge",
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("peer.service", "bank")))
	charge.RecordError(errors.New("no funds: ü"), trace.WithStackTrace(true))
	charge.SetStatus(codes.Error, "declined: ü")
	var declined log.Record
	declined.SetSeverity(log.SeverityError)
	declined.SetSeverityText("ERROR")
	declined.SetBody(attribute.StringValue("card declined für Zoë 🦀"))
	declined.AddAttributes(attribute.Int("attempt", 2))
	logger.Emit(inCharge, declined)
	charge.End()

	_, save := tracer.Start(inCheckout, "save")
	save.SetStatus(codes.Ok, "")
	save.End()
	checkout.End()
	var closing log.Record
	closing.SetSeverity(log.SeverityInfo)
	closing.SetSeverityText("INFO")
	closing.SetBody(attribute.StringValue("closing"))
	logger.Emit(ctx, closing)

	must(traces.Shutdown(ctx))
	must(logs.Shutdown(ctx))
	id := func(span trace.Span) string { return span.SpanContext().SpanID().String() }
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"trace":   checkout.SpanContext().TraceID().String(),
		"earlier": earlier.SpanContext().TraceID().String(),
		"spans": map[string]string{
			"earlier": id(earlier), "checkout": id(checkout), "charge": id(charge), "save": id(save),
		},
	}))
}

func tellMetrics(ctx context.Context) {
	provider := meters(ctx)
	meter := provider.Meter("story", metric.WithInstrumentationVersion("1.0"))
	orders, err := meter.Int64Counter("orders", metric.WithUnit("{order}"), metric.WithDescription("Orders taken"))
	must(err)
	eu, us := attribute.String("region", "eu"), attribute.String("region", "us")
	orders.Add(ctx, 3, metric.WithAttributes(eu))
	orders.Add(ctx, 2, metric.WithAttributes(us))
	latency, err := meter.Int64Histogram("latency", metric.WithUnit("ms"),
		metric.WithExplicitBucketBoundaries(10, 50, 90))
	must(err)
	for value := range int64(100) {
		latency.Record(ctx, value+1, metric.WithAttributes(eu))
	}
	queue, err := meter.Int64UpDownCounter("queue")
	must(err)
	queue.Add(ctx, 9)
	queue.Add(ctx, -2)
	must(provider.Shutdown(ctx))
}

func many(ctx context.Context, count int) {
	traces := tracers(ctx)
	tracer := traces.Tracer("many")
	fmt.Println("ready")
	_, err := bufio.NewReader(os.Stdin).ReadString('\n')
	must(err)
	for number := range count {
		_, span := tracer.Start(ctx, fmt.Sprintf("step %d", number))
		span.End()
	}
	must(traces.Shutdown(ctx))
}
