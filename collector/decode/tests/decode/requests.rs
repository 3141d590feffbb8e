//! Random requests of generated message types, with all that senders get wrong in them.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint, exemplar,
    number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::rows::RECEIVED;

const KEYS: [&str; 24] = [
    "a",
    "b",
    "$c",
    "http.route",
    "peer.service",
    "service.peer.name",
    "db.namespace",
    "db.name",
    "rpc.service",
    "messaging.destination.name",
    "server.address",
    "server.port",
    "network.peer.address",
    "network.peer.port",
    "db.system",
    "db.system.name",
    "service.name",
    "service.namespace",
    "service.version",
    "service.instance.id",
    "host.name",
    "k8s.pod.name",
    "deployment.environment",
    "deployment.environment.name",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![select(vec!["", "x", "GET /cart", "ot=th:8", "$"]).prop_map(str::to_owned), any::<String>()]
}

fn any_value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        Just(None),
        text().prop_map(|value| Some(Value::StringValue(value))),
        any::<bool>().prop_map(|value| Some(Value::BoolValue(value))),
        any::<i64>().prop_map(|value| Some(Value::IntValue(value))),
        prop_oneof![
            any::<f64>(),
            select(vec![1.0, -0.0, 1e16, 1e-7, f64::NAN, f64::INFINITY, f64::NEG_INFINITY])
        ]
        .prop_map(|value| Some(Value::DoubleValue(value))),
        vec(any::<u8>(), 0..5).prop_map(|value| Some(Value::BytesValue(value))),
    ]
    .prop_map(|value| AnyValue { value });
    leaf.prop_recursive(4, 12, 4, |inner| {
        let entry = (select(&KEYS[..3]), of(inner.clone()));
        let entry = entry.prop_map(|(key, value)| KeyValue { key: key.into(), value, ..Default::default() });
        prop_oneof![
            vec(inner, 0..4).prop_map(|values| Value::ArrayValue(ArrayValue { values })),
            vec(entry, 0..4).prop_map(|values| Value::KvlistValue(KeyValueList { values })),
        ]
        .prop_map(|value| AnyValue { value: Some(value) })
    })
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let key = prop_oneof![4 => select(&KEYS[..]).prop_map(str::to_owned), 1 => text()];
    vec((key, of(any_value())).prop_map(|(key, value)| KeyValue { key, value, ..Default::default() }), 0..6)
}

fn id(length: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![12 => vec(any::<u8>(), length), 1 => Just(vec![0; length]), 1 => vec(any::<u8>(), 0..20)]
}

fn time() -> impl Strategy<Value = u64> {
    let received = RECEIVED as u64;
    prop_oneof![
        8 => received - 5_000_000_000..received,
        1 => select(vec![0, 1, received + 600_000_000_000, received + 600_000_000_001, u64::MAX]),
        1 => any::<u64>(),
    ]
}

fn resource() -> impl Strategy<Value = Option<Resource>> {
    of(attributes().prop_map(|attributes| Resource { attributes, ..Default::default() }))
}

fn scope() -> impl Strategy<Value = Option<InstrumentationScope>> {
    of((text(), text(), attributes()).prop_map(|(name, version, attributes)| InstrumentationScope {
        name,
        version,
        attributes,
        dropped_attributes_count: 3,
    }))
}

fn event() -> impl Strategy<Value = Event> {
    (time(), text(), attributes()).prop_map(|(time_unix_nano, name, attributes)| Event {
        time_unix_nano,
        name,
        attributes,
        dropped_attributes_count: 1,
    })
}

fn link() -> impl Strategy<Value = Link> {
    (id(16), id(8), text(), attributes()).prop_map(|(trace_id, span_id, trace_state, attributes)| Link {
        trace_id,
        span_id,
        trace_state,
        attributes,
        dropped_attributes_count: 1,
        flags: 1,
    })
}

