//! A page of a list that is made whole for each question: the cursor is the number of rows given before.

use daymark_view::error::{AskError, Code};

/// The rows of a page, and the cursor of the next one.
pub(crate) fn page<T>(
    rows: Vec<T>,
    cursor: Option<&str>,
    limit: usize,
) -> Result<(Vec<T>, Option<String>), AskError> {
    let unknown = |_| AskError::new(Code::BadCursor, "the cursor is not one of this list");
    let from: usize = cursor.map_or(Ok(0), str::parse).map_err(unknown)?;
    let end = from.saturating_add(limit).min(rows.len());
    let next = (end < rows.len()).then(|| end.to_string());
    Ok((rows.into_iter().take(end).skip(from).collect(), next))
}
