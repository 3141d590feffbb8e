//! Who sends what: counted for whoever sets up a sender. Only so many are remembered; the one that was quiet
//! for longest makes room.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use daymark_model::arrivals::{Arrivals, Arrived, Door, RefusedSender, Sender};
use daymark_model::reason::Rejected;
use daymark_model::signal::Signal;
use daymark_model::time::{Clock, Nanos};

const REMEMBERED: usize = 1_000;
const SECONDS: i64 = 60;
/// Places of seconds: those that are told, the one that runs, and some to spare.
const PLACES: i64 = 64;

#[derive(Debug)]
pub(crate) struct Visitors {
    clock: Arc<dyn Clock>,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    /// Items of a second, each second in its place.
    seconds: Vec<(i64, u64)>,
    doors: BTreeMap<(String, Signal), (u64, Nanos)>,
    senders: HashMap<IpAddr, (BTreeSet<Signal>, Nanos)>,
    refused: HashMap<(IpAddr, String, Rejected), (u64, Nanos)>,
}

impl Visitors {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let book = Book { seconds: vec![(0, 0); PLACES as usize], ..Book::default() };
        Self { clock, book: Mutex::new(book) }
    }

    /// A batch that was taken.
    pub(crate) fn took(&self, peer: IpAddr, source: &str, signal: Signal, items: u64) {
        let now = self.clock.now();
        let mut book = self.book();
        let second = now.0.div_euclid(Nanos::SECOND);
        if let Some(place) = book.seconds.get_mut(place_of(second)) {
            if place.0 != second {
                *place = (second, 0);
            }
            place.1 += items;
        }
        let door = book.doors.entry((source.to_owned(), signal)).or_insert((0, now));
        *door = (door.0 + items, now);
        make_room(&mut book.senders, &peer, |(_, last)| *last);
        let sender = book.senders.entry(peer).or_insert_with(|| (BTreeSet::new(), now));
        sender.0.insert(signal);
        sender.1 = now;
    }

    /// A request that was not.
    pub(crate) fn refused(&self, peer: IpAddr, source: &str, reason: Rejected) {
        let now = self.clock.now();
        let mut book = self.book();
        let who = (peer, source.to_owned(), reason);
        make_room(&mut book.refused, &who, |(_, last)| *last);
        let known = book.refused.entry(who).or_insert((0, now));
        *known = (known.0 + 1, now);
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place_of(second: i64) -> usize {
    usize::try_from(second.rem_euclid(PLACES)).unwrap_or_default()
}

fn make_room<K: Clone + Eq + Hash, V>(known: &mut HashMap<K, V>, next: &K, last: impl Fn(&V) -> Nanos) {
    if known.len() >= REMEMBERED && !known.contains_key(next) {
        let oldest = known.iter().min_by_key(|(_, value)| last(value)).map(|(key, _)| key.clone());
        oldest.into_iter().for_each(|key| drop(known.remove(&key)));
    }
}

impl Arrivals for Visitors {
    fn arrived(&self) -> Arrived {
        let this_second = self.clock.now().0.div_euclid(Nanos::SECOND);
        let book = self.book();
        let of_second = |second: i64| {
            let place = book.seconds.get(place_of(second)).filter(|(known, _)| *known == second);
            place.map_or(0, |(_, items)| *items)
        };
        let door = |((source, signal), (items, last)): (&(String, Signal), &(u64, Nanos))| Door {
            source: source.clone(),
            signal: *signal,
            items: *items,
            last: *last,
        };
        let sender = |(peer, (signals, last)): (&IpAddr, &(BTreeSet<Signal>, Nanos))| Sender {
            peer: *peer,
            signals: signals.iter().copied().collect(),
            last: *last,
        };
        let mut senders: Vec<Sender> = book.senders.iter().map(sender).collect();
        senders.sort_by_key(|sender| (std::cmp::Reverse(sender.last), sender.peer));
        let refused = book.refused.iter().map(|((peer, source, reason), (count, last))| RefusedSender {
            peer: *peer,
            source: source.clone(),
            reason: *reason,
            count: *count,
            last: *last,
        });
        let mut refused: Vec<RefusedSender> = refused.collect();
        refused.sort_by_key(|sender| (std::cmp::Reverse(sender.last), sender.peer));
        Arrived {
            // The second before this one is the last that is whole.
            per_second: (this_second - SECONDS..this_second).map(of_second).collect(),
            doors: book.doors.iter().map(door).collect(),
            senders,
            refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use daymark_model::time::ManualClock;

    use super::*;

    #[test]
    fn what_came_in_is_told() {
        let clock = Arc::new(ManualClock::at(Nanos(1_000 * Nanos::SECOND)));
        let visitors = Visitors::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let peer = |last: u8| IpAddr::from([10, 0, 0, last]);
        visitors.took(peer(1), "otlp_http", Signal::Spans, 5);
        clock.advance(Duration::from_secs(2));
        visitors.took(peer(2), "otlp_http", Signal::Spans, 7);
        visitors.took(peer(2), "otlp_grpc", Signal::Logs, 1);
        visitors.refused(peer(3), "otlp_http", Rejected::Decode);
        visitors.refused(peer(3), "otlp_http", Rejected::Decode);
        clock.advance(Duration::from_secs(1));
        let told = visitors.arrived();
        assert_eq!(told.per_second.len(), 60);
        assert_eq!(told.per_second[57..], [5, 0, 8]);
        assert_eq!(told.doors.iter().map(|door| door.items).collect::<Vec<_>>(), [1, 12]);
        let senders: Vec<_> = told.senders.iter().map(|sender| (sender.peer, sender.signals.len())).collect();
        assert_eq!(senders, [(peer(2), 2), (peer(1), 1)]);
        assert_eq!((told.refused[0].peer, told.refused[0].count), (peer(3), 2));
        clock.advance(Duration::from_secs(500));
        assert_eq!(visitors.arrived().per_second.iter().sum::<u64>(), 0);
    }

    #[test]
    fn only_so_many_are_remembered() {
        let clock = Arc::new(ManualClock::at(Nanos(0)));
        let visitors = Visitors::new(Arc::clone(&clock) as Arc<dyn Clock>);
        for number in 0..1_200_u32 {
            clock.advance(Duration::from_millis(1));
            visitors.took(IpAddr::from(number.to_be_bytes()), "otlp_http", Signal::Spans, 1);
            visitors.refused(IpAddr::from(number.to_be_bytes()), "otlp_http", Rejected::Memory);
        }
        let told = visitors.arrived();
        assert_eq!((told.senders.len(), told.refused.len()), (REMEMBERED, REMEMBERED));
        assert_eq!(told.senders[0].peer, IpAddr::from(1_199_u32.to_be_bytes()));
    }
}