fn span() -> impl Strategy<Value = Span> {
    let ids = (id(16), id(8), prop_oneof![Just(Vec::new()), id(8)]);
    let lists = (attributes(), vec(event(), 0..3), vec(link(), 0..3));
    let status = of((text(), -1..4).prop_map(|(message, code)| Status { message, code }));
    let rest = (text(), text(), -1..7, time(), time(), any::<u32>(), any::<[u32; 3]>());
    (ids, lists, status, rest).prop_map(|(ids, lists, status, rest)| Span {
        trace_id: ids.0,
        span_id: ids.1,
        parent_span_id: ids.2,
        attributes: lists.0,
        events: lists.1,
        links: lists.2,
        status,
        trace_state: rest.0,
        name: rest.1,
        kind: rest.2,
        start_time_unix_nano: rest.3,
        end_time_unix_nano: rest.4,
        flags: rest.5,
        dropped_attributes_count: rest.6[0],
        dropped_events_count: rest.6[1],
        dropped_links_count: rest.6[2],
    })
}

pub(crate) fn traces() -> impl Strategy<Value = ExportTraceServiceRequest> {
    let scope_spans = (scope(), vec(span(), 0..4), text());
    let scope_spans =
        scope_spans.prop_map(|(scope, spans, schema_url)| ScopeSpans { scope, spans, schema_url });
    let resource_spans = (resource(), vec(scope_spans, 0..3), text());
    let resource_spans = resource_spans.prop_map(|(resource, scope_spans, schema_url)| ResourceSpans {
        resource,
        scope_spans,
        schema_url,
    });
    vec(resource_spans, 0..3).prop_map(|resource_spans| ExportTraceServiceRequest { resource_spans })
}

fn log_record() -> impl Strategy<Value = LogRecord> {
    let severity =
        (-1..26, prop_oneof![select(vec!["", "warn", "Error3", "FATAL "]).prop_map(str::to_owned), text()]);
    let ids = (prop_oneof![Just(Vec::new()), id(16)], prop_oneof![Just(Vec::new()), id(8)]);
    let rest = (time(), prop_oneof![Just(0), time()], of(any_value()), attributes(), any::<u32>(), text());
    (severity, ids, rest).prop_map(|(severity, ids, rest)| LogRecord {
        severity_number: severity.0,
        severity_text: severity.1,
        trace_id: ids.0,
        span_id: ids.1,
        time_unix_nano: rest.0,
        observed_time_unix_nano: rest.1,
        body: rest.2,
        attributes: rest.3,
        flags: rest.4,
        dropped_attributes_count: 7,
        event_name: rest.5,
    })
}

pub(crate) fn logs() -> impl Strategy<Value = ExportLogsServiceRequest> {
    let scope_logs = (scope(), vec(log_record(), 0..4), text());
    let scope_logs =
        scope_logs.prop_map(|(scope, log_records, schema_url)| ScopeLogs { scope, log_records, schema_url });
    let resource_logs = (resource(), vec(scope_logs, 0..3), text());
    let resource_logs = resource_logs.prop_map(|(resource, scope_logs, schema_url)| ResourceLogs {
        resource,
        scope_logs,
        schema_url,
    });
    vec(resource_logs, 0..3).prop_map(|resource_logs| ExportLogsServiceRequest { resource_logs })
}

fn exemplar() -> impl Strategy<Value = Exemplar> {
    let value = prop_oneof![
        any::<f64>().prop_map(exemplar::Value::AsDouble),
        any::<i64>().prop_map(exemplar::Value::AsInt),
    ];
    (attributes(), time(), id(8), id(16), of(value)).prop_map(
        |(filtered_attributes, time, span_id, trace_id, value)| Exemplar {
            filtered_attributes,
            time_unix_nano: time,
            span_id,
            trace_id,
            value,
        },
    )
}

fn number_point() -> impl Strategy<Value = NumberDataPoint> {
    let value = prop_oneof![
        any::<f64>().prop_map(number_data_point::Value::AsDouble),
        any::<i64>().prop_map(number_data_point::Value::AsInt),
    ];
    (attributes(), time(), time(), vec(exemplar(), 0..2), 0..4_u32, of(value)).prop_map(
        |(attributes, start, time, exemplars, flags, value)| NumberDataPoint {
            attributes,
            start_time_unix_nano: start,
            time_unix_nano: time,
            exemplars,
            flags,
            value,
        },
    )
}

