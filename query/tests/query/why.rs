//! Why a search found nothing.

use daymark_model::time::Nanos;
use daymark_view::ask::Ask;
use daymark_view::range::Range;
use daymark_view::search::{Domain, clauses};
use daymark_view::why::{Nearest, WhyAsk, WhyEmpty, WhySignal};
use serde_json::json;

use crate::data::{NOON, Span, logs, spans};
use crate::place::{Place, query_id};

const MINUTE: i64 = 60_000;

fn at(minute: i64) -> Option<Nanos> {
    Some(Nanos(NOON + minute * Nanos::MINUTE))
}

async fn why(place: &Place, signal: WhySignal, q: &str, minutes: (i64, i64)) -> WhyEmpty {
    let domain = if signal == WhySignal::Logs { Domain::Logs } else { Domain::Traces };
    let ask = WhyAsk {
        query_id: query_id(),
        signal,
        text: q.into(),
        clauses: clauses(domain, q).unwrap(),
        range: Range { from: at(minutes.0).unwrap(), to: at(minutes.1).unwrap() },
        scope: Vec::new(),
    };
    place.answerer.why_empty(ask).await.unwrap().data
}

/// Guarantee: for each clause it is told what passes it and what would be found without it, and where the
/// nearest lines are.
#[tokio::test(flavor = "multi_thread")]
async fn each_clause_of_a_search_of_lines_is_weighed() {
    let place = Place::empty().await;
    let lines = [
        (0, 17, "bank failed", None, json!({})),
        (10 * MINUTE, 9, "bank called", None, json!({})),
        (11 * MINUTE, 9, "bank answered", None, json!({})),
        (12 * MINUTE, 17, "disk failed", None, json!({})),
        (50 * MINUTE, 17, "bank failed again", None, json!({})),
    ];
    place.send("logs", &logs("payment", &lines)).await;
    for _ in 0..2 {
        let q = "bank (level:error OR level:fatal)  AND -again";
        let told = why(&place, WhySignal::Logs, q, (5, 30)).await;
        assert_eq!((told.total, told.series_outside), (3, None));
        let weighed: Vec<_> = told
            .clauses
            .iter()
            .map(|clause| (q.get(clause.span[0]..clause.span[1]).unwrap(), clause.passes, clause.without))
            .collect();
        assert_eq!(
            weighed,
            [
                ("bank", Some(2), Some(1)),
                ("(level:error OR level:fatal)", Some(1), Some(2)),
                ("-again", Some(3), Some(0)),
            ]
        );
        assert_eq!(told.nearest, Nearest { before: at(0), after: at(50) });
        assert_eq!(told.matches, Nearest { before: at(0), after: None });
        // No data in the range at all.
        let told = why(&place, WhySignal::Logs, "", (20, 30)).await;
        assert_eq!((told.total, told.clauses.len()), (0, 0));
        assert_eq!(told.nearest, Nearest { before: at(12), after: at(50) });
        place.store.settle().await.unwrap();
    }
}

/// Guarantee: the same of spans; what no single span tells is null.
#[tokio::test(flavor = "multi_thread")]
async fn each_clause_of_a_search_of_traces_is_weighed() {
    let place = Place::empty().await;
    let web = [
        Span::new(&format!("{:032x}", 1), 1, None, "GET /", 2, 10 * MINUTE),
        Span { is_error: true, ..Span::new(&format!("{:032x}", 2), 2, None, "GET /cart", 2, 11 * MINUTE) },
    ];
    place.send("spans", &spans("web", "prod", &web)).await;
    let q = "status:error name:\"GET /\" trace.spans>3";
    let told = why(&place, WhySignal::Spans, q, (0, 30)).await;
    let weighed: Vec<_> = told.clauses.iter().map(|clause| (clause.passes, clause.without)).collect();
    assert_eq!(told.total, 2);
    assert_eq!(weighed, [(Some(1), None), (Some(1), None), (None, Some(0))]);
    assert_eq!(told.matches, Nearest::default());
}
