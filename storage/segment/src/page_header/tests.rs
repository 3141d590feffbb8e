//! Headers as the Parquet format spells them, and bytes that are none.

use proptest::prelude::*;

use super::PageHeader;

#[test]
fn a_data_page_is_read_and_what_is_not_needed_is_skipped() {
    // Type 0, sizes 300 and 70, a crc, then values 4096, encodings 8, 3, 3 and statistics with texts, numbers
    // and a flag.
    let bytes = [
        0x15, 0x00, 0x15, 0xd8, 0x04, 0x15, 0x8c, 0x01, 0x15, 0x09, 0x1c, 0x15, 0x80, 0x40, 0x15, 0x10, 0x15,
        0x06, 0x15, 0x06, 0x1c, 0x18, 0x02, b'a', b'b', 0x26, 0x0a, 0x41, 0x00, 0x00, 0x00, 0xff,
    ];
    let (header, len) = PageHeader::read(&bytes).unwrap();
    let expected = PageHeader {
        kind: 0,
        uncompressed: 300,
        compressed: 70,
        data: Some([4_096, 8, 3, 3]),
        dictionary: None,
    };
    assert_eq!((header, len), (expected, bytes.len() - 1));
}

#[test]
fn a_dictionary_page_is_read() {
    let bytes = [0x15, 0x04, 0x15, 0x14, 0x15, 0x12, 0x4c, 0x15, 0x06, 0x15, 0x04, 0x11, 0x00, 0x00];
    let (header, len) = PageHeader::read(&bytes).unwrap();
    assert_eq!((header.kind, header.dictionary, len), (2, Some([3, 2]), bytes.len()));
}

proptest! {
    #[test]
    fn no_bytes_panic_or_read_beyond_their_end(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Some((_, len)) = PageHeader::read(&bytes) {
            prop_assert!(len <= bytes.len());
            prop_assert_eq!(PageHeader::read(&bytes[..len - 1]), None);
        }
    }
}
