//! The answers to questions about traces.

use std::sync::Arc;

use datafusion::common::DataFusionError;
use daymark_model::id::TraceId;
use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use daymark_storage::version::Version;
use daymark_view::ask::{Answering, AskTraces};
use daymark_view::diff::{Diff, DiffAsk, Side, Similar, SimilarAsk};
use daymark_view::error::{Absence, AskError, Code};
use daymark_view::fields::{FieldRow, FieldsAsk};
use daymark_view::meta::{Answer, Meta};
use daymark_view::query_id::QueryId;
use daymark_view::range::Range;
use daymark_view::resolve::{Hit, ResolveAsk};
use daymark_view::skeleton::{Details, FindAsk, Found, RowsAsk, Skeleton, SkeletonAsk};
use daymark_view::spans::{
    Difference, ExplainAsk, Facet, FacetsAsk, Origins, OriginsAsk, SpanHeatmap, SpanHeatmapAsk,
};
use daymark_view::trace::{Trace, TraceAsk};
use daymark_view::trace_logs::{LogRow, TraceLogsAsk};
use daymark_view::traces::{TracesAsk, TracesFound};

use super::Answerer;
use crate::resolve::{self, Known};
use crate::running::scanned;
use crate::scan::reader::Tally;
use crate::search::Searched;
use crate::senders::senders;
use crate::sql::failure;
use crate::trace;
use crate::trace::outline::Outline;
use crate::trace::whole::Wanted;

impl Answerer {
    pub(super) async fn answer_trace(&self, ask: TraceAsk) -> Result<Answer<Trace>, AskError> {
        let version = self.store.version();
        let now = self.store.clock().now();
        let (spans, logs) = (self.parts(&version, Table::Spans), self.parts(&version, Table::Logs));
        let TraceAsk { id, episode, spans_max, as_received, .. } = ask;
        let wanted = Wanted { id, episode, spans_max, as_received, now };
        let found = self.on_lane(&ask.query_id, "trace", move |tally| {
            trace::whole::trace((&spans, &logs), wanted, tally)
        });
        let Some((data, meta)) = found.await?.map_err(|error| failure::of(&error))? else {
            return Err(self.absent(&version, id, ask.hint));
        };
        episode_is(episode, data.episode.n, data.episode.of)?;
        Ok(Answer { data, meta: Meta { watermark: Some(version.watermark()), ..meta } })
    }

    /// Why no trace has an id.
    fn absent(&self, version: &Version, id: TraceId, hint: Option<Range>) -> AskError {
        let kept_since = self.parts(version, Table::Spans).iter().map(|part| Nanos(part.time().start)).min();
        let is_before = hint.zip(kept_since).is_some_and(|(hint, kept)| hint.from < kept);
        let reason = if is_before { Absence::MaybeExpired } else { Absence::NeverSeen };
        let mut detail = format!("no trace has the id {id}");
        let gaps = version.shelf(&self.options.tenant).map_or(0, |shelf| shelf.gaps(Table::Spans).len());
        if gaps > 0 {
            detail.push_str(&format!("; {gaps} segments are in quarantine and may have held it"));
        }
        AskError::new(Code::NotFound, detail).absent(reason, kept_since)
    }

    pub(super) async fn answer_traces(&self, ask: TracesAsk) -> Result<Answer<TracesFound>, AskError> {
        let now = self.store.clock().now();
        let told = (ask.query_id.clone(), "traces", ask.query.to_string());
        self.at_desk(told, move |desk| async move { Searched::new(&ask, &desk, now)?.answer().await }).await
    }

    pub(super) async fn answer_trace_logs(&self, ask: TraceLogsAsk) -> Result<Answer<Vec<LogRow>>, AskError> {
        let version = self.store.version();
        let (spans, logs) = (self.parts(&version, Table::Spans), self.parts(&version, Table::Logs));
        let id = ask.query_id.clone();
        let found =
            self.on_lane(&id, "trace_logs", move |tally| trace::logs::logs((&spans, &logs), &ask, tally));
        let (data, meta) = found.await??;
        Ok(Answer { data, meta: Meta { watermark: Some(version.watermark()), ..meta } })
    }
}

