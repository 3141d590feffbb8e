//! Attributes in the words of the semantic conventions, by what a span does, plus those of the shop itself.
//! A span gets at least the profile's number of them; more become rarer the more there are.

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};

use crate::cast::{Protocol, Role};
use crate::chance::{Chance, Token};
use crate::fleet::{Fleet, Operation};
use crate::tree::{Node, Work};

pub(crate) fn text(key: &str, value: impl Into<String>) -> KeyValue {
    attribute(key, Value::StringValue(value.into()))
}

pub(crate) fn int(key: &str, value: i64) -> KeyValue {
    attribute(key, Value::IntValue(value))
}

pub(crate) fn real(key: &str, value: f64) -> KeyValue {
    attribute(key, Value::DoubleValue(value))
}

pub(crate) fn flag(key: &str, value: bool) -> KeyValue {
    attribute(key, Value::BoolValue(value))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

/// What all spans of a trace are about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Story {
    pub(crate) user: usize,
    pub(crate) order: Token,
    pub(crate) session: Token,
    pub(crate) sku: usize,
}

/// All that is known when a node is described.
pub(crate) struct Scene<'a> {
    pub(crate) fleet: &'a Fleet,
    pub(crate) story: &'a Story,
    pub(crate) node: &'a Node,
}

impl Scene<'_> {
    pub(crate) fn role(&self) -> &'static Role {
        self.fleet.services[self.node.service].role
    }

    pub(crate) fn operation(&self) -> &Operation {
        &self.fleet.services[self.node.service].operations[self.node.operation]
    }

    /// The name of the database that a statement of this service goes to.
    pub(crate) fn database(&self) -> &str {
        self.fleet.services[self.node.service].database.as_deref().unwrap_or_default()
    }

    /// The first word of a statement to the database.
    pub(crate) fn verb(&self) -> &'static str {
        statement("", self.node.operation).0
    }

    /// The Redis command an operation uses.
    pub(crate) fn command(&self) -> &'static str {
        ["GET", "GET", "SET", "HGETALL", "EXPIRE"][self.node.operation % 5]
    }

    fn table(&self) -> String {
        let nouns = self.role().nouns;
        nouns[self.node.operation % nouns.len()].to_lowercase()
    }

    pub(crate) fn attributes(&self, least: usize, most: usize, chance: &mut Chance) -> Vec<KeyValue> {
        let mut all = Vec::with_capacity(least + 4);
        match self.node.work {
            Work::Page => self.page(&mut all, chance),
            Work::Serve => self.serve(&mut all, chance),
            Work::Call { service, operation } => self.call(service, operation, &mut all, chance),
            Work::External(address) => self.external(address, &mut all, chance),
            Work::Statement => self.statement(&mut all, chance),
            Work::Cache => self.cache(&mut all, chance),
            Work::Publish(queue) => self.message(queue, "send", &mut all, chance),
            Work::Consume(queue) => self.message(queue, "process", &mut all, chance),
            Work::Job | Work::Inner => self.code(&mut all, chance),
        }
        if let Some(failure) = self.node.failure {
            all.push(text("error.type", failure.error_type()));
        }
        // Most spans stay at the least, so that the size of a span stays within its bounds.
        let wanted = least + if chance.hit(0.15) { chance.rank(most - least + 1) } else { 0 };
        self.shop(wanted, &mut all, chance);
        all
    }

    fn page(&self, all: &mut Vec<KeyValue>, chance: &mut Chance) {
        let route = &self.operation().route;
        all.push(text("url.full", format!("https://shop.example{}", filled(route, self.story))));
        all.push(text("http.route", route.as_str()));
        all.push(text("session.id", format!("ses-{}", self.story.session)));
        all.push(text("user_agent.original", *chance.pick(&USER_AGENTS)));
        all.push(text("enduser.id", format!("u{}", self.story.user)));
        all.push(int("browser.viewport.width", *chance.pick(&[390, 412, 1_440, 1_920])));
    }

    fn serve(&self, all: &mut Vec<KeyValue>, chance: &mut Chance) {
        let operation = self.operation();
        let address = self.fleet.pods[self.node.pod].address.as_str();
        if self.role().protocol == Protocol::Grpc {
            self.rpc(operation, all);
        } else {
            let failed = self.node.failure.map(|failure| failure.http_status());
            let status = failed.unwrap_or_else(|| fine_status(operation.method, chance));
            all.push(text("http.request.method", operation.method));
            all.push(text("http.route", operation.route.as_str()));
            all.push(int("http.response.status_code", status));
            all.push(text("url.path", filled(&operation.route, self.story)));
            all.push(text("url.scheme", "http"));
        }
        all.push(text("server.address", address));
        all.push(int("server.port", 8_080));
        all.push(text("client.address", format!("10.{}.{}.{}", 40, chance.rank(20), chance.rank(200))));
        self.thread(all, chance);
    }

    fn call(&self, service: usize, operation: usize, all: &mut Vec<KeyValue>, chance: &mut Chance) {
        let to = &self.fleet.services[service];
        let called = &to.operations[operation];
        if to.role.protocol == Protocol::Grpc {
            self.rpc(called, all);
            all.push(text("server.address", to.name.as_str()));
        } else {
            let failed = self.node.failure.map(|failure| failure.http_status());
            let path = filled(&called.route, self.story);
            all.push(text("http.request.method", called.method));
            all.push(int(
                "http.response.status_code",
                failed.unwrap_or_else(|| fine_status(called.method, chance)),
            ));
            all.push(text("url.full", format!("http://{}:8080{path}", to.name)));
            all.push(text("server.address", to.name.as_str()));
        }
        all.push(int("server.port", 8_080));
        let pod = to.pods.start + chance.below(to.pods.len());
        all.push(text("network.peer.address", self.fleet.pods[pod].address.as_str()));
        self.thread(all, chance);
    }

    fn rpc(&self, operation: &Operation, all: &mut Vec<KeyValue>) {
        all.push(text("rpc.system", "grpc"));
        all.push(text("rpc.service", operation.route.as_str()));
        all.push(text("rpc.method", operation.method));
        let status = self.node.failure.map_or(0, |failure| failure.grpc_status());
        all.push(int("rpc.grpc.status_code", status));
    }

    fn external(&self, address: &str, all: &mut Vec<KeyValue>, chance: &mut Chance) {
        all.push(text("http.request.method", "POST"));
        all.push(int(
            "http.response.status_code",
            self.node.failure.map_or(200, |failure| failure.http_status()),
        ));
        all.push(text("url.full", format!("https://{address}/v2/requests/req-{}", chance.token())));
        all.push(text("server.address", address));
        all.push(int("server.port", 443));
        all.push(int("http.request.resend_count", chance.rank(3) as i64));
        self.thread(all, chance);
    }

    fn statement(&self, all: &mut Vec<KeyValue>, chance: &mut Chance) {
        let table = self.table();
        let (operation, query) = statement(&table, self.node.operation);
        all.push(text("db.system.name", "postgresql"));
        all.push(text("db.namespace", self.database()));
        all.push(text("db.collection.name", table));
        all.push(text("db.operation.name", operation));
        all.push(text("db.query.text", query));
        all.push(text("server.address", format!("pg-{}.db", self.database())));
        all.push(int("server.port", 5_432));
        all.push(int("db.response.returned_rows", chance.rank(60) as i64));
        self.thread(all, chance);
    }

    fn cache(&self, all: &mut Vec<KeyValue>, chance: &mut Chance) {
        let command = self.command();
        let name = self.role().name;
        all.push(text("db.system.name", "redis"));
        all.push(text("db.namespace", "0"));
        all.push(text("db.operation.name", command));
        all.push(text("db.query.text", format!("{command} {name}:u{}", self.story.user)));
        all.push(text("server.address", "redis-shared"));
        all.push(int("server.port", 6_379));
        all.push(text("network.peer.address", "10.60.0.7"));
        all.push(flag("cache.hit", command == "GET" && chance.hit(0.9)));
        self.thread(all, chance);
    }

    fn message(&self, queue: usize, operation: &str, all: &mut Vec<KeyValue>, chance: &mut Chance) {
        let queue = &self.fleet.queues[queue];
        all.push(text("messaging.system", queue.system));
        all.push(text("messaging.operation.type", operation));
        all.push(text("messaging.operation.name", operation));
        all.push(text("messaging.destination.name", queue.name.as_str()));
        all.push(text("messaging.message.id", format!("msg-{}", chance.token())));
        all.push(int("messaging.message.body.size", 200 + chance.rank(900) as i64));
        if queue.system == "kafka" {
            all.push(text("messaging.destination.partition.id", chance.below(12).to_string()));
            all.push(int("messaging.kafka.offset", chance.between(1_000_000, 9_000_000)));
        } else {
            all.push(text("messaging.rabbitmq.destination.routing_key", queue.name.as_str()));
        }
        if operation == "process" {
            all.push(text("messaging.consumer.group.name", self.role().name));
        }
        all.push(text("server.address", if queue.system == "kafka" { "kafka-0.kafka" } else { "rabbit" }));
        self.thread(all, chance);
    }

    fn code(&self, all: &mut Vec<KeyValue>, chance: &mut Chance) {
        let noun = self.role().nouns[self.node.operation % self.role().nouns.len()];
        let function = *chance.pick(&INNER);
        all.push(text("code.function.name", format!("shop.{}.{noun}.{function}", self.role().name)));
        all.push(text("code.file.path", format!("src/{}/{noun}", self.role().name)));
        all.push(int("code.line.number", 20 + 17 * (self.node.operation as i64 + 1)));
        self.thread(all, chance);
    }

    fn thread(&self, all: &mut Vec<KeyValue>, chance: &mut Chance) {
        if self.role().language == "webjs" {
            return all.push(text("session.id", format!("ses-{}", self.story.session)));
        }
        let thread = chance.rank(48) as i64;
        all.push(int("thread.id", 20 + thread));
        all.push(text("thread.name", format!("worker-{thread}")));
    }

    /// Fills up with the shop's own attributes, in a fixed order of keys from a start that the operation
    /// decides: the same operation mostly carries the same keys.
    fn shop(&self, wanted: usize, all: &mut Vec<KeyValue>, chance: &mut Chance) {
        if all.len() < wanted && self.node.work == Work::Serve {
            all.push(text("user.id", format!("u{}", self.story.user)));
        }
        if all.len() < wanted && matches!(self.node.work, Work::Serve | Work::Consume(_)) {
            all.push(text("app.order.id", format!("ord-{}", self.story.order)));
        }
        let missing = wanted.saturating_sub(all.len()).min(SHOP_KEYS.len());
        let first = self.node.service * 5 + self.node.operation;
        for index in 0..missing {
            let (key, kind) = &SHOP_KEYS[(first + index) % SHOP_KEYS.len()];
            all.push(match kind {
                Kind::Word(words) => text(key, words[chance.rank(words.len())]),
                Kind::Count(end) => int(key, chance.rank(*end) as i64),
                Kind::Money => real(key, chance.rank(20_000) as f64 / 100.0),
                Kind::Flag => flag(key, chance.hit(0.9)),
            });
        }
    }
}

