//! Rows in aligned columns: numbers to the right, everything else to the left, long cells cut.

use serde_json::Value;

use super::clean;

/// Width from which a cell is cut.
const CELL_MAX: usize = 80;

/// The table with a head, a rule and a line for each row.
pub(crate) fn render(columns: &[String], rows: &[Vec<Value>]) -> String {
    let head: Vec<String> = columns.iter().map(|name| clean::line(name)).collect();
    let cells: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|place| {
            let column = cells.iter().filter_map(|row| row.get(place));
            column.chain(head.get(place)).map(|text| clean::width(text)).max().unwrap_or_default()
        })
        .collect();
    let to_the_right: Vec<bool> = (0..head.len())
        .map(|place| {
            let mut values =
                rows.iter().filter_map(|row| row.get(place)).filter(|value| !value.is_null()).peekable();
            values.peek().is_some() && values.all(Value::is_number)
        })
        .collect();
    let mut text = String::new();
    push_line(&mut text, &head, &widths, &to_the_right);
    let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
    push_line(&mut text, &rule, &widths, &to_the_right);
    for row in &cells {
        push_line(&mut text, row, &widths, &to_the_right);
    }
    text
}

fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => clean::line(text),
        other => clean::line(&other.to_string()),
    };
    clean::cut(&text, CELL_MAX)
}

fn push_line(text: &mut String, cells: &[String], widths: &[usize], to_the_right: &[bool]) {
    let mut line = String::new();
    for ((cell, width), right) in cells.iter().zip(widths).zip(to_the_right) {
        let gap = " ".repeat(width.saturating_sub(clean::width(cell)));
        let (before, after) = if *right { (gap.as_str(), "") } else { ("", gap.as_str()) };
        line.extend([before, cell.as_str(), after, "  "]);
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

#[cfg(test)]
mod tests;
