//! Query parameters: unknown ones are refused with the nearest known name, so that a mistyped filter never
//! looks like an answer.

use std::str::FromStr;

use axum::extract::Query;
use daymark_model::id::TraceId;
use daymark_model::signal::Signal;
use daymark_model::spelling::{self, SpellingError};
use daymark_model::time::Nanos;
use daymark_view::error::{AskError, Code};
use daymark_view::instant::{self, BadInstant};
use daymark_view::nearest::nearest;
use daymark_view::range::Range;
use http::Uri;

#[derive(Debug)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn read(uri: &Uri, once: &[&str], many: &[&str]) -> Result<Self, AskError> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| AskError::new(Code::BadRequest, "the query string cannot be read"))?;
        for (place, (name, _)) in pairs.iter().enumerate() {
            let is_known = once.contains(&name.as_str());
            if !is_known && !many.contains(&name.as_str()) {
                return Err(unknown("parameter", name, once.iter().chain(many).copied()));
            }
            if is_known && pairs.iter().take(place).any(|(earlier, _)| earlier == name) {
                return Err(AskError::new(Code::BadRequest, format!("the parameter \"{name}\" comes twice")));
            }
        }
        Ok(Self(pairs))
    }

    pub(crate) fn one<'a>(&'a self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.one(name).map(str::to_owned)
    }

    pub(crate) fn number<N: FromStr>(&self, name: &str) -> Result<Option<N>, AskError> {
        let bad =
            |text| AskError::new(Code::BadRequest, format!("\"{text}\" is not a number for \"{name}\""));
        self.one(name).map(|text| text.parse().map_err(|_| bad(text))).transpose()
    }

    /// `limit`, at least 1.
    pub(crate) fn limit(&self, default: usize, max: usize) -> Result<usize, AskError> {
        self.count("limit", default, max)
    }

    /// How many of something, at least 1.
    pub(crate) fn count(&self, name: &str, default: usize, max: usize) -> Result<usize, AskError> {
        check_count(name, self.number(name)?, default, max)
    }

    /// `from` and `to`; none when neither is given.
    pub(crate) fn range(&self, now: Nanos) -> Result<Option<Range>, AskError> {
        range(self.one("from"), self.one("to"), now)
    }

    pub(crate) fn signal(&self) -> Result<Option<Signal>, AskError> {
        let Some(name) = self.one("signal") else { return Ok(None) };
        let known = Signal::ALL.into_iter().find(|signal| signal.name() == name);
        known.map(Some).ok_or_else(|| not_one_of("signal", name, Signal::ALL.map(Signal::name)))
    }
}

/// A range from its two ends as written. The missing end is now, or an hour before the other.
pub(crate) fn range(from: Option<&str>, to: Option<&str>, now: Nanos) -> Result<Option<Range>, AskError> {
    let read = |text| {
        let bad = |error: BadInstant| AskError::new(Code::BadRange, error.detail).hint(BadInstant::HINT);
        instant::parse(text, now).map_err(bad)
    };
    let (from, to) = (from.map(read).transpose()?, to.map(read).transpose()?);
    let range = match (from, to) {
        (None, None) => return Ok(None),
        (from, to) => {
            let to = to.unwrap_or(now);
            Range { from: from.unwrap_or(to.plus(-Nanos::HOUR)), to }
        }
    };
    if range.from > range.to {
        return Err(AskError::new(Code::BadRange, "\"from\" is after \"to\""));
    }
    Ok(Some(range))
}

pub(crate) fn check_limit(limit: Option<usize>, default: usize, max: usize) -> Result<usize, AskError> {
    check_count("limit", limit, default, max)
}

fn check_count(name: &str, count: Option<usize>, default: usize, max: usize) -> Result<usize, AskError> {
    match count.unwrap_or(default) {
        count if (1..=max).contains(&count) => Ok(count),
        count => {
            let detail = format!("\"{name}\" is {count}, not between 1 and {max}");
            Err(AskError::new(Code::BadRequest, detail))
        }
    }
}

pub(crate) fn trace_id(text: &str) -> Result<TraceId, AskError> {
    spelling::trace_id(text).map_err(bad_id)
}

pub(crate) fn bad_id(error: SpellingError) -> AskError {
    AskError::new(Code::BadId, error.detail).hint(SpellingError::HINT)
}

/// A word that is not of a closed list.
pub(crate) fn not_one_of<'a>(name: &str, text: &str, known: impl IntoIterator<Item = &'a str>) -> AskError {
    let words: Vec<&str> = known.into_iter().collect();
    AskError::new(Code::BadRequest, format!("\"{text}\" is not a value of \"{name}\""))
        .hint(format!("one of {}", words.join(", ")))
}

/// A name nobody knows, with the one that was probably meant.
pub(crate) fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> AskError {
    let known: Vec<&str> = known.collect();
    let error = AskError::new(Code::BadRequest, format!("there is no {what} \"{name}\""));
    match nearest(name, known.iter().copied()) {
        Some(meant) => error.hint(format!("did you mean \"{meant}\"?")),
        None if known.is_empty() => error.hint(format!("this call takes no {what}")),
        None => error.hint(format!("known: {}", known.join(", "))),
    }
}