impl AskTraces for Answerer {
    fn resolve(&self, ask: ResolveAsk) -> Answering<'_, Answer<Vec<Hit>>> {
        Box::pin(async move {
            let version = self.store.version();
            let all = self.sender_parts(&version);
            let sent = |(table, parts): &(Table, Vec<_>)| senders(parts, *table, &(i64::MIN..i64::MAX));
            let known = Known {
                spans: self.parts(&version, Table::Spans),
                senders: if ask.reading.name.is_some() {
                    all.iter().flat_map(sent).collect()
                } else {
                    Vec::new()
                },
                now: self.store.clock().now(),
            };
            let told = (ask.query_id.clone(), "resolve", format!("{:?}", ask.reading.form));
            self.at_desk(told, move |desk| resolve::resolve(ask.reading, known, desk)).await
        })
    }

    fn skeleton(&self, ask: SkeletonAsk) -> Answering<'_, Answer<Skeleton>> {
        Box::pin(self.answer_skeleton(ask))
    }

    fn trace_rows(&self, ask: RowsAsk) -> Answering<'_, Answer<Details>> {
        Box::pin(self.answer_rows(ask))
    }

    fn find_in_trace(&self, ask: FindAsk) -> Answering<'_, Answer<Found>> {
        Box::pin(self.answer_find(ask))
    }

    fn diff(&self, mut ask: DiffAsk) -> Answering<'_, Answer<Diff>> {
        Box::pin(async move {
            for side in [&mut ask.a, &mut ask.b] {
                if let Side::Trace(id) = side {
                    *id = self.meant(&ask.query_id, *id).await?;
                }
            }
            let now = self.store.clock().now();
            let told = (ask.query_id.clone(), "diff", String::new());
            self.at_desk(told, move |desk| desk.diff(ask, now)).await
        })
    }

    fn similar(&self, mut ask: SimilarAsk) -> Answering<'_, Answer<Vec<Similar>>> {
        Box::pin(async move {
            ask.id = self.meant(&ask.query_id, ask.id).await?;
            let now = self.store.clock().now();
            let told = (ask.query_id.clone(), "similar", ask.id.to_string());
            self.at_desk(told, move |desk| desk.similar(ask, now)).await
        })
    }

    fn span_fields(&self, ask: FieldsAsk) -> Answering<'_, Answer<Vec<FieldRow>>> {
        let told = (ask.query_id.clone(), "span_fields", ask.query.to_string());
        Box::pin(self.at_desk(told, move |desk| desk.span_fields(ask)))
    }

    fn facets(&self, ask: FacetsAsk) -> Answering<'_, Answer<Vec<Facet>>> {
        let told = (ask.query_id.clone(), "facets", ask.set.query.to_string());
        Box::pin(self.at_desk(told, move |desk| desk.facets(ask)))
    }

    fn span_heatmap(&self, ask: SpanHeatmapAsk) -> Answering<'_, Answer<SpanHeatmap>> {
        let told = (ask.query_id.clone(), "span_heatmap", ask.set.query.to_string());
        Box::pin(self.at_desk(told, move |desk| desk.heatmap(ask)))
    }

    fn explain(&self, ask: ExplainAsk) -> Answering<'_, Answer<Vec<Difference>>> {
        let told = (ask.query_id.clone(), "explain", ask.selection.query.to_string());
        Box::pin(self.at_desk(told, move |desk| desk.explain(ask)))
    }

    fn origins(&self, ask: OriginsAsk) -> Answering<'_, Answer<Origins>> {
        Box::pin(async move {
            let parts = self.parts(&self.store.version(), Table::Spans);
            let told = (ask.query_id.clone(), "origins", String::new());
            self.at_desk(told, move |desk| desk.origins(ask, parts)).await
        })
    }
}

/// An outline out of one snapshot.
struct Outlined {
    version: Arc<Version>,
    outline: Outline,
    revision: String,
    meta: Meta,
}