/// A route with its variable part filled in.
fn filled(route: &str, story: &Story) -> String {
    if route.contains("order") || route.contains("checkout") {
        return route.replace("{id}", &format!("ord-{}", story.order));
    }
    route.replace("{id}", &format!("{}", 10_000 + story.sku))
}

fn fine_status(method: &str, chance: &mut Chance) -> i64 {
    match method {
        "POST" => 201,
        "DELETE" => 204,
        _ if chance.hit(0.03) => 404,
        _ => 200,
    }
}

fn statement(table: &str, operation: usize) -> (&'static str, String) {
    match operation % 7 {
        2 | 6 => ("INSERT", format!("INSERT INTO {table} (id, owner, state) VALUES ($1, $2, $3)")),
        3 => ("UPDATE", format!("UPDATE {table} SET state = $1, changed = now() WHERE id = $2")),
        4 => ("DELETE", format!("DELETE FROM {table} WHERE id = $1")),
        _ => ("SELECT", format!("SELECT * FROM {table} WHERE id = $1 LIMIT $2")),
    }
}

pub(crate) const INNER: [&str; 8] =
    ["validate", "render", "price", "map", "authorize", "serialize", "assemble", "compress"];

const USER_AGENTS: [&str; 5] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1) Safari/605.1",
    "Mozilla/5.0 (Linux; Android 16) Chrome/142.0 Mobile",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_6) Safari/605.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Firefox/145.0",
];

