//! Taking, waiting for and giving back room.

use std::future::Future;
use std::task::{Context, Waker};

use daymark_model::time::SystemClock;

use super::*;

const LONG: Duration = Duration::from_secs(3_600);

fn room(bytes: usize) -> Arc<Room> {
    Arc::new(Room::new(bytes, Arc::new(SystemClock::new())))
}

#[tokio::test]
async fn a_place_holds_what_it_covers() {
    let room = room(100);
    let mut place = room.place(LONG);
    assert_eq!(room.free(), 100, "a place of no size");
    for (cover, free) in [(10, 90), (60, 40), (5, 40), (100, 0)] {
        place.cover(cover).await.unwrap();
        assert_eq!(room.free(), free, "covering {cover}");
    }
    place.shrink(30);
    assert_eq!(room.free(), 70);
    place.shrink(40);
    assert_eq!(room.free(), 70, "shrinking never grows");
    drop(place);
    assert_eq!(room.free(), 100);
}

#[tokio::test]
async fn what_can_never_fit_is_not_waited_for() {
    let room = room(100);
    let mut place = room.place(LONG);
    place.cover(50).await.unwrap();
    assert_eq!(place.cover(101).await, Err(NoRoom::Ever));
    assert_eq!(place.cover(usize::MAX).await, Err(NoRoom::Ever));
    assert_eq!(room.free(), 50, "what was held is still held");
}

#[tokio::test]
async fn patience_ends() {
    let room = room(100);
    let mut first = room.place(LONG);
    first.cover(100).await.unwrap();
    let mut second = room.place(Duration::from_millis(20));
    assert_eq!(second.cover(1).await, Err(NoRoom::Now));
    assert_eq!(second.patience, Duration::ZERO, "it is spent once for all waits");
}

#[tokio::test]
async fn room_goes_to_who_waited_first() {
    let room = room(100);
    let mut holder = room.place(LONG);
    holder.cover(100).await.unwrap();
    let (mut large, mut small) = (room.place(LONG), room.place(LONG));
    let mut large = Box::pin(large.cover(80));
    let mut small = Box::pin(small.cover(10));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(large.as_mut().poll(&mut cx).is_pending());
    assert!(small.as_mut().poll(&mut cx).is_pending());
    holder.shrink(50);
    assert!(small.as_mut().poll(&mut cx).is_pending(), "a small request does not overtake");
    holder.shrink(10);
    large.await.unwrap();
    small.await.unwrap();
    assert_eq!(room.free(), 0);
}
