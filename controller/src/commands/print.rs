//! Results for standard output.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use clap::builder::styling::AnsiColor;
use external_dns_webhook::{Printable, printable_json};
use serde::Serialize;

/// Widest cell of a table, in characters: any name of the DNS is shown whole.
const MAX_CELL: usize = 260;

/// What a preview ends with.
pub(super) const NOTHING_WRITTEN: &str = "\nNothing was written; add --yes to write it.\n";

/// Writes `text` to standard output; a reader that has gone away is no failure.
pub(super) fn text(text: &str) -> anyhow::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// Writes to standard error why nothing was found, in as many lines as `text` has.
pub(super) fn failure(text: &str) {
    // Where nobody reads it, the status of the process says it.
    let _ = writeln!(io::stderr().lock(), "signpost: {text}");
}

/// Writes a plan to standard output: in colours on a terminal of someone who has not said `NO_COLOR`.
pub(super) fn plan(text: &str) -> anyhow::Result<()> {
    let stdout = anstream::stdout();
    match stdout.current_choice() {
        anstream::ColorChoice::Never => self::text(text),
        anstream::ColorChoice::Auto
        | anstream::ColorChoice::Always
        | anstream::ColorChoice::AlwaysAnsi => self::text(&painted(text)),
    }
}

/// Returns a plan whose lines have the colour of what they do.
fn painted(text: &str) -> String {
    let mut all = String::new();
    for line in text.split_inclusive('\n') {
        let colour = match line.get(..2) {
            Some("+ ") => AnsiColor::Green,
            Some("- ") => AnsiColor::Red,
            Some("~ ") => AnsiColor::Yellow,
            Some("! ") => AnsiColor::Magenta,
            _ => {
                all.push_str(line);
                continue;
            }
        };
        let (style, said) = (colour.on_default(), line.trim_end_matches('\n'));
        // Writing to memory cannot fail.
        let _ = writeln!(all, "{style}{said}{style:#}");
    }
    all
}

/// Returns `each` as lines: nothing in one can break it.
pub(super) fn lines(each: impl IntoIterator<Item = String>) -> String {
    let mut text = String::new();
    for line in each {
        text.push_str(&Printable(line).to_string());
        text.push('\n');
    }
    text
}

/// Writes `value` to standard output as indented JSON, in which nothing that others wrote is unseen.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> anyhow::Result<()> {
    text(&format!("{}\n", printable_json(&serde_json::to_string_pretty(value)?)))
}

/// Returns `rows` in columns as wide as their widest cell; the last column is not padded.
///
/// A long cell is cut, but for the last one, which hides nothing behind it: there stand causes, and the
/// end of one may be all that says what to do. Nothing in a cell can break a line.
pub(super) fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let shown = |row: &[String; N]| {
        let mut at = 0;
        row.each_ref().map(|text| {
            at += 1;
            if at == N { Printable(daemon::shortened(text)).to_string() } else { cell(text) }
        })
    };
    let rows: Vec<_> = rows.iter().map(shown).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let padded = |(cell, width): (&String, usize)| {
            let missing = width.saturating_sub(cell.chars().count());
            format!("{cell}{}", " ".repeat(missing))
        };
        let line = row.iter().zip(widths).map(padded).collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Returns what a table shows of `text`.
fn cell(text: &str) -> String {
    let shown = Printable(text).to_string();
    match shown.char_indices().nth(MAX_CELL) {
        None => shown,
        Some(_) => shown.chars().take(MAX_CELL - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let row = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        assert_eq!(
            columns(&[row("NAME", "TYPE"), row("münchen", "A")]),
            "NAME     TYPE\nmünchen  A\n"
        );
    }

    #[test]
    fn each_line_of_a_plan_has_the_colour_of_what_it_does_and_no_other_line_has_one() {
        let plan =
            "+ create  a A\n- delete  b A\n~ update  c A\n! hold    d A\n        NoZone: x\n";
        let coloured = painted(plan);
        let lines: Vec<_> = coloured.lines().collect();
        for (line, colour) in lines.iter().zip(["32", "31", "33", "35"]) {
            assert!(line.starts_with(&format!("\u{1b}[{colour}m")), "{line:?}");
            assert!(line.ends_with("\u{1b}[0m"), "{line:?}");
        }
        assert_eq!(lines.get(4), Some(&"        NoZone: x"));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plan);
    }

    #[test]
    fn a_long_cell_is_cut_and_none_breaks_a_line() {
        let row = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        let text = columns(&[row(&"ä".repeat(70_000), "x"), row("a\nb\u{1b}[2J", "y")]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0], format!("{}…  x", "ä".repeat(MAX_CELL - 1)));
        assert!(lines[1].starts_with("a\\nb\\u{1b}[2J  "), "{text}");
        let longest = "a".repeat(254);
        assert!(columns(&[row(&longest, "x")]).contains(&longest));
        let cause = format!("{}: add the permission", "because ".repeat(100));
        assert!(columns(&[row("x", &cause)]).contains(&cause), "the end says what to do");
    }
}
