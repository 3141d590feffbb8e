//! One id used for several traces, as clients that keep theirs do: told apart by a pause, or by a second
//! root from another instance.

use super::Node;

/// So long without any span ends an episode.
pub const GAP_NS: i64 = 600_000_000_000;

/// For each span the number of its episode, from 0 on in the order of time. `parents` are the places of the
/// parents, `instances` are equal for spans of one instance. The spans come in the order of their start.
pub fn episodes(nodes: &[Node], parents: &[Option<usize>], instances: &[u64]) -> Vec<u32> {
    let tops = tops(parents);
    let mut until = i64::MIN;
    // The stretches between pauses, each with where its last episode began and by whom.
    let mut stretches = vec![0_u32; nodes.len()];
    let mut stretch = 0;
    for (at, node) in nodes.iter().enumerate() {
        if at > 0 && node.start.saturating_sub(until) > GAP_NS {
            stretch += 1;
        }
        until = until.max(node.end());
        stretches[at] = stretch;
    }
    // Where all callers are known from before, a message lay in a queue, and nothing new began.
    let mut begun = vec![0_u32; stretch as usize + 1];
    (0..nodes.len()).filter(|at| tops[*at] == *at).for_each(|at| begun[stretches[at] as usize] = 1);
    for stretch in 1..begun.len() {
        begun[stretch] += begun[stretch - 1];
    }
    stretches.iter_mut().for_each(|stretch| *stretch = begun[*stretch as usize]);
    let mut episodes = vec![0_u32; nodes.len()];
    let mut count = 0;
    let mut last: Option<(u32, Option<u64>)> = None;
    for at in 0..nodes.len() {
        let top = tops[at];
        if top != at && stretches[top] == stretches[at] {
            episodes[at] = episodes[top];
            continue;
        }
        let root_of = (nodes[at].parent.is_none()).then(|| instances[at]);
        let is_new = match last {
            None => true,
            Some((stretch, _)) if stretch != stretches[at] => true,
            Some((_, Some(instance))) => root_of.is_some_and(|other| other != instance),
            Some((_, None)) => false,
        };
        count += u32::from(is_new);
        let began = if is_new { None } else { last.and_then(|(_, root)| root) };
        last = Some((stretches[at], began.or(root_of)));
        episodes[at] = count.saturating_sub(1);
    }
    episodes
}

/// The span at the top of each span's tree.
fn tops(parents: &[Option<usize>]) -> Vec<usize> {
    let mut tops: Vec<usize> = vec![usize::MAX; parents.len()];
    let mut path = Vec::new();
    for start in 0..parents.len() {
        let mut at = start;
        while tops[at] == usize::MAX {
            path.push(at);
            match parents[at] {
                Some(parent) => at = parent,
                None => {
                    tops[at] = at;
                }
            }
        }
        let top = tops[at];
        path.drain(..).for_each(|on_path| tops[on_path] = top);
    }
    tops
}