fn histogram_point() -> impl Strategy<Value = HistogramDataPoint> {
    let summed = (any::<u64>(), of(any::<f64>()), of(any::<f64>()), of(any::<f64>()));
    let lists = (vec(any::<u64>(), 0..4), vec(any::<f64>(), 0..3));
    (attributes(), time(), time(), vec(exemplar(), 0..2), 0..4_u32, summed, lists).prop_map(
        |(attributes, start, time, exemplars, flags, summed, lists)| HistogramDataPoint {
            attributes,
            start_time_unix_nano: start,
            time_unix_nano: time,
            exemplars,
            flags,
            count: summed.0,
            sum: summed.1,
            min: summed.2,
            max: summed.3,
            bucket_counts: lists.0,
            explicit_bounds: lists.1,
        },
    )
}

fn buckets() -> impl Strategy<Value = Option<Buckets>> {
    of((any::<i32>(), vec(any::<u64>(), 0..4))
        .prop_map(|(offset, bucket_counts)| Buckets { offset, bucket_counts }))
}

fn exp_histogram_point() -> impl Strategy<Value = ExponentialHistogramDataPoint> {
    let summed = (any::<u64>(), of(any::<f64>()), of(any::<f64>()), of(any::<f64>()));
    let rest = (any::<i32>(), any::<u64>(), any::<f64>(), buckets(), buckets());
    (attributes(), time(), time(), vec(exemplar(), 0..2), 0..4_u32, summed, rest).prop_map(
        |(attributes, start, time, exemplars, flags, summed, rest)| ExponentialHistogramDataPoint {
            attributes,
            start_time_unix_nano: start,
            time_unix_nano: time,
            exemplars,
            flags,
            count: summed.0,
            sum: summed.1,
            min: summed.2,
            max: summed.3,
            scale: rest.0,
            zero_count: rest.1,
            zero_threshold: rest.2,
            positive: rest.3,
            negative: rest.4,
        },
    )
}

fn summary_point() -> impl Strategy<Value = SummaryDataPoint> {
    let quantile =
        (any::<f64>(), any::<f64>()).prop_map(|(quantile, value)| ValueAtQuantile { quantile, value });
    (attributes(), time(), time(), 0..4_u32, any::<u64>(), any::<f64>(), vec(quantile, 0..3)).prop_map(
        |(attributes, start, time, flags, count, sum, quantile_values)| SummaryDataPoint {
            attributes,
            start_time_unix_nano: start,
            time_unix_nano: time,
            flags,
            count,
            sum,
            quantile_values,
        },
    )
}

fn data() -> impl Strategy<Value = Data> {
    let (temporality, monotonic) = (-1..4, any::<bool>());
    prop_oneof![
        vec(number_point(), 0..3).prop_map(|data_points| Data::Gauge(Gauge { data_points })),
        (vec(number_point(), 0..3), temporality.clone(), monotonic).prop_map(
            |(data_points, temporality, monotonic)| {
                Data::Sum(Sum { data_points, aggregation_temporality: temporality, is_monotonic: monotonic })
            }
        ),
        (vec(histogram_point(), 0..3), temporality.clone()).prop_map(|(data_points, temporality)| {
            Data::Histogram(Histogram { data_points, aggregation_temporality: temporality })
        }),
        (vec(exp_histogram_point(), 0..3), temporality).prop_map(|(data_points, temporality)| {
            Data::ExponentialHistogram(ExponentialHistogram {
                data_points,
                aggregation_temporality: temporality,
            })
        }),
        vec(summary_point(), 0..3).prop_map(|data_points| Data::Summary(Summary { data_points })),
    ]
}

pub(crate) fn metrics() -> impl Strategy<Value = ExportMetricsServiceRequest> {
    let metric = (text(), text(), text(), of(data()));
    let metric = metric.prop_map(|(name, description, unit, data)| Metric {
        name,
        description,
        unit,
        data,
        ..Default::default()
    });
    let scope_metrics = (scope(), vec(metric, 0..3), text());
    let scope_metrics =
        scope_metrics.prop_map(|(scope, metrics, schema_url)| ScopeMetrics { scope, metrics, schema_url });
    let resource_metrics = (resource(), vec(scope_metrics, 0..2), text());
    let resource_metrics = resource_metrics.prop_map(|(resource, scope_metrics, schema_url)| {
        ResourceMetrics { resource, scope_metrics, schema_url }
    });
    vec(resource_metrics, 0..2).prop_map(|resource_metrics| ExportMetricsServiceRequest { resource_metrics })
}
