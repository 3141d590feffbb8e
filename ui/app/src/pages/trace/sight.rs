//! Folds, zoom and selection. They stand in the address, so that a link shows the same span in the same place.

use std::collections::BTreeSet;

use daymark_viz::waterfall::{Folds, Line, Preset};
use leptos::prelude::*;

use crate::pages::trace::Read;
use crate::shell::Shell;

/// Rows turned by hand that an address takes.
const TURNED_MOST: usize = 32;

#[derive(Clone, Copy)]
pub(crate) struct Sight {
    shell: Shell,
    pub(crate) folds: Memo<Folds>,
    pub(crate) lines: Memo<Vec<Line>>,
    /// From and to, from the start of the trace.
    pub(crate) zoom: Memo<(i64, i64)>,
    /// The row whose panel is open.
    pub(crate) chosen: Memo<Option<u32>>,
    /// Rows that the find matches.
    pub(crate) matches: Memo<Vec<u32>>,
    whole: i64,
}

impl Sight {
    pub(crate) fn new(read: &Read) -> Self {
        let shell = Shell::here();
        let fold = shell.address.param("fold");
        let open = shell.address.param("open");
        let folds = Memo::new(move |_| Folds {
            preset: fold.get().map_or(Preset::Auto, |fold| Preset::read(&fold)),
            turned: open.get().unwrap_or_default().split(',').filter_map(|row| row.parse().ok()).collect(),
        });
        let waterfall = read.waterfall.clone();
        let lines = Memo::new(move |_| waterfall.lines(&folds.get()));
        let whole = read.skeleton.duration_ns.max(1);
        let zoom = shell.address.param("zoom");
        let zoom = Memo::new(move |_| {
            let ends = zoom.get().and_then(|zoom| {
                let (from, to) = zoom.split_once('-')?;
                Some((from.parse::<i64>().ok()?, to.parse::<i64>().ok()?))
            });
            ends.filter(|(from, to)| from < to).unwrap_or((0, whole))
        });
        let rows = read.skeleton.depth.len() as u32;
        let row = shell.address.param("row");
        let chosen = Memo::new(move |_| row.get().and_then(|row| row.parse().ok()).filter(|row| *row < rows));
        let find = shell.address.param("find");
        let searched = read.clone();
        let matches = Memo::new(move |_| {
            let find = find.get().unwrap_or_default().to_lowercase();
            if find.is_empty() {
                return Vec::new();
            }
            let is_error = find == "status:error";
            let is_match = |row: &u32| {
                is_error && searched.waterfall.is_error(*row)
                    || searched.name(*row).to_lowercase().contains(&find)
                    || searched.service(*row).to_lowercase().contains(&find)
            };
            (0..rows).filter(is_match).collect()
        });
        Self { shell, folds, lines, zoom, chosen, matches, whole }
    }

    /// Opens or closes a line.
    pub(crate) fn turn(self, row: u32) {
        let mut turned = self.folds.get_untracked().turned;
        if !turned.remove(&row) {
            turned.insert(row);
        }
        self.write(&turned);
    }

    fn write(self, turned: &BTreeSet<u32>) {
        let rows: Vec<String> = turned.iter().rev().take(TURNED_MOST).map(u32::to_string).collect();
        self.shell.address.replace(self.shell.address.now().with("open", &rows.join(",")));
    }

    pub(crate) fn choose(self, row: Option<u32>) {
        let text = row.map(|row| row.to_string()).unwrap_or_default();
        self.shell.address.replace(self.shell.address.now().with("row", &text));
    }

    /// Chooses a row and opens what hides it.
    pub(crate) fn reveal(self, read: &Read, row: u32) {
        let folds = read.waterfall.reveal(&self.folds.get_untracked(), row);
        if folds != self.folds.get_untracked() {
            self.write(&folds.turned);
        }
        self.choose(Some(row));
    }

    /// Shows a part of the time; all of it when the part is all.
    pub(crate) fn zoom_to(self, from: i64, to: i64) {
        let (from, to) = (from.max(0), to.min(self.whole));
        let text =
            if from <= 0 && to >= self.whole || from >= to { String::new() } else { format!("{from}-{to}") };
        self.shell.address.replace(self.shell.address.now().with("zoom", &text));
    }

    /// Larger than one shows less.
    pub(crate) fn zoom_by(self, factor: f64, middle: f64) {
        let (from, to) = self.zoom.get_untracked();
        let width = (to - from) as f64;
        let at = from as f64 + width * middle;
        let wide = (width / factor).clamp(1.0, self.whole as f64);
        let start = (at - wide * middle).clamp(0.0, self.whole as f64 - wide);
        self.zoom_to(start as i64, (start + wide) as i64);
    }

    pub(crate) fn pan(self, share: f64) {
        let (from, to) = self.zoom.get_untracked();
        let step = ((to - from) as f64 * share) as i64;
        let step = step.clamp(-from, self.whole - to);
        self.zoom_to(from + step, to + step);
    }
}
