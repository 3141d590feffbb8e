//! Shares of one memory.

use super::*;

#[test]
fn a_share_ends_at_its_own_limit_and_at_what_others_leave() {
    let memory = Memory::new(100);
    let pool = |bytes| Arc::new(memory.share(bytes)) as Arc<dyn MemoryPool>;
    let (first, second) = (pool(60), pool(80));
    let mine = MemoryConsumer::new("first").register(&first);
    let others = MemoryConsumer::new("second").register(&second);
    assert!(mine.try_grow(61).is_err(), "over its own limit");
    mine.try_grow(60).unwrap();
    let told = others.try_grow(50).unwrap_err().to_string();
    assert!(told.contains("all queries together"), "{told}");
    assert_eq!(second.reserved(), 0, "what was refused is not held");
    others.try_grow(40).unwrap();
    mine.shrink(20);
    others.try_grow(20).unwrap();
    drop((mine, others));
    assert_eq!(memory.used.load(Ordering::Relaxed), 0, "all is given back");
}
