//! Which media type the client wants, by `Accept`: the highest weight wins, then the more exact range, then
//! our own order.

use daymark_view::error::{AskError, Code};
use http::HeaderMap;
use http::header::ACCEPT;

pub(crate) const JSON: &str = "application/json";
pub(crate) const NDJSON: &str = "application/x-ndjson";

/// The best of `offers`; the first when the client does not say.
pub(crate) fn choose(headers: &HeaderMap, offers: &[&'static str]) -> Result<&'static str, AskError> {
    let lines: Vec<&str> = headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok()).collect();
    let ranges: Vec<MediaRange<'_>> =
        lines.iter().flat_map(|line| line.split(',')).filter_map(MediaRange::read).collect();
    let first = offers.first().copied().unwrap_or(JSON);
    if ranges.is_empty() {
        return Ok(first);
    }
    let mut best: Option<((u16, u8), &'static str)> = None;
    for offer in offers {
        let matching = ranges.iter().filter(|range| range.covers(offer));
        let Some(range) = matching.max_by_key(|range| range.exactness()) else { continue };
        let rank = (range.weight, range.exactness());
        if range.weight > 0 && best.is_none_or(|(known, _)| rank > known) {
            best = Some((rank, offer));
        }
    }
    best.map(|(_, offer)| offer).ok_or_else(|| {
        AskError::new(Code::NotAcceptable, "the answer cannot be written in a type that Accept allows")
            .hint(format!("available: {}", offers.join(", ")))
    })
}

struct MediaRange<'a> {
    kind: &'a str,
    subtype: &'a str,
    /// In thousandths.
    weight: u16,
}

impl<'a> MediaRange<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok())?;
        let weight = f32::clamp(weight, 0.0, 1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1,000")]
        let weight = (weight * 1_000.0).round() as u16;
        Some(Self { kind, subtype, weight })
    }

    fn covers(&self, offer: &str) -> bool {
        let media = offer.split(';').next().unwrap_or_default();
        let Some((kind, subtype)) = media.split_once('/') else { return false };
        (self.kind == "*" || self.kind.eq_ignore_ascii_case(kind))
            && (self.subtype == "*" || self.subtype.eq_ignore_ascii_case(subtype))
    }

    fn exactness(&self) -> u8 {
        u8::from(self.kind != "*") + u8::from(self.subtype != "*")
    }
}

#[cfg(test)]
mod tests;
