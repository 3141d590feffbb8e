//! `daymark backup` and `daymark restore`: a copy of a data directory, and a data directory out of a copy.
//!
//! A directory that no server uses is copied here; else the server that uses it is asked to.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use daymark_storage::{Copied, Error, Repairs};
use daymark_vfs::{RealFs, Vfs};
use daymark_view::system::{BackedUp, BackupBody};

use crate::args::{BackupArgs, ReportFormat, RestoreArgs};
use crate::cli::client::{self, Client, JSON};
use crate::verify::{exit_code, print, show_progress};

pub(crate) async fn back_up(args: BackupArgs) -> anyhow::Result<ExitCode> {
    let data = args.place.dir()?;
    let copied = match daymark_storage::back_up(&data, &args.dir).await {
        Err(Error::InUse { .. }) => ask(&args).await?,
        copied => copied.with_context(|| format!("{} cannot be copied", data.display()))?,
    };
    tell(&copied, &args.dir)?;
    Ok(ExitCode::SUCCESS)
}

/// Lets the server copy what it uses.
async fn ask(args: &BackupArgs) -> anyhow::Result<Copied> {
    let dir = std::path::absolute(&args.dir)?;
    let body = BackupBody { dir: dir.to_string_lossy().into_owned() };
    let client = Client::at(&args.url, args.token.as_deref())?;
    let answer = client.post("/system/backup", JSON, serde_json::to_vec(&body)?).await?;
    let answer: serde_json::Value = serde_json::from_str(&client::text(answer).await?)?;
    let told: BackedUp = serde_json::from_value(answer["data"].clone()).context("the answer is no backup")?;
    Ok(Copied { segments: told.segments, bytes: told.bytes, lsn: told.lsn })
}

pub(crate) async fn restore(args: RestoreArgs) -> anyhow::Result<ExitCode> {
    let data = args.place.dir()?;
    let copied = daymark_storage::restore(&args.from, &data).await;
    tell(&copied.with_context(|| format!("{} cannot be restored", args.from.display()))?, &data)?;
    let fs: Arc<dyn Vfs> = Arc::new(RealFs);
    let report = daymark_storage::verify(&data, &fs, Repairs::default(), &show_progress);
    let report = report.await.context("what was restored cannot be checked")?;
    print(&report, ReportFormat::Text)?;
    Ok(exit_code(&report))
}

fn tell(copied: &Copied, to: &Path) -> anyhow::Result<()> {
    let Copied { segments, bytes, lsn } = copied;
    let to = to.display();
    writeln!(std::io::stdout(), "{to}: {segments} segments, {bytes} bytes, the log up to record {lsn}")?;
    Ok(())
}
