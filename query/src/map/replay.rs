//! How the map changed over time: in each step the nodes and edges whose state is another than before.

use std::collections::{BTreeMap, HashMap};

use daymark_aggregate::Aggregate;
use daymark_view::error::AskError;
use daymark_view::map::{MapChange, ReplayAsk, ReplayStep};
use daymark_view::meta::Answer;
use daymark_view::services::ServiceState;

use crate::red::calls::{self, Calls, entry};
use crate::red::figures::Figures;
use crate::red::reader::Reader;
use crate::red::rows::RedRows;
use crate::red::whose::Whose;
use crate::red::windows::{Steps, before, buckets, starts};
use crate::services::judged;
use crate::sql::failure;
use crate::sums::Keys;

/// Figures of each step, and those of the window before, to judge them by.
type Lane<T> = (BTreeMap<usize, T>, T);

pub(crate) async fn replay(ask: &ReplayAsk, reader: &Reader) -> Result<Answer<Vec<ReplayStep>>, AskError> {
    let whose = Whose::of_names(&ask.scope)?;
    let step_s = Aggregate::Red.step_s();
    let now = buckets(ask.range, step_s, reader.now);
    let earlier = buckets(before(ask.range), step_s, reader.now);
    let steps = Steps::of(now, ask.steps);
    let mut nodes: HashMap<String, Lane<Figures>> = HashMap::new();
    let whole = starts(&earlier).start..starts(&now).end;
    let gathered = reader.each(&[Aggregate::Red], whole.clone(), Keys::Services, |_, batch| {
        for row in RedRows::of(batch)?.within(whole.clone()) {
            if !row.is_entry || !whose.has(&row) {
                continue;
            }
            let lane = entry(&mut nodes, row.service);
            match steps.at(row.bucket) {
                Some(step) => lane.0.entry(step).or_default().add(&row)?,
                None => lane.1.add(&row)?,
            }
        }
        Ok(())
    });
    gathered.await.map_err(|error| failure::of(&error))?;
    let mut edges: BTreeMap<[String; 2], Lane<Calls>> = BTreeMap::new();
    let is_inside = |client: &str| nodes.contains_key(client);
    let gathered = calls::each(reader, whole.clone(), Keys::Services, &whose, is_inside, |row| {
        let lane = edges.entry([row.client.to_owned(), row.server.to_owned()]).or_default();
        match steps.at(row.bucket) {
            Some(step) => lane.0.entry(step).or_default().add(row),
            None => lane.1.add(row),
        }
    });
    gathered.await.map_err(|error| failure::of(&error))?;
    let mut changes: Vec<Vec<MapChange>> = vec![Vec::new(); steps.len];
    let nodes: BTreeMap<_, _> = nodes.into_iter().collect();
    for (node, (lane, before)) in nodes {
        tell(
            &mut changes,
            &lane,
            |figures| judged(figures, &before).0,
            |state| MapChange { node: Some(node.clone()), state, ..MapChange::default() },
        );
    }
    for (edge, (lane, before)) in edges {
        let before = as_figures(&before);
        tell(
            &mut changes,
            &lane,
            |calls| judged(&as_figures(calls), &before).0,
            |state| MapChange { edge: Some(edge.clone()), state, ..MapChange::default() },
        );
    }
    let step = |(at, changes): (usize, Vec<MapChange>)| ReplayStep { at: steps.start(at), changes };
    let data = changes.into_iter().enumerate().map(step).collect();
    Ok(reader.answer(data, Some(now)))
}

/// In the first step all states are news; later those that are others. Without anything they are unknown.
fn tell<T>(
    changes: &mut [Vec<MapChange>],
    lane: &BTreeMap<usize, T>,
    state: impl Fn(&T) -> ServiceState,
    change: impl Fn(ServiceState) -> MapChange,
) {
    let mut last = None;
    for (at, changes) in changes.iter_mut().enumerate() {
        let now = lane.get(&at).map_or(ServiceState::Unknown, &state);
        if last.replace(now) != Some(now) {
            changes.push(change(now));
        }
    }
}

fn as_figures(calls: &Calls) -> Figures {
    Figures {
        count: calls.count,
        errors: calls.errors,
        sketch: calls.durations().clone(),
        ..Figures::default()
    }
}
