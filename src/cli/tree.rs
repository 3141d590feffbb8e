//! A trace as a tree: a line for each span with its place, service, start, duration and errors.
//!
//! Every span is shown exactly once, whatever its parent says: spans without a known parent stand at the
//! left, and so does one span of a ring of parents.

use std::collections::HashMap;

use daymark_model::id::SpanId;
use daymark_view::duration::brief;
use daymark_view::instant::rfc3339;
use daymark_view::trace::{Span, Trace};

use super::clean;

/// Deeper spans are not indented further.
const DEPTH_MAX: usize = 40;
const NAME_MAX: usize = 100;

pub(crate) fn render(trace: &Trace) -> String {
    let mut text = head(trace);
    let placed = place(&trace.spans);
    let names: Vec<String> = placed.iter().map(Placed::name).collect();
    let width = names.iter().map(|name| clean::width(name)).max().unwrap_or_default();
    for (line, name) in placed.iter().zip(&names) {
        let span = line.span;
        let gap = " ".repeat(width - clean::width(name));
        let after = brief(span.start.0.saturating_sub(trace.start.0));
        let took = brief(span.duration_ns);
        text.push_str(format!("{name}{gap}  {:>8}  {took:>8}{}", format!("+{after}"), told(line)).trim_end());
        text.push('\n');
    }
    text
}

fn head(trace: &Trace) -> String {
    let root = match &trace.root {
        Some(root) => format!("{}  {}", clean::line(&root.service), clean::line(&root.name)),
        None => "no root".into(),
    };
    format!(
        "trace {}  {root}\n{}  {}  {}, {}, {}, {}  {}\n\n",
        trace.trace_id,
        rfc3339(trace.start),
        brief(trace.duration_ns),
        counted(trace.span_count, "span"),
        counted(trace.error_count, "error"),
        counted(trace.log_count, "log"),
        counted(trace.services.len() as u64, "service"),
        trace.completeness.name(),
    )
}

fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A span with the drawing that leads to it.
struct Placed<'a> {
    span: &'a Span,
    lead: String,
    /// The parent's id names no span of the trace.
    is_orphan: bool,
}

impl Placed<'_> {
    fn name(&self) -> String {
        let service = clean::line(&self.span.service);
        let name = clean::cut(&clean::line(&self.span.name), NAME_MAX);
        let kind = match self.span.kind.as_str() {
            "unspecified" | "internal" => String::new(),
            kind => format!(" ({})", clean::line(kind)),
        };
        format!("{}{service}  {name}{kind}", self.lead)
    }
}

fn told(line: &Placed<'_>) -> String {
    let mut told = String::new();
    if line.span.status == "error" {
        told.push_str("  ERROR");
        if let Some(message) = reason(line.span) {
            told.push(' ');
            told.push_str(&clean::cut(&clean::line(message), NAME_MAX));
        }
    }
    if let (true, Some(parent)) = (line.is_orphan, line.span.parent_span_id) {
        told.push_str(&format!("  (parent {parent} is missing)"));
    }
    told
}

/// What the span says about its error: the status, else the first exception.
fn reason(span: &Span) -> Option<&str> {
    let status = span.status_message.as_deref().filter(|message| !message.is_empty());
    status.or_else(|| {
        let attributes = span.events.iter().map(|event| &event.attributes.0);
        attributes
            .filter_map(|all| all.get("exception.message").or(all.get("exception.type"))?.as_str())
            .next()
    })
}

/// The spans in pre-order. A stack instead of recursion: a trace can be one chain of thousands.
fn place(spans: &[Span]) -> Vec<Placed<'_>> {
    let mut by_id: HashMap<SpanId, usize> = HashMap::new();
    for (index, span) in spans.iter().enumerate() {
        by_id.entry(span.span_id).or_insert(index);
    }
    let parent = |index: usize| {
        let id = spans[index].parent_span_id?;
        by_id.get(&id).copied().filter(|parent| *parent != index)
    };
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
    for index in 0..spans.len() {
        if let Some(parent) = parent(index) {
            children[parent].push(index);
        }
    }
    let mut seen = vec![false; spans.len()];
    let mut placed = Vec::with_capacity(spans.len());
    let tops = (0..spans.len()).filter(|index| parent(*index).is_none());
    // Whatever no top leads to lies in a ring; its first span becomes a top.
    for top in tops.chain(0..spans.len()) {
        let mut waiting = vec![(top, String::new(), String::new(), 0)];
        while let Some((index, lead, below, depth)) = waiting.pop() {
            if std::mem::replace(&mut seen[index], true) {
                continue;
            }
            let span = &spans[index];
            let is_orphan = span.parent_span_id.is_some_and(|id| !by_id.contains_key(&id));
            placed.push(Placed { span, lead, is_orphan });
            let last = children[index].len().saturating_sub(1);
            for (nth, child) in children[index].iter().enumerate().rev() {
                let (branch, trunk) = if nth == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
                let next = if depth < DEPTH_MAX { format!("{below}{trunk}") } else { below.clone() };
                waiting.push((*child, format!("{below}{branch}"), next, depth + 1));
            }
        }
    }
    placed
}

#[cfg(test)]
mod tests;
