//! Texts in the language of the reader. The language is that of the document, chosen
//! before anything is drawn.

use daymark_viz::korean;
use leptos::prelude::document;

include!(concat!(env!("OUT_DIR"), "/words.rs"));

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    #[default]
    English,
    Korean,
}

impl Language {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
        }
    }

    pub(crate) fn of(code: &str) -> Self {
        if code.starts_with("ko") { Self::Korean } else { Self::English }
    }
}

/// What the document says it is written in.
pub(crate) fn language() -> Language {
    let code = document().document_element().and_then(|root| root.get_attribute("lang"));
    Language::of(&code.unwrap_or_default())
}

/// The text of a word.
pub(crate) fn t(word: Word) -> &'static str {
    match language() {
        Language::English => ENGLISH[word as usize],
        Language::Korean => KOREAN[word as usize],
    }
}

/// A text with values in it.
pub(crate) fn say(word: Word, values: &[(&str, &str)]) -> String {
    korean::filled(t(word), values)
}
