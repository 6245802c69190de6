//! Log lines as logrus writes them and pipelines parse them: `time="…" level=info msg="…" key=value`
//! ([logfmt]).
//!
//! [logfmt]: https://brandur.org/logfmt

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::Show;
use super::short::shortened;

/// Writes each event as one line of logfmt.
pub(super) struct Logfmt {
    pub(super) show: Show,
}

/// The fields of one event.
struct Fields {
    show: Show,
    message: String,
    rest: String,
}

impl<S, N> FormatEvent<S, N> for Logfmt
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields { show: self.show, message: String::new(), rest: String::new() };
        event.record(&mut fields);
        writer.write_str("time=\"")?;
        SystemTime.format_time(&mut writer)?;
        // The names are logrus'.
        let level = match *event.metadata().level() {
            Level::ERROR => "error",
            Level::WARN => "warning",
            Level::INFO => "info",
            Level::DEBUG => "debug",
            Level::TRACE => "trace",
        };
        write!(writer, "\" level={level} msg=")?;
        // Always in quotes, as people look for it.
        let mut message = String::new();
        quoted(&mut message, &shortened(&fields.message))?;
        (self.show)(&format_args!("{message}"), &mut writer)?;
        writer.write_str(&fields.rest)?;
        writeln!(writer)
    }
}

impl Fields {
    fn add(&mut self, field: &Field, text: String) {
        if field.name() == "message" {
            self.message = text;
            return;
        }
        // Writing to memory cannot fail.
        let mut written = String::new();
        let _ = value(&mut written, &shortened(&text));
        let _ = write!(self.rest, " {}=", field.name());
        let _ = (self.show)(&format_args!("{written}"), &mut self.rest);
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, text: &str) {
        self.add(field, text.to_owned());
    }

    fn record_error(&mut self, field: &Field, error: &(dyn std::error::Error + 'static)) {
        self.record_str(field, &crate::chain(error));
    }

    fn record_debug(&mut self, field: &Field, given: &dyn fmt::Debug) {
        self.add(field, format!("{given:?}"));
    }
}

/// Writes a value, in quotes only where it needs them.
fn value(writer: &mut dyn fmt::Write, text: &str) -> fmt::Result {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "-._/@^+:*,;".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) {
        return writer.write_str(text);
    }
    quoted(writer, text)
}

/// Writes a value in quotes; nothing in it ends them or the line.
fn quoted(writer: &mut dyn fmt::Write, text: &str) -> fmt::Result {
    writer.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' => writer.write_str("\\\"")?,
            '\\' => writer.write_str("\\\\")?,
            '\n' => writer.write_str("\\n")?,
            '\r' => writer.write_str("\\r")?,
            '\t' => writer.write_str("\\t")?,
            other => writer.write_char(other)?,
        }
    }
    writer.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = String::new();
        value(&mut out, text).unwrap();
        out
    }

    #[test]
    fn a_value_has_quotes_where_it_needs_them_and_stays_in_its_line() {
        for (text, line) in [
            ("NoZone", "NoZone"),
            ("service/default/web", "service/default/web"),
            ("", "\"\""),
            ("a b", "\"a b\""),
            ("k=v", "\"k=v\""),
            ("say \"no\"", "\"say \\\"no\\\"\""),
            ("a\nlevel=info", "\"a\\nlevel=info\""),
            ("c:\\x", "\"c:\\\\x\""),
        ] {
            assert_eq!(written(text), line);
        }
    }
}
