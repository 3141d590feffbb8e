//! The statuses clients rely on, and the body of a problem.

use daymark_model::time::Nanos;
use serde_json::json;

use super::{Absence, AskError, Code};

#[test]
fn statuses() {
    let cases = [
        (Code::BadRequest, 400),
        (Code::BadQuery, 400),
        (Code::BadId, 400),
        (Code::BadRange, 400),
        (Code::BadCursor, 400),
        (Code::Unauthenticated, 401),
        (Code::Forbidden, 403),
        (Code::NotFound, 404),
        (Code::MethodNotAllowed, 405),
        (Code::NotAcceptable, 406),
        (Code::Conflict, 409),
        (Code::TooLarge, 413),
        (Code::UnsupportedType, 415),
        (Code::LimitExceeded, 422),
        (Code::RateLimited, 429),
        (Code::Internal, 500),
        (Code::Unavailable, 503),
        (Code::Timeout, 504),
    ];
    for (code, status) in cases {
        assert_eq!(code.status(), status, "{code:?}");
    }
}

#[test]
fn a_problem_says_what_is_known_and_nothing_else() {
    let error = AskError::new(Code::BadQuery, "\"5x\" is not a duration").hint("units: s m").span(9, 11);
    assert_eq!(
        serde_json::to_value(error.problem()).unwrap(),
        json!({"type": "about:blank", "title": "Bad query", "status": 400, "code": "bad_query",
               "detail": "\"5x\" is not a duration", "hint": "units: s m", "span": [9, 11]})
    );
    let gone = AskError::new(Code::NotFound, "no such trace").absent(Absence::MaybeExpired, Some(Nanos(7)));
    let body = serde_json::to_value(gone.problem()).unwrap();
    assert_eq!((&body["reason"], &body["kept_since"]), (&json!("maybe_expired"), &json!("7")));
}
