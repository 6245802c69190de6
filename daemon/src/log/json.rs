//! Log lines as JSON, which stay JSON however long their values are, and have nothing unseen in them.

use std::fmt::Write as _;
use std::io;

use super::Show;
use super::short::shorten;

/// Longest line that is written as it is, in bytes; of longer ones the values are cut.
const LONGEST_LINE: usize = 2_048;

/// Standard error, for lines of JSON.
pub(super) struct JsonLines {
    pub(super) show: Show,
}

impl io::Write for JsonLines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        io::stderr().lock().write_all(written(&text, self.show).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Returns a line as it is written, with its end.
fn written(line: &str, show: Show) -> String {
    let line = line.trim_end_matches('\n');
    if line.len() > LONGEST_LINE
        && let Ok(mut value) = serde_json::from_str(line)
    {
        shorten(&mut value);
        return escaped(&value.to_string(), show) + "\n";
    }
    escaped(line, show) + "\n"
}

/// Returns JSON in which every character that `show` does not leave as it is has its number: what is
/// unseen in text is so in JSON, where it stands in a string.
fn escaped(json: &str, show: Show) -> String {
    let is_plain = |character: char| (' '..='~').contains(&character);
    let mut escaped = String::with_capacity(json.len());
    let mut shown = String::new();
    for character in json.chars() {
        if is_plain(character) {
            escaped.push(character);
            continue;
        }
        shown.clear();
        // Writing to memory cannot fail.
        let _ = show(&format_args!("{character}"), &mut shown);
        if shown.chars().eq([character]) {
            escaped.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to memory cannot fail.
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// Shows what the program's own does, for the characters of these tests.
    fn show(value: &dyn std::fmt::Debug, writer: &mut dyn std::fmt::Write) -> std::fmt::Result {
        for character in format!("{value:?}").chars() {
            if is_unseen(character) {
                write!(writer, "{}", character.escape_unicode())?;
            } else {
                writer.write_char(character)?;
            }
        }
        Ok(())
    }

    fn is_unseen(character: char) -> bool {
        let bare = character.escape_debug().count() > 1 && !matches!(character, '"' | '\'' | '\\');
        bare || character == '\u{2800}'
    }

    #[test]
    fn what_is_unseen_has_its_number_and_the_line_stays_one() {
        for (text, line) in [
            ("münchen 點看 \"x\" \\ 👍", "\"münchen 點看 \\\"x\\\" \\\\ 👍\"\n"),
            ("a\u{202e}b", "\"a\\u202eb\"\n"),
            ("a\u{7f}\u{9b}b", "\"a\\u007f\\u009bb\"\n"),
            ("a\u{2028}\u{2800}\u{feff}b", "\"a\\u2028\\u2800\\ufeffb\"\n"),
            ("a\u{e0041}b", "\"a\\udb40\\udc41b\"\n"),
            ("a\n\u{1b}[31mb", "\"a\\n\\u001b[31mb\"\n"),
            ("\\u202e", "\"\\\\u202e\"\n"),
        ] {
            assert_eq!(written(&json!(text).to_string(), show), line);
        }
    }

    proptest! {
        /// Short and long lines alike: what is long is read and written anew.
        #[test]
        fn a_line_says_what_it_did_with_nothing_unseen_in_it(
            text in prop::collection::vec(any::<char>(), 0..60),
            hidden in prop::sample::select(vec!['\u{202e}', '\u{200b}', '\u{2066}', '\u{7f}', '\u{85}', '\u{2800}', '\n', '\u{e0001}']),
            is_long in any::<bool>(),
        ) {
            let mut text: String = text.into_iter().collect();
            text.push(hidden);
            let long = if is_long { "x".repeat(LONGEST_LINE) } else { String::new() };
            let given = json!({ "message": text, "name": [text], "long": long });
            let line = written(&format!("{given}\n"), show);
            let (body, end) = line.split_at(line.len() - 1);
            prop_assert_eq!(end, "\n");
            prop_assert!(!body.chars().any(is_unseen), "{:?}", body);
            let read: Value = serde_json::from_str(body).unwrap();
            prop_assert_eq!(&read["message"], &given["message"]);
            prop_assert_eq!(&read["name"], &given["name"]);
        }
    }
}
