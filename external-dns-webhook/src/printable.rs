//! How text that others wrote is shown to people: in one line, and nothing in it unseen.

use std::fmt::{self, Write as _};

/// Text that others wrote, as it is shown on a terminal.
///
/// What breaks a line, moves the cursor, turns the direction of writing or cannot be seen is shown as
/// an escape; all else, in every script, is shown as it is.
///
/// ```
/// use external_dns_webhook::Printable;
///
/// assert_eq!(Printable("a\nb \u{202e}c").to_string(), "a\\nb \\u{202e}c");
/// assert_eq!(Printable("münchen \"x\" \\ 👍").to_string(), "münchen \"x\" \\ 👍");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Printable<T>(pub T);

/// Writes a value as its `Debug` has it, shown as [`Printable`] shows text: for a log.
///
/// # Errors
///
/// When it cannot be written.
pub fn printable_debug(value: &dyn fmt::Debug, writer: &mut dyn fmt::Write) -> fmt::Result {
    write!(writer, "{}", Printable(format_args!("{value:?}")))
}

/// Returns JSON text in which nothing of a string is unseen, as [`Printable`] would show it: the same JSON,
/// with escapes in place of such characters.
///
/// ```
/// use external_dns_webhook::printable_json;
///
/// assert_eq!(printable_json("{\n  \"a\": \"b\u{202e}c\u{9b}\"\n}"), "{\n  \"a\": \"b\\u202ec\\u009b\"\n}");
/// ```
pub fn printable_json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        // What is below a blank is escaped in strings already; outside of them it breaks lines.
        if character >= ' ' && is_hidden(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                // Writing to memory cannot fail.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Syncs on what is written, as [`Printable`] shows it.
struct Escaping<'a, W: ?Sized>(&'a mut W);

impl<T: fmt::Display> fmt::Display for Printable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

impl<W: fmt::Write + ?Sized> fmt::Write for Escaping<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((at, hidden)) = rest.char_indices().find(|(_, item)| is_hidden(*item)) {
            let (shown, from) = rest.split_at(at);
            self.0.write_str(shown)?;
            if BLANKS.contains(&hidden) {
                write!(self.0, "{}", hidden.escape_unicode())?;
            } else {
                write!(self.0, "{}", hidden.escape_debug())?;
            }
            rest = from.get(hidden.len_utf8()..).unwrap_or_default();
        }
        self.0.write_str(rest)
    }
}

/// Letters and marks that show nothing.
const BLANKS: [char; 8] =
    ['\u{34f}', '\u{115f}', '\u{1160}', '\u{17b4}', '\u{17b5}', '\u{2800}', '\u{3164}', '\u{ffa0}'];

/// Tells whether a character does something else than to show itself.
fn is_hidden(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    if BLANKS.contains(&character) {
        return true;
    }
    // After a letter, an accent is shown with it.
    let mut after_letter = String::from("a");
    after_letter.push(character);
    after_letter.escape_debug().count() > 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_shown_and_all_else_is_left() {
        for (text, shown) in [
            ("", ""),
            ("plain `text` \"in\" 'quotes' \\ here", "plain `text` \"in\" 'quotes' \\ here"),
            ("münchen 點看 क्षि e\u{301}", "münchen 點看 क्षि e\u{301}"),
            ("a\r\n\tb", "a\\r\\n\\tb"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\u{200b}b\u{2028}c\u{202e}d\u{feff}", "a\\u{200b}b\\u{2028}c\\u{202e}d\\u{feff}"),
            ("a\u{a0}b\u{7f}", "a\\u{a0}b\\u{7f}"),
            ("a\u{2800}b\u{3164}c", "a\\u{2800}b\\u{3164}c"),
        ] {
            assert_eq!(Printable(text).to_string(), shown);
        }
    }
}
