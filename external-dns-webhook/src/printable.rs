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
            write!(self.0, "{}", hidden.escape_debug())?;
            rest = from.get(hidden.len_utf8()..).unwrap_or_default();
        }
        self.0.write_str(rest)
    }
}

/// Tells whether a character does something else than to show itself.
fn is_hidden(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
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
        ] {
            assert_eq!(Printable(text).to_string(), shown);
        }
    }
}
