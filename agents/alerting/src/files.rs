//! Rules in files: every `.yaml` and `.yml` of a folder, each with a list `rules`. A rule that is wrong is told
//! with its line and column and costs no other.

use std::collections::HashSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use daymark_model::time::Nanos;
use daymark_view::alerts::fields::{Fault, Fields};
use daymark_view::alerts::rule::{KnownRule, Origin, Rule};
use daymark_view::alerts::state::BadFile;
use serde_json::Value;

use crate::yaml::{self, Place};

/// A file is no larger than this.
const FILE_BYTES: u64 = 4 << 20;

/// Something that is wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    pub file: String,
    pub place: Place,
    pub detail: String,
    pub hint: Option<String>,
}

impl fmt::Display for Complaint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}: {}", self.file, self.place.line, self.place.column, self.detail)?;
        match &self.hint {
            Some(hint) => write!(out, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl From<Complaint> for BadFile {
    fn from(complaint: Complaint) -> Self {
        let Complaint { file, place, detail, hint } = complaint;
        Self { file, line: place.line, column: place.column, error: detail, hint }
    }
}

/// What some files say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleFiles {
    pub rules: Vec<KnownRule>,
    pub complaints: Vec<Complaint>,
}

/// The files of a folder with their times and sizes, by name.
pub type Look = Vec<(PathBuf, Option<SystemTime>, u64)>;

pub fn look(folder: &Path) -> io::Result<Look> {
    let mut look = Look::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            let about = std::fs::metadata(&path).ok();
            let changed = about.as_ref().and_then(|about| about.modified().ok());
            look.push((path, changed, about.map_or(0, |about| about.len())));
        }
    }
    look.sort();
    Ok(look)
}

/// Reads all files of a folder, in the order of their names.
pub fn read_folder(folder: &Path, now: Nanos) -> io::Result<RuleFiles> {
    let mut all = RuleFiles::default();
    for (path, ..) in look(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match read_text(&path) {
            Ok(text) => all.add(read_rules(&name, &text, Origin::File, now)),
            Err(error) => all.complaints.push(unread(name, &error)),
        }
    }
    all.refuse_repeats();
    Ok(all)
}

pub fn read_text(path: &Path) -> io::Result<String> {
    if std::fs::metadata(path)?.len() > FILE_BYTES {
        return Err(io::Error::other(format!("the file is larger than {FILE_BYTES} bytes")));
    }
    std::fs::read_to_string(path)
}

fn unread(file: String, error: &io::Error) -> Complaint {
    let detail = format!("it cannot be read: {error}");
    Complaint { file, place: Place { line: 1, column: 1 }, detail, hint: None }
}

/// The rules of one text.
pub fn read_rules(file: &str, text: &str, origin: Origin, now: Nanos) -> RuleFiles {
    let mut all = RuleFiles::default();
    let complaint = |place, detail, hint| Complaint { file: file.to_owned(), place, detail, hint };
    let document = match yaml::read(text) {
        Ok(document) => document,
        Err(error) => {
            all.complaints.push(complaint(error.place, error.detail, None));
            return all;
        }
    };
    let mut complain = |faults: Vec<Fault>| {
        let told = faults
            .into_iter()
            .map(|fault| complaint(document.place(&fault.pointer), fault.detail, fault.hint));
        all.complaints.extend(told);
    };
    if document.value.is_null() {
        return all;
    }
    let mut fields = match Fields::of(&document.value, "", &["rules"]) {
        Ok(fields) => fields,
        Err(fault) => {
            complain(vec![fault.hint("a file begins with \"rules:\"")]);
            return all;
        }
    };
    let read: Vec<(usize, Rule)> = match fields.get("rules") {
        Some(Value::Array(list)) => {
            let mut rules = Vec::new();
            for (at, value) in list.iter().enumerate() {
                match Rule::read(value, &format!("/rules/{at}")) {
                    Ok(rule) => rules.push((at, rule)),
                    Err(faults) => fields.faults.extend(faults),
                }
            }
            rules
        }
        Some(_) => {
            fields.fault("rules", "\"rules\" is not a list", "each rule begins with \"- name:\"");
            Vec::new()
        }
        None => Vec::new(),
    };
    complain(fields.faults);
    for (at, rule) in read {
        let id = match origin {
            Origin::Default => format!("default:{}", rule.name.replace(' ', "-")),
            _ => format!("file:{file}:{}", rule.name),
        };
        let line = document.place(&format!("/rules/{at}")).line;
        let file = (origin == Origin::File).then(|| file.to_owned());
        all.rules.push(KnownRule {
            id,
            version: 0,
            origin,
            line: file.as_ref().map(|_| line),
            file,
            created_at: now,
            updated_at: now,
            rule,
        });
    }
    all.refuse_repeats();
    all
}

impl RuleFiles {
    fn add(&mut self, more: Self) {
        self.rules.extend(more.rules);
        self.complaints.extend(more.complaints);
    }

    /// Two rules of one name in one file would have one state.
    fn refuse_repeats(&mut self) {
        let mut known = HashSet::new();
        let complaints = &mut self.complaints;
        self.rules.retain(|rule| {
            let is_new = known.insert(rule.id.clone());
            if !is_new {
                let place = Place { line: rule.line.unwrap_or(1), column: 1 };
                let detail = format!("there is a second rule \"{}\"", rule.rule.name);
                let file = rule.file.clone().unwrap_or_default();
                complaints.push(Complaint { file, place, detail, hint: Some("give it another name".into()) });
            }
            is_new
        });
    }
}