enum Kind {
    Word(&'static [&'static str]),
    Count(usize),
    Money,
    Flag,
}

const SHOP_KEYS: [(&str, Kind); 34] = [
    ("app.currency", Kind::Word(&["EUR", "GBP", "PLN", "CHF", "SEK"])),
    ("app.items", Kind::Count(40)),
    ("app.country", Kind::Word(&["DE", "GB", "FR", "PL", "AT", "CH", "SE", "NL"])),
    ("app.total", Kind::Money),
    ("app.channel", Kind::Word(&["web", "ios", "android", "partner"])),
    ("app.premium", Kind::Flag),
    ("app.attempt", Kind::Count(4)),
    ("app.sku", Kind::Count(50_000)),
    ("app.flag.fast_path", Kind::Flag),
    ("app.region", Kind::Word(&["eu-central", "eu-west", "eu-north"])),
    ("app.batch", Kind::Count(500)),
    ("app.coupon", Kind::Word(&["none", "WELCOME", "SPRING", "VIP"])),
    ("app.bytes", Kind::Count(60_000)),
    ("app.tier", Kind::Word(&["basic", "silver", "gold"])),
    ("app.shard", Kind::Count(64)),
    ("app.cached", Kind::Flag),
    ("app.weight", Kind::Money),
    ("app.carrier", Kind::Word(&["parcel-one", "swift", "postal", "pickup"])),
    ("app.queue.depth", Kind::Count(300)),
    ("app.schema", Kind::Word(&["v3", "v2", "v4"])),
    ("app.stock", Kind::Count(900)),
    ("app.gift", Kind::Flag),
    ("app.model", Kind::Word(&["popular", "similar", "bought-together"])),
    ("app.discount", Kind::Money),
    ("app.results", Kind::Count(200)),
    ("app.locale", Kind::Word(&["de", "en", "fr", "pl"])),
    ("app.slot", Kind::Count(24)),
    ("app.experiment", Kind::Word(&["control", "b", "c"])),
    ("app.retries", Kind::Count(3)),
    ("app.score", Kind::Money),
    ("app.pages", Kind::Count(30)),
    ("app.method", Kind::Word(&["card", "transfer", "wallet", "invoice"])),
    ("app.warm", Kind::Flag),
    ("app.points", Kind::Count(5_000)),
];
