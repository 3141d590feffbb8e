//! What the attributes of rows say of their spans, without building a text.

use daymark_aggregate::{KEYS, Told};

use crate::projection::RowAttributes;

/// For each row what its attributes say.
pub(crate) fn told(attributes: &RowAttributes<'_>) -> Vec<Told> {
    let wanted = |key: &str| KEYS.iter().position(|known| *known == key);
    let own: Vec<_> = attributes.own_keys().map(|(key, _)| wanted(key)).collect();
    let listed: Vec<_> = attributes.listed_keys().map(wanted).collect();
    let texts = attributes.sets().map_or(&[][..], |sets| sets.texts()).iter();
    let of_text = texts.map(|text| {
        let said = text.iter().filter_map(|member| Some((wanted(&member.key)?, member.attribute().text()?)));
        said.collect::<Vec<_>>()
    });
    let of_set: Vec<_> = of_text.collect();
    let has_own = own.iter().any(Option::is_some);
    let has_listed = listed.iter().any(Option::is_some);
    let row = |row: usize| {
        let mut told = Told::default();
        if has_own {
            for (number, attribute) in attributes.own_of(row) {
                if let (Some(key), Some(text)) = (own[number], attribute.text()) {
                    told.hear(key, text);
                }
            }
        }
        if let Some(text) = attributes.sets().and_then(|sets| sets.number(row)) {
            of_set[text].iter().for_each(|(key, text)| told.hear(*key, text));
        }
        if has_listed {
            for (number, attribute) in attributes.listed_of(row) {
                if let (Some(key), Some(text)) = (listed[number], attribute.text()) {
                    told.hear(key, text);
                }
            }
        }
        told
    };
    (0..attributes.rows()).map(row).collect()
}
