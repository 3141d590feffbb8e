//! `daymark sql`: one query from the command line or stdin, or a prompt.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::process::ExitCode;

use anyhow::Context;
use daymark_view::meta::{Answer, Meta};
use daymark_view::sql::{SqlBody, SqlFormat, SqlTable};
use http_body_util::BodyExt;
use serde_json::{Map, Value};

use super::client::{self, Body, Client};
use super::lines::{Line, Lines};
use super::{AskArgs, Format, clean, note, table};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SqlArgs {
    /// A SELECT; `-` reads it from stdin; without it there is a prompt
    pub(crate) query: Option<String>,
    #[command(flatten)]
    pub(crate) ask: AskArgs,
}

pub(crate) async fn run(args: SqlArgs) -> anyhow::Result<ExitCode> {
    let client = Client::new(&args.ask)?;
    let mut out = io::stdout().lock();
    let query = match args.query.as_deref() {
        None if io::stdin().is_terminal() => return prompt(&client, &args.ask, &mut out).await,
        None | Some("-") => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).context("stdin cannot be read")?;
            text
        }
        Some(text) => text.to_owned(),
    };
    ask(&client, &args.ask, &query, &mut out).await?;
    Ok(ExitCode::SUCCESS)
}

/// Reads queries that end with a semicolon; an error does not end the prompt.
async fn prompt(client: &Client, args: &AskArgs, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut query = String::new();
    loop {
        write!(out, "{}", if query.is_empty() { "daymark> " } else { "      -> " })?;
        out.flush()?;
        if io::stdin().lock().read_line(&mut query)? == 0 || ["exit", "quit"].contains(&query.trim()) {
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(whole) = query.trim_end().strip_suffix(';') {
            if let Err(error) = ask(client, args, whole, out).await {
                note(format_args!("{}", clean::lines(&format!("{error:#}"))));
            }
            query.clear();
        }
    }
}

async fn ask(client: &Client, args: &AskArgs, query: &str, out: &mut impl Write) -> anyhow::Result<()> {
    let format = args.format();
    let (wire, accept) = match format {
        Format::Table | Format::Json => (SqlFormat::Json, client::JSON),
        Format::Ndjson => (SqlFormat::Ndjson, client::NDJSON),
        Format::Csv => (SqlFormat::Csv, "text/csv"),
    };
    let body = SqlBody {
        query: query.to_owned(),
        format: Some(wire),
        limit: args.limit,
        from: args.from.clone(),
        to: args.to.clone(),
        ..SqlBody::default()
    };
    let answer = client.post("/sql", accept, serde_json::to_vec(&body)?).await?;
    match format {
        Format::Table => {
            let answer: Answer<SqlTable> =
                serde_json::from_str(&client::text(answer).await?).context("the answer cannot be read")?;
            let columns: Vec<String> = answer.data.columns.into_iter().map(|column| column.name).collect();
            out.write_all(table::render(&columns, &answer.data.rows).as_bytes())?;
            tell_of_cut(&answer.meta);
        }
        Format::Json => writeln!(out, "{}", client::text(answer).await?)?,
        Format::Ndjson => tell_of_cut(&objects(answer, out).await?),
        Format::Csv => pass(answer, out).await?,
    }
    out.flush()?;
    Ok(())
}

/// One JSON object a row, with the columns as keys.
async fn objects(answer: Body, out: &mut impl Write) -> anyhow::Result<Meta> {
    let mut lines = Lines::new(answer);
    let mut columns: Vec<String> = Vec::new();
    loop {
        match lines.next().await? {
            Line::Schema(schema) => {
                let name = |column: &Value| column["name"].as_str().unwrap_or_default().to_owned();
                columns = schema.as_array().into_iter().flatten().map(name).collect();
            }
            Line::Row(Value::Array(values)) => {
                let row: Map<String, Value> = columns.iter().cloned().zip(values).collect();
                serde_json::to_writer(&mut *out, &row)?;
                out.write_all(b"\n")?;
            }
            Line::Meta(meta) => return Ok(*meta),
            _ => {}
        }
    }
}

/// The answer as it comes; a terminal gets it without control characters.
async fn pass(mut answer: Body, out: &mut impl Write) -> anyhow::Result<()> {
    let to_terminal = io::stdout().is_terminal();
    while let Some(frame) = answer.frame().await {
        let data = frame.map_err(client::broken_off)?.into_data().unwrap_or_default();
        match to_terminal {
            true => out.write_all(clean::lines(&String::from_utf8_lossy(&data)).as_bytes())?,
            false => out.write_all(&data)?,
        }
    }
    Ok(())
}

fn tell_of_cut(meta: &Meta) {
    if let Some(cut) = &meta.truncated {
        let of = cut.total.map(|total| format!(" of {total}")).unwrap_or_default();
        note(format_args!(
            "cut after {}{of} rows ({}); --limit changes that",
            cut.shown,
            clean::line(&cut.reason)
        ));
    }
    for missing in &meta.partial {
        let (what, reason) = (clean::line(&missing.what), clean::line(&missing.reason));
        note(format_args!("not complete: {what} ({reason})"));
    }
}

#[cfg(test)]
mod tests;
