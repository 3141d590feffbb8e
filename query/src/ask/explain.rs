//! The answer that tells how another would be found.

use std::sync::Arc;

use daymark_view::error::AskError;
use daymark_view::explain::Explained;
use daymark_view::meta::Answer;
use daymark_view::sql::SqlAsk;

use super::Answerer;
use crate::scan::reader::Tally;
use crate::sql::explain::explain;

impl Answerer {
    pub(super) async fn answer_explain(&self, ask: SqlAsk) -> Result<Answer<Explained>, AskError> {
        let version = self.store.version();
        let tally = Arc::new(Tally::default());
        let tables = self.tables(&version, &ask.query, &tally).await?;
        let (id, text) = (ask.query_id.clone(), ask.query.clone());
        let mut answer = self
            .runner
            .at_desk((&id, "explain", &text), tables, tally, move |desk| explain(desk, ask))
            .await?;
        answer.meta.watermark = Some(version.watermark());
        Ok(answer)
    }
}
