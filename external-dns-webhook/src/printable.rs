//! How text that others wrote is shown to people: in one line, and nothing in it unseen.

use std::fmt::{self, Write as _};
use std::ops::RangeInclusive;

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
            if hidden.is_ascii() {
                write!(self.0, "{}", hidden.escape_debug())?;
            } else {
                write!(self.0, "{}", hidden.escape_unicode())?;
            }
            rest = from.get(hidden.len_utf8()..).unwrap_or_default();
        }
        self.0.write_str(rest)
    }
}

/// What shows nothing although it is a letter or a mark: `Default_Ignorable_Code_Point` of Unicode's
/// [DerivedCoreProperties], whole blocks of which are kept for characters to come, and the blank of Braille.
///
/// [DerivedCoreProperties]: https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
const IGNORABLE: [RangeInclusive<char>; 18] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{2800}'..='\u{2800}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fff8}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

/// Tells whether a character does something else than to show itself.
fn is_hidden(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    if IGNORABLE.iter().any(|range| range.contains(&character)) {
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

    #[test]
    fn what_a_font_leaves_out_is_shown_whatever_stands_before_it() {
        for hidden in [
            '\u{ad}',
            '\u{34f}',
            '\u{115f}',
            '\u{17b4}',
            '\u{180b}',
            '\u{180f}',
            '\u{200d}',
            '\u{2065}',
            '\u{3164}',
            '\u{fe00}',
            '\u{fe0f}',
            '\u{fff0}',
            '\u{1bca0}',
            '\u{1d173}',
            '\u{e0001}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{e01ef}',
            '\u{e0fff}',
        ] {
            for before in ["", "a", "❤", "e\u{301}"] {
                let text = format!("{before}{hidden}b");
                let shown = format!("{before}{}b", hidden.escape_unicode());
                assert_eq!(Printable(&text).to_string(), shown);
                assert!(!printable_json(&text).contains(hidden), "{shown}");
            }
        }
        // Accents, and characters beside such a block, are seen.
        for seen in ["e\u{301}", "\u{180a}", "\u{fe10}", "\u{2801}", "क्षि", "👍🏽"] {
            assert_eq!(Printable(seen).to_string(), seen);
        }
    }
}
