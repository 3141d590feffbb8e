//! `GET /services`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use daymark_model::time::Nanos;
use daymark_view::duration;
use daymark_view::error::{AskError, Code};
use daymark_view::range::Range;
use daymark_view::services::{
    DEFAULT_ROWS, ROWS_MAX, Scope, ScopeKey, ServiceState, ServicesAsk, ServicesGroup, Sort, SortKey,
};

use crate::answer::{Refusal, tagged};
use crate::asked::Asked;
use crate::params::{Params, not_one_of, range};
use crate::router::Site;
use crate::routes::alerts;

pub(crate) async fn services(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let once = ["from", "to", "q", "sort", "group", "compare", "limit", "cursor"];
    let params = asked.params(&once, &["scope", "state", "team", "language"])?;
    let mut answer = site.ask.services(question(&site, &asked, &params)?).await?;
    if let Some(firing) = alerts::firing(&site).await? {
        for row in &mut answer.data {
            row.alerts_firing = Some(firing.get(&Some(row.service.clone())).copied().unwrap_or_default());
        }
    }
    let rows = answer.data.len();
    tagged(&site, &asked, answer, rows).await
}

fn question(site: &Site, asked: &Asked, params: &Params) -> Result<ServicesAsk, AskError> {
    let now = site.now();
    let range = params.range(now)?.unwrap_or(Range::last_hour(now));
    let compare = params.one("compare").map(|text| compared(text, range, now)).transpose()?;
    Ok(ServicesAsk {
        query_id: asked.query_id.clone(),
        range,
        scope: params.all("scope").map(scope).collect::<Result<_, _>>()?,
        q: params.text("q").unwrap_or_default(),
        state: params.all("state").map(state).collect::<Result<_, _>>()?,
        team: params.all("team").map(str::to_owned).collect(),
        language: params.all("language").map(str::to_owned).collect(),
        sort: params.one("sort").map(sort).transpose()?.unwrap_or_default(),
        group: params.one("group").map(group).transpose()?,
        compare,
        limit: params.limit(DEFAULT_ROWS, ROWS_MAX)?,
        cursor: params.text("cursor"),
    })
}

pub(crate) fn scope(text: &str) -> Result<Scope, AskError> {
    let keys = ScopeKey::ALL.map(ScopeKey::name).join(":…, ");
    Scope::parse(text).ok_or_else(|| {
        AskError::new(Code::BadRequest, format!("\"{text}\" is not a scope")).hint(format!("one of {keys}:…"))
    })
}

fn state(text: &str) -> Result<ServiceState, AskError> {
    let known = ServiceState::ALL.into_iter().find(|state| state.name() == text);
    known.ok_or_else(|| not_one_of("state", text, ServiceState::ALL.map(ServiceState::name)))
}

fn group(text: &str) -> Result<ServicesGroup, AskError> {
    let known = ServicesGroup::ALL.into_iter().find(|group| group.name() == text);
    known.ok_or_else(|| not_one_of("group", text, ServicesGroup::ALL.map(ServicesGroup::name)))
}

fn sort(text: &str) -> Result<Sort, AskError> {
    let error = || not_one_of("sort", text, SortKey::ALL.map(SortKey::name));
    Sort::parse(text).ok_or_else(error)
}

/// `prev`, an offset such as `-1d`, or `<from>~<to>`.
pub(crate) fn compared(text: &str, window: Range, now: Nanos) -> Result<Range, AskError> {
    let bad = || {
        AskError::new(Code::BadRange, format!("\"{text}\" is no window to compare with"))
            .hint("prev, an offset such as -1d, or <from>~<to>")
    };
    if let Some((from, to)) = text.split_once('~') {
        return range(Some(from), Some(to), now)?.ok_or_else(bad);
    }
    let offset = match text {
        "prev" => window.width_ns(),
        other => {
            let offset = other.strip_prefix('-').ok_or_else(bad)?;
            duration::parse(offset).map_err(|_| bad())?
        }
    };
    Ok(Range { from: window.from.plus(-offset), to: window.to.plus(-offset) })
}
