//! The name of a group of a rule that stays the same for ever.

use daymark_view::alerts::Labels;
use xxhash_rust::xxh3::Xxh3;

/// 16 hex digits of the rule's id and what tells the group apart.
pub fn fingerprint(rule_id: &str, group: &Labels) -> String {
    let mut hash = Xxh3::new();
    let mut part = |text: &str| {
        hash.update(&(text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    part(rule_id);
    for (key, value) in group {
        part(key);
        part(value);
    }
    format!("{:016x}", hash.digest())
}
