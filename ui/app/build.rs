//! Turns `words/*.toml` into the enum `Word` and its texts, so that a text that is missing in a language, or
//! used but not written, does not compile.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=words");
    let mut files: Vec<_> =
        fs::read_dir("words").expect("ui/app/words").flatten().map(|file| file.path()).collect();
    files.sort();
    let mut words = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a file of words");
        let section = file.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let table: toml::Table = text.parse().unwrap_or_else(|bad| panic!("{}: {bad}", file.display()));
        for (key, texts) in table {
            let texts = texts
                .as_array()
                .map(|texts| texts.iter().filter_map(|text| text.as_str()).collect::<Vec<_>>());
            let Some([english, korean]) = texts.as_deref() else {
                panic!("{}: {key} is not [\"English\", \"한국어\"]", file.display());
            };
            words.push((camel(&section) + &camel(&key), (*english).to_owned(), (*korean).to_owned()));
        }
    }
    let mut out = String::from(
        "/// A text of the UI.\n#[derive(Clone, Copy, Debug, PartialEq, Eq)]\npub(crate) enum Word {\n",
    );
    for (name, english, _) in &words {
        writeln!(out, "    /// {}\n    {name},", english.replace('\n', " ")).expect("text");
    }
    out.push_str("}\n");
    for (language, pick) in [("ENGLISH", 1), ("KOREAN", 2)] {
        writeln!(out, "const {language}: [&str; {}] = [", words.len()).expect("text");
        for (_, english, korean) in &words {
            writeln!(out, "    {:?},", if pick == 1 { english } else { korean }).expect("text");
        }
        out.push_str("];\n");
    }
    fs::write(Path::new(&env::var("OUT_DIR").expect("cargo")).join("words.rs"), out).expect("written");
}

fn camel(name: &str) -> String {
    let part = |part: &str| {
        let (first, rest) = part.split_at(1);
        first.to_uppercase() + rest
    };
    name.split(['_', '-']).filter(|one| !one.is_empty()).map(part).collect()
}
