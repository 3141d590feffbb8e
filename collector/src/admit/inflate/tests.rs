//! Bodies that decompress, and bodies that do not.

use std::io::Write;

use daymark_model::limits::MIB;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

const BOTH: [Encoding; 2] = [Encoding::Gzip, Encoding::Zstd];

fn packed(encoding: Encoding, raw: &[u8]) -> Vec<u8> {
    match encoding {
        Encoding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(raw).unwrap();
            encoder.finish().unwrap()
        }
        _ => zstd::encode_all(raw, 1).unwrap(),
    }
}

fn inflate(encoding: Encoding, wire: Vec<u8>, limits: &IntakeLimits) -> Result<Bytes, Bad> {
    let mut inflate = Inflate::new(encoding, &wire.into(), limits)?.unwrap();
    while inflate.step(limits)? {
        assert!(inflate.needs_bytes() >= inflate.raw.len() + STEP_BYTES);
    }
    Ok(inflate.into_raw())
}

/// Bytes that do not repeat.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..bytes).map(|_| next()).collect()
}

#[test]
fn bodies_of_any_size_come_back() {
    let limits = IntakeLimits::default();
    for encoding in BOTH {
        for bytes in [0, 1, STEP_BYTES - 1, STEP_BYTES, STEP_BYTES + 1, 3 * STEP_BYTES, MIB + 7] {
            let raw = noise(bytes);
            let back = inflate(encoding, packed(encoding, &raw), &limits).unwrap();
            assert!(back == raw, "{encoding:?} of {bytes} bytes");
        }
    }
}

#[test]
fn several_members_are_one_body() {
    for encoding in BOTH {
        let wire = [packed(encoding, b"one, "), packed(encoding, b""), packed(encoding, b"two")].concat();
        assert_eq!(inflate(encoding, wire, &IntakeLimits::default()).unwrap(), "one, two");
    }
}

#[test]
fn damage_is_found_wherever_it_is() {
    let limits = IntakeLimits::default();
    let raw = noise(2_000);
    for encoding in BOTH {
        let whole = packed(encoding, &raw);
        for cut in 1..whole.len() {
            let bad = inflate(encoding, whole[..cut].to_vec(), &limits).unwrap_err();
            assert!(matches!(bad, Bad::Damaged(_)), "{encoding:?} cut at {cut}: {bad:?}");
        }
        let bad = inflate(encoding, [whole.as_slice(), b"rest"].concat(), &limits).unwrap_err();
        assert!(matches!(bad, Bad::Damaged(_)), "{encoding:?} with a rest: {bad:?}");
    }
    let mut forged = packed(Encoding::Gzip, &raw);
    let len = forged.len();
    forged[len - 6] ^= 1;
    assert!(matches!(inflate(Encoding::Gzip, forged, &limits), Err(Bad::Damaged(_))), "checksum");
}

#[test]
fn claims_reserve_no_memory() {
    let limits = IntakeLimits::default();
    let mut gzip = packed(Encoding::Gzip, b"small");
    gzip.extend_from_slice(&[0xff; 8]);
    // A zstd frame whose header claims 2^60 bytes.
    let mut zstd = vec![0x28, 0xb5, 0x2f, 0xfd, 0xe0];
    zstd.extend_from_slice(&(1_u64 << 60).to_le_bytes());
    for (encoding, wire) in [(Encoding::Gzip, gzip), (Encoding::Zstd, zstd)] {
        let wire = Bytes::from(wire);
        let inflate = Inflate::new(encoding, &wire, &limits).unwrap().unwrap();
        assert!(inflate.raw.capacity() <= wire.len() * BELIEVED_RATIO, "{encoding:?}");
    }
}

#[test]
fn limits_stop_the_work_early() {
    let limits = IntakeLimits {
        request_raw_bytes: 4 * MIB,
        ratio_from_bytes: MIB,
        ratio_max: 250,
        ..IntakeLimits::default()
    };
    for encoding in BOTH {
        let bomb = packed(encoding, &vec![0; 16 * MIB]);
        let mut inflated = Inflate::new(encoding, &Bytes::from(bomb), &limits).unwrap().unwrap();
        let bad = loop {
            if let Err(bad) = inflated.step(&limits) {
                break bad;
            }
        };
        assert_eq!(bad, Bad::Bomb, "{encoding:?}");
        assert!(inflated.raw.len() <= limits.request_raw_bytes + STEP_BYTES, "{encoding:?}");
        let large = packed(encoding, &noise(5 * MIB));
        assert_eq!(inflate(encoding, large, &limits), Err(Bad::TooLarge), "{encoding:?}");
        let small = packed(encoding, &vec![0; MIB]);
        assert_eq!(
            inflate(encoding, small, &limits).unwrap().len(),
            MIB,
            "{encoding:?}: small ones may repeat"
        );
    }
}
