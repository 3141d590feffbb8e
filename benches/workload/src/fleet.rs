//! The running copies of the cast: a number of cells, in each the services with their operations and pods,
//! wired by name. Once built it never changes.

use opentelemetry_proto::tonic::resource::v1::Resource;

use crate::Profile;
use crate::attribute::{int, text};
use crate::cast::{CAST, Protocol, RABBIT, Role};
use crate::chance::Chance;

#[derive(Debug)]
pub struct Fleet {
    pub services: Vec<Service>,
    pub queues: Vec<Queue>,
    pub pods: Vec<Pod>,
}

#[derive(Debug)]
pub struct Service {
    pub name: String,
    pub role: &'static Role,
    pub operations: Vec<Operation>,
    /// Positions of the services it calls, the one it calls most first.
    pub calls: Vec<usize>,
    /// Positions of the queues it fills.
    pub publishes: Vec<usize>,
    /// Positions of its pods; the last one is the staging environment if there are three or more.
    pub pods: std::ops::Range<usize>,
    /// Name of its database.
    pub database: Option<String>,
}

#[derive(Debug)]
pub struct Operation {
    /// The span name of its server side.
    pub name: String,
    pub method: &'static str,
    /// The HTTP route, or the RPC service.
    pub route: String,
}

#[derive(Debug)]
pub struct Queue {
    pub name: String,
    pub system: &'static str,
    /// Positions of the services that empty it.
    pub subscribers: Vec<usize>,
}

#[derive(Debug)]
pub struct Pod {
    pub service: usize,
    pub name: String,
    pub address: String,
    pub resource: Resource,
    /// How far its clock is off.
    pub skew: i64,
}

impl Fleet {
    pub(crate) fn new(profile: &Profile, chance: &mut Chance) -> Self {
        let mut fleet = Self { services: Vec::new(), queues: Vec::new(), pods: Vec::new() };
        for position in 0..profile.services.max(2) {
            fleet.open(position, profile, chance);
        }
        for position in 0..fleet.services.len() {
            fleet.wire(position);
        }
        fleet
    }

    pub fn service_of(&self, pod: usize) -> &Service {
        &self.services[self.pods[pod].service]
    }

    /// A pod of a service in the wanted environment.
    pub(crate) fn pod(&self, service: usize, staging: bool, chance: &mut Chance) -> usize {
        let pods = &self.services[service].pods;
        match pods.len() {
            0..3 => pods.start + chance.below(pods.len()),
            _ if staging => pods.end - 1,
            many => pods.start + chance.below(many - 1),
        }
    }

    fn open(&mut self, position: usize, profile: &Profile, chance: &mut Chance) {
        let role = &CAST[position % CAST.len()];
        let cell = position / CAST.len();
        let name = named(role.name, cell);
        let first = self.pods.len();
        for index in 0..profile.pods.max(1) {
            let staging = profile.pods >= 3 && index + 1 == profile.pods;
            let skew = if profile.skew > 0 { chance.between(-profile.skew, profile.skew) } else { 0 };
            let pod = Running { position, role, name: &name, index, staging }.pod(skew, chance);
            self.pods.push(pod);
        }
        self.services.push(Service {
            role,
            operations: (0..profile.operations.max(1)).map(|index| Operation::of(role, index)).collect(),
            calls: Vec::new(),
            publishes: Vec::new(),
            pods: first..self.pods.len(),
            database: role.sql.map(|database| named(database, cell)),
            name,
        });
    }

    fn wire(&mut self, position: usize) {
        let role = self.services[position].role;
        let cell = position / CAST.len();
        let called = role.calls.iter().map(|name| named(name, cell));
        let calls = called.filter_map(|name| self.services.iter().position(|to| to.name == name)).collect();
        let publishes = role.publishes.iter().map(|name| self.queue(name, cell)).collect();
        for name in role.consumes {
            let queue = self.queue(name, cell);
            self.queues[queue].subscribers.push(position);
        }
        self.services[position].calls = calls;
        self.services[position].publishes = publishes;
    }

    fn queue(&mut self, name: &str, cell: usize) -> usize {
        let system = if RABBIT.contains(&name) { "rabbitmq" } else { "kafka" };
        let name = named(name, cell);
        self.queues.iter().position(|queue| queue.name == name).unwrap_or_else(|| {
            self.queues.push(Queue { name, system, subscribers: Vec::new() });
            self.queues.len() - 1
        })
    }
}

