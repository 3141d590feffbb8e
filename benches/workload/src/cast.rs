//! Who works in the shop. A role is what a service is, whatever the number of its copies: its language, what
//! it serves, what it keeps where, whom it calls and which queues it fills and empties.

/// How other services speak to a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// In a person's browser: it calls, nobody calls it.
    Browser,
    Http,
    Grpc,
}

#[derive(Debug)]
pub struct Role {
    pub name: &'static str,
    pub namespace: &'static str,
    pub language: &'static str,
    pub protocol: Protocol,
    /// What its operations are about.
    pub nouns: &'static [&'static str],
    /// Roles it calls, the one it calls most first.
    pub calls: &'static [&'static str],
    /// Its PostgreSQL database.
    pub sql: Option<&'static str>,
    /// Whether it keeps things in Redis.
    pub cache: bool,
    /// Someone else's address it calls.
    pub external: Option<&'static str>,
    pub publishes: &'static [&'static str],
    pub consumes: &'static [&'static str],
}

/// A role that serves HTTP and keeps nothing, to spell only what differs.
const PLAIN: Role = Role {
    name: "",
    namespace: "shop",
    language: "java",
    protocol: Protocol::Http,
    nouns: &[],
    calls: &[],
    sql: None,
    cache: false,
    external: None,
    publishes: &[],
    consumes: &[],
};

/// Queues of RabbitMQ; all others are topics of Kafka.
pub(crate) const RABBIT: [&str; 2] = ["payments.settled", "shipments.created"];

pub(crate) const WEB: usize = 0;
pub(crate) const GATEWAY: usize = 1;

/// In the order in which a smaller shop takes them on.
pub(crate) const CAST: [Role; 20] = [
    Role {
        name: "web",
        namespace: "storefront",
        language: "webjs",
        protocol: Protocol::Browser,
        nouns: &["home", "product", "basket"],
        calls: &["gateway"],
        ..PLAIN
    },
    Role {
        name: "gateway",
        namespace: "storefront",
        nouns: &["checkout", "products", "carts"],
        calls: &["checkout", "catalog", "search", "cart", "order", "account", "recommendation", "review"],
        ..PLAIN
    },
    Role {
        name: "checkout",
        nouns: &["checkouts", "vouchers"],
        calls: &["payment", "order", "cart", "inventory", "pricing", "account", "tax"],
        cache: true,
        ..PLAIN
    },
    Role {
        name: "order",
        nouns: &["orders", "returns"],
        calls: &["inventory"],
        sql: Some("orders"),
        publishes: &["orders.placed"],
        ..PLAIN
    },
    Role {
        name: "payment",
        namespace: "money",
        protocol: Protocol::Grpc,
        nouns: &["Payment", "Refund"],
        calls: &["bank-adapter", "fraud"],
        sql: Some("payments"),
        publishes: &["payments.settled"],
        ..PLAIN
    },
    Role {
        name: "bank-adapter",
        namespace: "money",
        language: "go",
        nouns: &["authorizations", "captures"],
        cache: true,
        external: Some("api.bank.example"),
        ..PLAIN
    },
    Role {
        name: "inventory",
        language: "go",
        protocol: Protocol::Grpc,
        nouns: &["Stock", "Reservation"],
        sql: Some("inventory"),
        cache: true,
        ..PLAIN
    },
    Role {
        name: "catalog",
        language: "nodejs",
        nouns: &["products", "categories"],
        calls: &["pricing", "review"],
        sql: Some("catalog"),
        cache: true,
        ..PLAIN
    },
    Role {
        name: "cart",
        language: "dotnet",
        nouns: &["carts", "items"],
        calls: &["pricing", "inventory"],
        cache: true,
        ..PLAIN
    },
    Role {
        name: "shipping",
        namespace: "logistics",
        language: "rust",
        nouns: &["shipments", "labels"],
        sql: Some("shipping"),
        external: Some("carrier.example"),
        publishes: &["shipments.created"],
        consumes: &["orders.placed"],
        ..PLAIN
    },
    Role {
        name: "notification",
        language: "python",
        nouns: &["mails", "pushes"],
        cache: true,
        external: Some("smtp.mail.example"),
        consumes: &["payments.settled", "orders.placed"],
        ..PLAIN
    },
    Role {
        name: "recommendation",
        language: "python",
        nouns: &["suggestions", "models"],
        calls: &["catalog"],
        cache: true,
        ..PLAIN
    },
    Role {
        name: "account",
        nouns: &["accounts", "addresses"],
        calls: &["loyalty"],
        sql: Some("accounts"),
        cache: true,
        ..PLAIN
    },
    Role { name: "search", nouns: &["queries", "facets"], calls: &["catalog"], cache: true, ..PLAIN },
    Role {
        name: "pricing",
        language: "go",
        protocol: Protocol::Grpc,
        nouns: &["Price", "Discount"],
        calls: &["tax"],
        cache: true,
        ..PLAIN
    },
    Role {
        name: "fraud",
        namespace: "money",
        language: "python",
        protocol: Protocol::Grpc,
        nouns: &["Score", "Rule"],
        sql: Some("fraud"),
        ..PLAIN
    },
    Role { name: "review", language: "ruby", nouns: &["reviews", "ratings"], sql: Some("reviews"), ..PLAIN },
    Role {
        name: "tax",
        namespace: "money",
        language: "go",
        nouns: &["rates", "rules"],
        cache: true,
        ..PLAIN
    },
    Role {
        name: "loyalty",
        language: "nodejs",
        nouns: &["points", "tiers"],
        sql: Some("loyalty"),
        consumes: &["orders.placed"],
        ..PLAIN
    },
    Role {
        name: "warehouse",
        namespace: "logistics",
        nouns: &["picks", "bins"],
        sql: Some("warehouse"),
        consumes: &["shipments.created"],
        ..PLAIN
    },
];
