//! How many spans a sampled span stands for, from the threshold that samplers leave in the trace state.

/// Thresholds have 14 hex digits; missing ones at the end are zeros.
const DIGITS: usize = 14;

/// `tracestate: ot=th:c` says that spans below the threshold were dropped. 1 when nothing usable is said.
pub(crate) fn adjusted_count(trace_state: &str) -> f64 {
    const ALL: u64 = 1 << (4 * DIGITS);
    threshold(trace_state).map_or(1.0, |threshold| ALL as f64 / (ALL - threshold) as f64)
}

fn threshold(trace_state: &str) -> Option<u64> {
    let vendor = trace_state.split(',').find_map(|member| member.trim().strip_prefix("ot="))?;
    let digits = vendor.split(';').find_map(|field| field.strip_prefix("th:"))?;
    let well_formed =
        (1..=DIGITS).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !well_formed {
        return None;
    }
    let value = u64::from_str_radix(digits, 16).ok()?;
    Some(value << (4 * (DIGITS - digits.len())))
}

#[cfg(test)]
mod tests;
