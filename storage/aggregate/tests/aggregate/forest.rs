//! Random forests: kinds of every sort and none, orphans, cycles, ids shared by both halves of a call,
//! clocks that disagree, hostile names. Span ids of a trace are distinct but for shared ones.

use std::sync::Arc;

use daymark_aggregate::{Kind, Label, Owner, Span, StatusClass, Target};

/// A small random source: the tests need repeatability, not quality.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

const SERVICES: [&str; 4] = ["cart", "user", "größe\0", ""];
const NAMES: [&str; 4] = ["GET /", "", "\u{1f980}\"'\\", "cart"];
const PEERS: [Option<&str>; 4] = [None, Some("cart"), Some("postgresql:shop"), Some("")];
/// Close to a border of buckets, and at the ends of time.
const STARTS: [i64; 6] =
    [1_750_000_009_999_999_999, 1_750_000_010_000_000_000, 1_750_000_055_000_000_000, -1, i64::MIN, i64::MAX];
const DURATIONS: [u64; 5] = [0, 1, 1_500_000, 61_000_000_000, i64::MAX as u64];

fn id(number: usize) -> [u8; 8] {
    (number as u64 + 1).to_be_bytes()
}

fn owner(random: &mut Random, service: &str) -> Arc<Owner> {
    let version = Some(random.pick(&["1", "2"]).to_owned());
    let instance = random.pick(&[None, Some("a"), Some("b")]).map(str::to_owned);
    Arc::new(Owner { service: service.to_owned(), version, instance, ..Owner::default() })
}

fn span(random: &mut Random, trace: u8, number: usize, size: usize) -> Span {
    let kind = random.pick(&Kind::ALL);
    let service = random.pick(&SERVICES);
    let classes = [StatusClass::Unset, StatusClass::Error, StatusClass::Http(5), StatusClass::Grpc(14)];
    let label = Label {
        name: random.pick(&NAMES).to_owned(),
        kind,
        status_class: random.pick(&classes),
        is_error: random.below(3) == 0,
        peer: if kind.is_exit() { random.pick(&PEERS).map(str::to_owned) } else { None },
        target: random.pick(&Target::ALL),
        is_shared: false,
        is_mtls: random.below(4) == 0,
    };
    Span {
        trace: [trace; 16],
        id: id(number),
        // Any span of the trace, itself among them, or one that never comes.
        parent: (random.below(6) > 0).then(|| id(random.below(size + 2))),
        owner: owner(random, service),
        label: Arc::new(label),
        start: random.pick(&STARTS),
        duration: random.pick(&DURATIONS),
        adjusted: random.pick(&[1.0, 2.0, 0.5]),
        is_answered: false,
    }
}

/// The server half that has the id of a client span.
fn twin(random: &mut Random, client: &Span) -> Span {
    let service = random.pick(&SERVICES);
    let label = Label { kind: Kind::Server, is_shared: true, peer: None, ..Label::clone(&client.label) };
    Span {
        owner: owner(random, service),
        label: Arc::new(label),
        start: random.pick(&STARTS),
        ..client.clone()
    }
}

/// Some traces, in any order.
pub(crate) fn forest(seed: u64, has_twins: bool) -> Vec<Span> {
    let random = &mut Random(seed);
    let mut spans = Vec::new();
    for trace in 0..1 + random.below(4) as u8 {
        let size = 1 + random.below(14);
        for number in 0..size {
            let one = span(random, trace, number, size);
            let is_client = one.label.kind == Kind::Client;
            if has_twins && is_client && random.below(2) == 0 {
                spans.push(twin(random, &one));
                // The client half may have been lost.
                if random.below(5) == 0 {
                    continue;
                }
            }
            spans.push(one);
        }
    }
    shuffle(random, &mut spans);
    spans
}

pub(crate) fn shuffle<T>(random: &mut Random, list: &mut [T]) {
    for at in (1..list.len()).rev() {
        list.swap(at, random.below(at + 1));
    }
}
