//! Figures in the Prometheus text format.

use std::fmt::Write;

use daymark_model::figure::Figure;

/// The figures by name, each name told once with its help and kind.
pub(crate) fn text(mut figures: Vec<Figure>) -> String {
    figures.sort_by_key(|figure| figure.name);
    let mut text = String::new();
    let mut told = "";
    for figure in &figures {
        let name = figure.name;
        if name != told {
            let (help, kind) = (escaped(figure.help, false), figure.kind.name());
            push(&mut text, format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
            told = name;
        }
        text.push_str(name);
        for (number, (label, value)) in figure.labels.iter().enumerate() {
            let open = if number == 0 { '{' } else { ',' };
            push(&mut text, format_args!("{open}{label}=\"{}\"", escaped(value, true)));
        }
        let close = if figure.labels.is_empty() { "" } else { "}" };
        push(&mut text, format_args!("{close} {}\n", figure.value));
    }
    text
}

fn push(text: &mut String, piece: std::fmt::Arguments<'_>) {
    text.write_fmt(piece).expect("a String takes everything");
}

fn escaped(text: &str, in_quotes: bool) -> String {
    let text = text.replace('\\', "\\\\").replace('\n', "\\n");
    if in_quotes { text.replace('"', "\\\"") } else { text }
}

#[cfg(test)]
mod tests;
