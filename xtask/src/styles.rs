//! The style sheets as one, in the order of their names, without comments and indentation.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// All sheets of a folder, those of its folders after its own.
pub(crate) fn joined(folder: &Path) -> Result<String> {
    let mut sheets = Vec::new();
    collect(folder, &mut sheets)?;
    let mut out = String::new();
    for sheet in sheets {
        let text = fs::read_to_string(&sheet).with_context(|| sheet.display().to_string())?;
        out.push_str(&small(&text));
    }
    Ok(out)
}

fn collect(folder: &Path, sheets: &mut Vec<PathBuf>) -> Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    entries.sort_by_key(|path| (path.is_dir(), path.clone()));
    for path in entries {
        if path.is_dir() {
            collect(&path, sheets)?;
        } else if path.extension().is_some_and(|ending| ending == "css") {
            sheets.push(path);
        }
    }
    Ok(())
}

/// Without comments; white space that separates nothing is left out.
fn small(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        bare.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    bare.push_str(rest);
    let lines = bare.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.fold(String::with_capacity(bare.len()), |mut out, line| {
        out.push_str(line);
        // A selector may go on in the next line.
        if !line.ends_with(['{', '}', ';', ',']) {
            out.push(' ');
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::small;

    #[test]
    fn comments_and_indentation_go() {
        assert_eq!(small("/* why */\n.a,\n.b {\n  color: red;\n}\n"), ".a,.b {color: red;}");
    }
}
