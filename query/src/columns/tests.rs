//! The public tables against the layout that storage writes.

use daymark_model::signal::Table;
use daymark_model::tables::Origin;

use super::*;

/// Columns that stand in files without being public.
const FILE_ONLY: [&str; 3] = ["attrs_rest", "observed_delta_ns", "stream"];

/// Scenario: storage writes rows by its own layout.
/// Guarantee: every stored public column is there with the same type, and nothing else but file-only columns.
#[test]
fn stored_columns_equal_the_row_layout() {
    for table in Table::ALL {
        let public = PublicTable::of(table);
        let layout = rows::schema(table);
        for (_, column) in public.columns().filter(|(_, column)| column.origin == Origin::Stored) {
            let stored = layout.field_with_name(column.name).unwrap();
            assert_eq!(
                (stored.data_type(), stored.is_nullable()),
                (&arrow_type(column.kind), column.nullable),
                "{table}.{}",
                column.name
            );
        }
        for stored in layout.fields() {
            let known = public.column(stored.name()).is_some_and(|column| column.origin == Origin::Stored);
            assert!(known || FILE_ONLY.contains(&stored.name().as_str()), "{table}.{}", stored.name());
        }
    }
}

/// Guarantee: names are unique, so that a column's place and name both find it.
#[test]
fn column_names_are_unique() {
    for table in daymark_model::tables::ALL {
        let mut names: Vec<_> = table.columns().map(|(_, column)| column.name).collect();
        names.sort_unstable();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before, "{}", table.name);
    }
}
