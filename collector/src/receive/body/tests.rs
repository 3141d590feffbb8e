//! How long a body may take.

use super::*;

const IDLE: Duration = Duration::from_secs(30);

#[test]
fn a_body_must_keep_up_with_its_rate() {
    for (took, bytes, left) in [
        (0, 0, 30),
        (29, 0, 1),
        (30, 0, 0),
        (31, 0, 0),
        // One byte a second never earns more time.
        (30, 30, 0),
        // What came at the lowest rate keeps the idle limit.
        (100, 100 * BODY_BYTES_PER_SECOND_MIN, 30),
        (100, 90 * BODY_BYTES_PER_SECOND_MIN, 20),
        // Having been fast gives no more than the idle limit.
        (1, 1_000_000 * BODY_BYTES_PER_SECOND_MIN, 30),
    ] {
        let expected = Duration::from_secs(left);
        assert_eq!(patience(IDLE, Duration::from_secs(took), bytes), expected, "{bytes} bytes in {took} s");
    }
}

#[test]
fn pieces_are_joined_in_order() {
    let mut received = Received::Piece(Bytes::new());
    let single = Bytes::from_static(b"only");
    let kept = Received::Piece(Bytes::new()).joined(single.clone(), 100).into_bytes();
    assert_eq!(kept.as_ptr(), single.as_ptr(), "one piece is not copied");
    for number in 0..1_000_u32 {
        received = received.joined(Bytes::copy_from_slice(&number.to_be_bytes()), 10);
        assert_eq!(received.len(), 4 * (number as usize + 1));
    }
    let expected: Vec<u8> = (0..1_000_u32).flat_map(u32::to_be_bytes).collect();
    assert_eq!(received.into_bytes(), expected);
}
