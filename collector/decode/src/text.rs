//! Makes any bytes a text that can be stored: broken UTF-8 is repaired, too long texts are cut.
//!
//! Each change sets its quality bit, so that nothing is altered in silence.

use std::borrow::Cow;

use daymark_model::limits::{CUT_MARKER, VALUE_BYTES};
use daymark_model::quality;

/// The bytes as text, with U+FFFD where they are not UTF-8.
#[inline]
pub(crate) fn repaired<'a>(bytes: &'a [u8], bits: &mut u32) -> Cow<'a, str> {
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            *bits |= quality::UTF8_REPAIRED;
            String::from_utf8_lossy(bytes)
        }
    }
}

/// The bytes as text of at most [`VALUE_BYTES`].
#[inline]
pub(crate) fn limited<'a>(bytes: &'a [u8], bits: &mut u32) -> Cow<'a, str> {
    let text = repaired(bytes, bits);
    if text.len() <= VALUE_BYTES {
        return text;
    }
    let mut text = text.into_owned();
    cut(&mut text, 0, bits);
    Cow::Owned(text)
}

/// Cuts what stands in `text` from `start` on to the limit; false when it fits.
pub(crate) fn cut(text: &mut String, start: usize, bits: &mut u32) -> bool {
    if text.len() - start <= VALUE_BYTES {
        return false;
    }
    let end = text.floor_char_boundary(start + VALUE_BYTES - CUT_MARKER.len());
    text.truncate(end);
    text.push_str(CUT_MARKER);
    *bits |= quality::VALUE_TRUNCATED;
    true
}
