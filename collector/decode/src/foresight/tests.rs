//! What is expected of a body by its first records.

use super::Foresight;

#[test]
fn columns_of_like_records_grow_to_what_they_need() {
    let body = vec![0; 100_000];
    let mut foresight = Foresight::of(&body);
    let (mut column, mut told) = (Vec::new(), 0);
    for record in body.chunks(50) {
        column.push(0u8);
        if let Some(rest) = foresight.read(record) {
            rest.reserve(&mut column);
            told += 1;
        }
    }
    assert_eq!((column.len(), told), (2_000, 4));
    assert!(column.capacity() < 2_250, "{}", column.capacity());
}

#[test]
fn a_first_record_that_grows_reserves_no_more_than_the_body() {
    let body = vec![0; 1_000];
    let rest = Foresight::of(&body).read(&body[..100]).unwrap();
    assert_eq!(rest.after(1 << 40), 900);
}
