//! What in a table of figures is out of the ordinary, so that only that is drawn with weight or colour.

/// As the server judges: a figure that doubled is worth a look.
const DOUBLED: f64 = 2.0;
/// Fewer failures than this are nobody's concern, however few there were before.
const SOME: f64 = 0.01;
/// So many failures are bad whatever was before.
const MANY: f64 = 0.05;

/// Whether so large a share of failures is to be seen at once.
pub fn are_errors(share: Option<f64>, before: Option<f64>) -> bool {
    let Some(share) = share else { return false };
    share >= MANY || share >= SOME && before.is_some_and(|before| share >= before * DOUBLED)
}

/// Whether durations have at least doubled.
pub fn is_slower(now: Option<u64>, before: Option<u64>) -> bool {
    now.zip(before).is_some_and(|(now, before)| before > 0 && now as f64 >= before as f64 * DOUBLED)
}

/// Whether instances are missing.
pub fn is_short(up: Option<u64>, registered: Option<u64>) -> bool {
    up.zip(registered).is_some_and(|(up, registered)| up < registered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_stand_out_when_they_are_many_or_more_than_before() {
        assert!(are_errors(Some(0.061), None));
        assert!(are_errors(Some(0.019), Some(0.004)));
        assert!(!are_errors(Some(0.019), Some(0.018)), "as before");
        assert!(!are_errors(Some(0.008), Some(0.0)), "too few");
        assert!(!are_errors(None, Some(0.0)));
    }

    #[test]
    fn only_what_doubled_is_slower() {
        assert!(is_slower(Some(400), Some(200)));
        assert!(!is_slower(Some(399), Some(200)));
        assert!(!is_slower(Some(400), Some(0)) && !is_slower(Some(400), None) && !is_slower(None, Some(1)));
    }

    #[test]
    fn missing_instances_are_told() {
        assert!(is_short(Some(6), Some(8)));
        assert!(!is_short(Some(8), Some(8)) && !is_short(Some(6), None));
    }
}
