//! Rows of one trace that match: what rows of the store tell in SQL, the rest by their places in the tree.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use daymark_model::id::SpanId;
use daymark_model::time::Nanos;
use daymark_view::error::AskError;
use daymark_view::meta::Answer;
use daymark_view::search::Query;
use daymark_view::skeleton::Found;
use daymark_view::tree::Kind;

use super::desk::Desk;
use super::formula::Plan;
use super::summary::{SpanFact, TraceFacts};
use super::traces::Read;
use crate::running::scanned;
use crate::sql::failure;
use crate::trace::outline::Outline;
use crate::trace::spans::Columns;

/// What tells the spans of a trace apart.
type Place = (SpanId, i64, i64, Kind);

impl Desk {
    pub(crate) async fn find(
        self,
        outline: Outline,
        revision: String,
        query: Query,
        now: Nanos,
    ) -> Result<Answer<Found>, AskError> {
        let plan = Plan::of(query.node.as_ref())?;
        let truths = self.truths(&outline, &plan.conditions).await?;
        let shared =
            |texts: &[String]| texts.iter().map(|text| text.as_str().into()).collect::<Vec<Arc<str>>>();
        let (services, names) = (shared(&outline.services.all), shared(&outline.names.all));
        let (error, none): (Arc<str>, Arc<str>) = ("error".into(), "".into());
        let fact = |at: usize| {
            let (bone, node) = (&outline.bones[at], outline.nodes[at]);
            let place = (node.id, node.start, node.duration, node.kind);
            SpanFact {
                id: node.id,
                parent: node.parent,
                service: Arc::clone(&services[node.service as usize]),
                name: Arc::clone(&names[bone.name as usize]),
                kind: node.kind,
                start: node.start,
                duration: node.duration,
                status: Arc::clone(if bone.is_error() { &error } else { &none }),
                tier: Arc::clone(&none),
                truths: truths.get(&place).cloned().unwrap_or_default(),
            }
        };
        let spans = (0..outline.nodes.len()).map(fact).collect();
        let tree = outline.tree.clone();
        let trace = TraceFacts::with_tree(outline.id, (spans, outline.nodes.clone(), tree), 0, now);
        let holds = plan.judge(&trace);
        let mut found = Found { rev: revision, ..Found::default() };
        for (row, span) in (0_u32..).zip(&outline.tree.spans).filter(|(_, span)| holds[**span as usize]) {
            found.count += 1;
            *found.by_service.entry(trace.spans[*span as usize].service.to_string()).or_default() += 1;
            match found.ranges.last_mut().filter(|last| last[1] == row) {
                Some(last) => last[1] = row + 1,
                None => found.ranges.push([row, row + 1]),
            }
        }
        let mut answer = Answer::of(found);
        answer.meta.scanned = scanned(&self.tally);
        answer.meta.partial = self.tally.partial();
        Ok(answer)
    }

    /// Which conditions hold for which spans of a trace.
    async fn truths(
        &self,
        outline: &Outline,
        conditions: &[String],
    ) -> Result<HashMap<Place, Vec<bool>>, AskError> {
        let mut all: HashMap<Place, Vec<bool>> = HashMap::new();
        if conditions.is_empty() {
            return Ok(all);
        }
        let truths: String =
            conditions.iter().enumerate().map(|(at, sql)| format!(", ({sql}) AS truth_{at}")).collect();
        let sql = format!(
            "SELECT span_id, start, duration_ns, kind{truths} FROM spans WHERE trace_id = '{}'",
            outline.id
        );
        for batch in self.rows(&sql).await? {
            let mut read = || -> Read<()> {
                let columns = Columns::of(&batch);
                let (starts, durations) = (columns.instants("start")?, columns.integers("duration_ns")?);
                let kinds = columns.texts("kind")?;
                let told: Vec<_> = (4..batch.num_columns()).map(|at| batch.column(at).as_boolean()).collect();
                for row in 0..batch.num_rows() {
                    let Some(id) = columns.span_id("span_id", row)? else { continue };
                    let place = (id, starts[row], durations[row], Kind::from_name(kinds.value(row)));
                    let known = all.entry(place).or_insert_with(|| vec![false; told.len()]);
                    for (known, truth) in known.iter_mut().zip(&told) {
                        *known |= truth.is_valid(row) && truth.value(row);
                    }
                }
                Ok(())
            };
            read().map_err(|error| failure::of(&error))?;
        }
        Ok(all)
    }
}