impl Operation {
    fn of(role: &Role, index: usize) -> Self {
        const VERBS: [(&str, &str, &str); 7] = [
            ("GET", "", "List"),
            ("GET", "/{id}", "Get"),
            ("POST", "", "Create"),
            ("PUT", "/{id}", "Replace"),
            ("DELETE", "/{id}", "Delete"),
            ("GET", "/{id}/history", "History"),
            ("POST", "/{id}/confirm", "Confirm"),
        ];
        let (method, path, call) = VERBS[index % VERBS.len()];
        let noun = role.nouns[index / VERBS.len() % role.nouns.len()];
        let version = 1 + index / (VERBS.len() * role.nouns.len());
        match role.protocol {
            Protocol::Grpc => {
                let route = format!("shop.{}.v{version}.{noun}Service", role.name.replace('-', "_"));
                Self { name: format!("{route}/{call}{noun}"), method: call, route }
            }
            Protocol::Browser => {
                let design = if version == 1 { String::new() } else { format!("/v{version}") };
                let route = format!("{design}/{noun}{path}");
                Self { name: format!("{} {route}", call.to_lowercase()), method, route }
            }
            Protocol::Http => {
                let route = format!("/api/v{version}/{noun}{path}");
                Self { name: format!("{method} {route}"), method, route }
            }
        }
    }
}

/// One copy of a service about to start.
struct Running<'a> {
    position: usize,
    role: &'static Role,
    name: &'a str,
    index: usize,
    staging: bool,
}

impl Running<'_> {
    fn pod(&self, skew: i64, chance: &mut Chance) -> Pod {
        let set = chance.token().0;
        let name = format!("{}-{:08x}-{:05x}", self.name, set >> 16, set & 0xf_ffff);
        let address = format!("10.{}.{}.{}", 40 + self.position / 250, self.position % 250, 10 + self.index);
        let resource = if self.role.protocol == Protocol::Browser {
            self.browser(&name)
        } else {
            self.container(&name, &address, chance)
        };
        Pod { service: self.position, name, address, resource, skew }
    }

    fn environment(&self) -> &'static str {
        if self.staging { "staging" } else { "production" }
    }

    /// The first copy already runs the next version.
    fn version(&self) -> String {
        let minor = self.position % 7;
        if self.index == 0 && !self.staging { format!("1.{}.0", minor + 1) } else { format!("1.{minor}.4") }
    }

    fn browser(&self, name: &str) -> Resource {
        const PLATFORMS: [&str; 5] = ["Windows", "Android", "iOS", "macOS", "Linux"];
        const LANGUAGES: [&str; 4] = ["de-DE", "en-GB", "fr-FR", "pl-PL"];
        resource(vec![
            text("service.name", self.name),
            text("service.namespace", self.role.namespace),
            text("service.version", self.version()),
            text("service.instance.id", name),
            text("deployment.environment.name", self.environment()),
            text("browser.platform", PLATFORMS[self.index % PLATFORMS.len()]),
            text("browser.language", LANGUAGES[self.index % LANGUAGES.len()]),
            text("telemetry.sdk.name", "opentelemetry"),
            text("telemetry.sdk.language", self.role.language),
            text("telemetry.sdk.version", "2.6.0"),
        ])
    }

    fn container(&self, name: &str, address: &str, chance: &mut Chance) -> Resource {
        let node = (self.position * 7 + self.index) % 12;
        let cluster = if self.staging { "eu-staging" } else { "eu-1" };
        resource(vec![
            text("service.name", self.name),
            text("service.namespace", self.role.namespace),
            text("service.version", self.version()),
            text("service.instance.id", name),
            text("deployment.environment.name", self.environment()),
            text("k8s.cluster.name", cluster),
            text("k8s.namespace.name", self.role.namespace),
            text("k8s.pod.name", name),
            text("k8s.node.name", format!("node-{node:02}")),
            text("host.name", address),
            text("telemetry.sdk.name", "opentelemetry"),
            text("telemetry.sdk.language", self.role.language),
            text("telemetry.sdk.version", "1.58.0"),
            int("process.pid", chance.between(1, 400)),
        ])
    }
}

fn resource(attributes: Vec<opentelemetry_proto::tonic::common::v1::KeyValue>) -> Resource {
    Resource { attributes, ..Resource::default() }
}

/// The first cell has the plain names.
fn named(name: &str, cell: usize) -> String {
    if cell == 0 { name.to_owned() } else { format!("{name}-c{cell}") }
}