impl Answerer {
    /// The outline of a trace, whose revision is the one asked about.
    async fn outlined(
        &self,
        (query_id, kind): (&QueryId, &'static str),
        (id, episode): (TraceId, Option<u32>),
        revision: Option<&str>,
    ) -> Result<Outlined, AskError> {
        let version = self.store.version();
        let parts = self.parts(&version, Table::Spans);
        let found = self.on_lane(query_id, kind, move |tally| {
            let outline = Outline::read(&parts, id, episode, tally)?;
            let outline = outline.map(|outline| (outline.revision(), outline));
            Ok::<_, DataFusionError>((outline, read_by(tally)))
        });
        let (found, meta) = found.await?.map_err(|error| failure::of(&error))?;
        let Some((current, outline)) = found else { return Err(self.absent(&version, id, None)) };
        episode_is(episode, outline.episode.n, outline.episode.of)?;
        self.revisions.check(&outline, &current, revision)?;
        self.revisions.remember(&outline, &current);
        let meta = Meta { watermark: Some(version.watermark()), ..meta };
        Ok(Outlined { version, outline, revision: current, meta })
    }

    /// The whole id of the trace that an id means.
    async fn meant(&self, query_id: &QueryId, id: TraceId) -> Result<TraceId, AskError> {
        let version = self.store.version();
        let parts = self.parts(&version, Table::Spans);
        let found = self.on_lane(query_id, "trace", move |tally| trace::found::meant(&parts, id, tally));
        let found = found.await?.map_err(|error| failure::of(&error))?;
        found.map(|identity| identity.id).ok_or_else(|| self.absent(&version, id, None))
    }

    async fn answer_skeleton(&self, ask: SkeletonAsk) -> Result<Answer<Skeleton>, AskError> {
        let who = (&ask.query_id.clone(), "skeleton");
        let Outlined { version, outline, revision, meta } =
            self.outlined(who, (ask.id, ask.episode), ask.revision.as_deref()).await?;
        let logs = self.parts(&version, Table::Logs);
        let now = self.store.clock().now();
        let made = self.on_lane(who.0, who.1, move |tally| {
            let lines =
                trace::skeleton::lines(&outline, &logs, tally).map_err(|error| failure::of(&error))?;
            trace::skeleton::skeleton(&outline, (revision, &ask, now), lines)
        });
        Ok(Answer { data: made.await??, meta })
    }

    async fn answer_rows(&self, ask: RowsAsk) -> Result<Answer<Details>, AskError> {
        let who = (&ask.query_id, "trace_rows");
        let Outlined { version, outline, revision, .. } =
            self.outlined(who, (ask.id, ask.episode), ask.revision.as_deref()).await?;
        if let Some(row) = ask.rows.iter().find(|row| **row as usize >= outline.tree.len()) {
            return Err(AskError::new(Code::BadRequest, format!("the trace has no row {row}")));
        }
        let parts = self.parts(&version, Table::Spans);
        let rows = ask.rows.clone();
        let made = self.on_lane(who.0, who.1, move |tally| {
            Ok((trace::details::details(&outline, (revision, &rows), &parts, tally)?, read_by(tally)))
        });
        let (data, meta) = made.await?.map_err(|error: DataFusionError| failure::of(&error))?;
        Ok(Answer { data, meta: Meta { watermark: Some(version.watermark()), ..meta } })
    }

    async fn answer_find(&self, ask: FindAsk) -> Result<Answer<Found>, AskError> {
        let who = (&ask.query_id, "find");
        let Outlined { outline, revision, .. } =
            self.outlined(who, (ask.id, ask.episode), ask.revision.as_deref()).await?;
        let now = self.store.clock().now();
        let told = (ask.query_id.clone(), "find", ask.query.to_string());
        self.at_desk(told, move |desk| desk.find(outline, revision, ask.query, now)).await
    }
}

/// What a question has read.
fn read_by(tally: &Tally) -> Meta {
    Meta { scanned: scanned(tally), partial: tally.partial(), ..Meta::default() }
}

/// Refuses an episode that a trace does not have.
pub(super) fn episode_is(asked: Option<u32>, found: u32, of: u32) -> Result<(), AskError> {
    if asked.is_none_or(|asked| asked == found) {
        return Ok(());
    }
    let detail =
        if of == 1 { "the trace has one episode".to_owned() } else { format!("the trace has {of} episodes") };
    Err(AskError::new(Code::NotFound, detail))
}
