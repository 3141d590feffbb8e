//! The log: records, heads, and whether it begins where the catalog ends.

use std::path::Path;
use std::sync::Arc;

use daymark_model::id::Lsn;
use daymark_vfs::Vfs;
use daymark_wal::{Damage, What};

use super::Report;
use crate::error::Error;
use crate::folder::Folder;

const RESEND: &str =
    "nothing brings them back but their sender, or a backup; the next start counts them as lost";

impl Report {
    pub(super) fn check_log(
        &mut self,
        folder: &Folder,
        fs: &Arc<dyn Vfs>,
        first: Option<Lsn>,
        low: Option<Lsn>,
    ) -> Result<(), Error> {
        if !folder.wal().is_dir() {
            return Ok(());
        }
        let checked = daymark_wal::verify(&folder.wal(), fs)?;
        for file in &checked.files {
            self.log_files += 1;
            self.log_records += file.records;
            self.log_items += file.items;
        }
        for damage in &checked.damage {
            self.tell(damage, low);
        }
        if let Some((file, at)) = &checked.torn_tail {
            let what = format!("it ends at byte {at} in a group that cannot be read");
            let cost =
                "if a crash cut its writing short: nothing, it was never acknowledged. Else its batches";
            self.find(name(file), what, cost, "the next start cuts it off");
        }
        if let Some((first, low)) = first.zip(low).filter(|(first, low)| first > low) {
            let what = format!("it begins at record {}, and segments end before record {}", first.0, low.0);
            self.find("wal", what, format!("up to {} batches", first.0 - low.0), RESEND);
        }
        Ok(())
    }

    fn tell(&mut self, damage: &Damage, low: Option<Lsn>) {
        let needed = low.is_none_or(|low| damage.first.0 + damage.records > low.0);
        let what = match damage.what {
            What::Records => {
                format!("bytes {} to {} are no records", damage.offset, damage.offset + damage.bytes)
            }
            What::File => "a file of the log is gone or cannot be read".into(),
            What::Head => "its head is damaged; its records can be read".into(),
            What::Chain => "it does not continue the file before it".into(),
            What::Content => format!("the record at byte {} holds what no version writes", damage.offset),
        };
        let items = damage.items.map_or_else(|| "an unknown number of".to_owned(), |items| items.to_string());
        let (cost, advice) = match (damage.records, needed) {
            (0, _) => ("nothing".to_owned(), "none needed: the file goes when it is released"),
            (_, false) => ("nothing: its rows are in segments".to_owned(), "none needed"),
            (records, true) => (format!("{records} batches with {items} items"), RESEND),
        };
        self.find(name(&damage.file), what, cost, advice);
    }
}

fn name(file: &Path) -> String {
    format!("wal/{}", file.file_name().unwrap_or_default().to_string_lossy())
}
