//! What must be quoted is.

use serde_json::json;

use super::record;

#[test]
fn a_record() {
    let values = [json!("a"), json!(1.5), json!(null), json!("say \"hi\", then\ngo"), json!({"k": 1})];
    assert_eq!(record(&values), "a,1.5,,\"say \"\"hi\"\", then\ngo\",\"{\"\"k\"\":1}\"\r\n");
}
