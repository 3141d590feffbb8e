//! The sums of `red`, `red_instances` and `edges` as plain code makes them of the rows of `spans`.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use crate::place::Place;

/// By key: count, errors, sum of durations; of edges the sums of both halves.
pub(crate) type Sums = BTreeMap<Vec<String>, Vec<u64>>;

const SPANS: &str = "SELECT hex(trace_id), hex(span_id), hex(parent_span_id), service, namespace, env, version, \
    instance, name, kind, start, duration_ns, status, peer, \
    coalesce(attr('http.response.status_code'), attr('http.status_code')), attr('rpc.grpc.status_code'), \
    attr('db.system.name') IS NOT NULL, attr('messaging.destination.name') IS NOT NULL FROM spans";

#[derive(Debug)]
struct Span {
    key: (String, String),
    parent: Option<(String, String)>,
    /// service, namespace, env, version, instance
    owner: [String; 5],
    name: String,
    kind: String,
    start: i64,
    duration: u64,
    status: String,
    peer: Option<String>,
    class: String,
    target: &'static str,
}

impl Span {
    fn of(row: &[Value]) -> Self {
        let text = |at: usize| row[at].as_str().map(str::to_owned);
        let or_null = |at: usize| text(at).unwrap_or_else(|| "null".into());
        let trace = or_null(0);
        let class = match (text(14), text(15)) {
            (Some(code), _) => format!("{}xx", code.parse::<u16>().unwrap() / 100),
            (None, Some(code)) => format!("grpc_{code}"),
            (None, None) => or_null(12),
        };
        let target = match (row[16] == true, row[17] == true) {
            (true, _) => "database",
            (false, true) => "queue",
            _ => "external",
        };
        Self {
            key: (trace.clone(), or_null(1)),
            parent: text(2).map(|id| (trace, id)),
            owner: [3, 4, 5, 6, 7].map(or_null),
            name: or_null(8),
            kind: or_null(9),
            start: or_null(10).parse().unwrap(),
            duration: row[11].as_u64().unwrap(),
            status: or_null(12),
            peer: text(13),
            class,
            target,
        }
    }

    fn bucket(&self, seconds: i64) -> String {
        (self.start.div_euclid(seconds * 1_000_000_000) * seconds * 1_000_000_000).to_string()
    }

    fn failed(&self) -> u64 {
        u64::from(self.status == "error")
    }
}

/// What plain code makes of the spans.
pub(crate) struct Plain {
    pub(crate) red: Sums,
    pub(crate) instances: Sums,
    pub(crate) edges: Sums,
    /// Durations of the entry spans of each service.
    pub(crate) durations: BTreeMap<String, Vec<u64>>,
}

fn add(sums: &mut Sums, key: &[&str], values: &[u64]) {
    let sum =
        sums.entry(key.iter().map(ToString::to_string).collect()).or_insert_with(|| vec![0; values.len()]);
    sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

pub(crate) async fn plain(place: &Place) -> Plain {
    let rows = place.rows(SPANS).await;
    let spans: Vec<Span> = rows.iter().map(|row| Span::of(row)).collect();
    let by_key: HashMap<_, _> = spans.iter().map(|span| (&span.key, span)).collect();
    let caller = |span: &Span| {
        let parent: Option<&&Span> = span.parent.as_ref().and_then(|key| by_key.get(key));
        parent.filter(|parent| parent.owner[0] != span.owner[0]).copied()
    };
    let answered: HashSet<_> = spans.iter().filter_map(caller).map(|caller| &caller.key).collect();
    let mut plain =
        Plain { red: Sums::new(), instances: Sums::new(), edges: Sums::new(), durations: BTreeMap::new() };
    for span in &spans {
        let is_lost = span.parent.as_ref().is_some_and(|key| !by_key.contains_key(key));
        let is_entry = matches!(span.kind.as_str(), "server" | "consumer")
            || span.parent.is_none()
            || caller(span).is_some()
            || (is_lost && span.kind == "unspecified");
        let values = [1, span.failed(), span.duration];
        let [service, namespace, env, version, instance] = span.owner.each_ref().map(String::as_str);
        let (peer, entry) = (span.peer.as_deref().unwrap_or("null"), is_entry.to_string());
        let key = [
            &span.bucket(10),
            service,
            namespace,
            env,
            version,
            &span.name,
            &span.kind,
            &entry,
            &span.class,
            peer,
        ];
        add(&mut plain.red, &key, &values);
        if is_entry {
            let key = [&span.bucket(60), service, namespace, env, instance, version];
            add(&mut plain.instances, &key, &values);
            plain.durations.entry(service.to_owned()).or_default().push(span.duration);
        }
        let bucket = span.bucket(10);
        let mut call = |halves: [&str; 4], namespace: &str, values: &[u64; 4]| {
            let [client, server, kind, link] = halves;
            add(&mut plain.edges, &[&bucket, client, server, kind, link, &span.name, namespace, env], values);
        };
        if let Some(caller) = caller(span) {
            let is_message = span.kind == "consumer" || caller.kind == "producer";
            let link = if is_message { "messaging" } else { "call" };
            let halves = [caller.owner[0].as_str(), service, "service", link];
            call(halves, namespace, &[1, span.failed(), caller.duration, span.duration]);
        } else if span.parent.is_none() && span.kind == "server" {
            call(["user", service, "service", "call"], namespace, &[1, span.failed(), 0, span.duration]);
        }
        let is_call = matches!(span.kind.as_str(), "client" | "producer");
        if let (true, Some(peer)) =
            (is_call && (span.target == "database" || !answered.contains(&span.key)), &span.peer)
        {
            let is_message = span.kind == "producer" || span.target == "queue";
            let link = if is_message { "messaging" } else { "call" };
            call([service, peer, span.target, link], "null", &[1, span.failed(), span.duration, 0]);
        }
    }
    plain
}
