//! `docs/config.md` says what the default file says. To write it anew:
//! `DAYMARK_WRITE_PAGES=1 cargo test --workspace --bins page_of_settings`.

use std::fmt::Write;
use std::path::Path;

use super::super::DEFAULT;

const PAGE: &str = "docs/config.md";
const WRITE: &str = "DAYMARK_WRITE_PAGES";

const HEAD: &str = "\
# Settings

<!-- Made from src/config/default.toml; src/config/tests/page.rs says how. -->

Flags win over the environment, that over the file (`--config`, else `./daymark.toml`), that over these defaults. \
A file needs only what differs, as TOML. The variable of `ui` in `[listen]` is `DAYMARK_LISTEN_UI`; in a variable \
the entries of a list are parted by commas. A key that nobody knows is an error that names its place. `daymark \
config check` finds it without starting anything, and prints the limits that hold on this machine; `daymark \
config default` prints the file this page is made from.
";

/// A section of the file: what is said before its keys, and each key with its default and what is said of it.
#[derive(Default)]
struct Section<'t> {
    name: &'t str,
    said: String,
    keys: Vec<(&'t str, &'t str, String)>,
}

fn sections(file: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut said: Vec<&str> = Vec::new();
    for line in file.lines() {
        // A rule is only an example, behind a bare "#".
        let example = line.strip_prefix('#').filter(|rest| !rest.is_empty() && !rest.starts_with(' '));
        let line = example.unwrap_or(line);
        let name = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        if let Some(name) = name {
            said.clear();
            sections.push(Section { name, ..Section::default() });
        } else if line == "#" {
            sections.last_mut().expect("a section").said = std::mem::take(&mut said).join(" ");
        } else if let Some(comment) = line.strip_prefix("# ") {
            said.push(comment);
        } else if let Some((key, value)) = line.split_once(" = ") {
            assert!(!said.is_empty(), "nothing is said of {key} in the default file");
            let said = std::mem::take(&mut said).join(" ");
            sections.last_mut().expect("a section").keys.push((key, value, said));
        }
    }
    sections
}

fn page(file: &str) -> String {
    let mut page = HEAD.to_owned();
    for section in sections(file) {
        write!(page, "\n## [{}]\n\n", section.name).expect("text grows");
        if !section.said.is_empty() {
            write!(page, "{}\n\n", section.said).expect("text grows");
        }
        page.push_str("| key | default | what it is |\n|---|---|---|\n");
        for (key, value, said) in section.keys {
            writeln!(page, "| `{key}` | `{value}` | {} |", said.replace('|', "\\|")).expect("text grows");
        }
    }
    page
}

#[test]
fn the_page_of_settings_says_what_the_default_file_says() {
    let path = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join(PAGE);
    let expected = page(DEFAULT);
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let command = format!("{WRITE}=1 cargo test --workspace --bins page_of_settings");
    assert!(
        found == expected,
        "{PAGE} is not what src/config/default.toml says; write it anew with `{command}`"
    );
}
