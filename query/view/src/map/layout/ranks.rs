//! Which column each node is in: right of all that call it, as far as calls do not go in circles.

use super::Spot;

/// What a search in depth knows of a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    New,
    /// On the way from the start to here.
    Open,
    Done,
}

/// The column of each node. `calls` are sorted, without circles of one.
pub(super) fn ranks(spots: &[&Spot], calls: &[(usize, usize)], is_connected: &[bool]) -> Vec<usize> {
    let count = spots.len();
    let mut callees = vec![Vec::new(); count];
    let mut callers = vec![0_usize; count];
    for (client, server) in calls {
        callees[*client].push(*server);
        callers[*server] += 1;
    }
    let order = without_circles(&mut callees, &callers);
    let mut ranks = vec![0_usize; count];
    for node in &order {
        for server in &callees[*node] {
            ranks[*server] = ranks[*server].max(ranks[*node] + 1);
        }
    }
    // Who is called by nobody stands beside the first that it calls.
    let mut is_called = vec![false; count];
    callees.iter().flatten().for_each(|server| is_called[*server] = true);
    for node in 0..count {
        let nearest = callees[node].iter().map(|server| ranks[*server]).min();
        if let (false, Some(nearest)) = (is_called[node], nearest) {
            ranks[node] = nearest.saturating_sub(1);
        }
    }
    let is_edge = |node: usize| spots[node].is_outside && callees[node].is_empty() && is_connected[node];
    let last_inside =
        (0..count).filter(|node| is_connected[*node] && !is_edge(*node)).map(|node| ranks[node]);
    let last = last_inside.max().map_or(0, |last| last + 1);
    for node in (0..count).filter(|node| is_edge(*node)) {
        ranks[node] = last;
    }
    ranks
}

/// Turns the calls round that lead back, and answers the nodes with callers before those they call.
fn without_circles(callees: &mut [Vec<usize>], callers: &[usize]) -> Vec<usize> {
    let count = callees.len();
    let mut marks = vec![Mark::New; count];
    let mut order = Vec::with_capacity(count);
    let mut back = Vec::new();
    let starts = (0..count).filter(|node| callers[*node] == 0).chain(0..count);
    for start in starts {
        if marks[start] != Mark::New {
            continue;
        }
        let mut way = vec![(start, 0)];
        marks[start] = Mark::Open;
        while let Some((node, next)) = way.pop() {
            let Some(server) = callees[node].get(next).copied() else {
                marks[node] = Mark::Done;
                order.push(node);
                continue;
            };
            way.push((node, next + 1));
            match marks[server] {
                Mark::Open => back.push((node, server)),
                Mark::New => {
                    marks[server] = Mark::Open;
                    way.push((server, 0));
                }
                Mark::Done => {}
            }
        }
    }
    order.reverse();
    for (client, server) in back {
        callees[client].retain(|known| *known != server);
        if !callees[server].contains(&client) {
            callees[server].push(client);
        }
    }
    order
}
