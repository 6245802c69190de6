//! Regular expressions with the meaning that Go's RE2 gives them.
//!
//! In RE2 `\d`, `\w`, `\s` and `\b` mean ASCII, while here they would mean Unicode. They are
//! rewritten before compiling, so a filter that works for existing users keeps its meaning.

use std::fmt;

use regex::Regex;

/// A regular expression in Go's syntax; matches anywhere in the text.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

/// Patterns are equal when their texts are.
impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

/// A regular expression does not compile.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is not a regular expression in RE2 syntax")]
pub struct BadPattern {
    text: String,
    #[source]
    source: Box<regex::Error>,
}

impl Pattern {
    /// Compiles `text`.
    ///
    /// # Errors
    ///
    /// Returns an error that shows the expression, with what is wrong as its source.
    pub fn new(text: &str) -> Result<Self, BadPattern> {
        match Regex::new(&ascii_classes(text)) {
            Ok(regex) => Ok(Self { text: text.to_owned(), regex }),
            Err(source) => Err(BadPattern { text: text.to_owned(), source: Box::new(source) }),
        }
    }

    /// Returns the expression as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Tells whether the expression matches anywhere in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.text).finish()
    }
}

impl std::str::FromStr for Pattern {
    type Err = BadPattern;

    fn from_str(text: &str) -> Result<Self, BadPattern> {
        Self::new(text)
    }
}

fn ascii_classes(text: &str) -> String {
    let mut rewritten = String::with_capacity(text.len());
    let mut characters = text.chars();
    let mut in_class = false;
    while let Some(character) = characters.next() {
        match character {
            // Up to `\E` everything stands for itself.
            '\\' if !in_class && characters.as_str().starts_with('Q') => {
                characters.next();
                let rest = characters.as_str();
                let (literal, after) = rest.split_once("\\E").unwrap_or((rest, ""));
                rewritten.push_str(&regex::escape(literal));
                characters = after.chars();
            }
            '\\' => {
                let escaped = characters.next();
                let class = match escaped {
                    Some('d') => "[0-9]",
                    Some('D') => "[^0-9]",
                    Some('w') => "[0-9A-Za-z_]",
                    Some('W') => "[^0-9A-Za-z_]",
                    Some('s') => "[\\t\\n\\f\\r ]",
                    Some('S') => "[^\\t\\n\\f\\r ]",
                    Some('b') if !in_class => "(?-u:\\b)",
                    Some('B') if !in_class => "(?-u:\\B)",
                    _ => "",
                };
                if class.is_empty() {
                    rewritten.push('\\');
                    rewritten.extend(escaped);
                } else {
                    rewritten.push_str(class);
                }
            }
            // Inside a class RE2 takes these literally, while here they would nest or combine.
            '[' if in_class && !characters.as_str().starts_with(':') => rewritten.push_str("\\["),
            '&' | '~' if in_class => {
                rewritten.push('\\');
                rewritten.push(character);
            }
            '[' if in_class => {
                // A POSIX class such as `[:alpha:]` is copied to its end.
                rewritten.push('[');
                for inner in characters.by_ref() {
                    rewritten.push(inner);
                    if inner == ']' {
                        break;
                    }
                }
            }
            '[' => {
                in_class = true;
                rewritten.push('[');
                if characters.as_str().starts_with('^') {
                    characters.next();
                    rewritten.push('^');
                }
                // A closing bracket that comes first is a literal one.
                if characters.as_str().starts_with(']') {
                    characters.next();
                    rewritten.push_str("\\]");
                }
            }
            ']' => {
                in_class = false;
                rewritten.push(']');
            }
            other => rewritten.push(other),
        }
    }
    rewritten
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn perl_classes_mean_ascii_as_in_go() {
        assert!(!Pattern::new(r"^\w+$").unwrap().is_match("bücher"));
        assert!(!Pattern::new(r"^\d$").unwrap().is_match("٣"));
        assert!(Pattern::new(r"^[\w-]+\.test\.com$").unwrap().is_match("a-b_1.test.com"));
        assert!(Pattern::new(r"\bfoo\b").unwrap().is_match("öfoo"));
    }

    #[test]
    fn characters_beyond_ascii_match_as_they_are() {
        assert!(Pattern::new(r"(?:😍|🤩)\.org$").unwrap().is_match("😍.org"));
        assert!(Pattern::new(r"^.\.org$").unwrap().is_match("😍.org"));
    }

    #[test]
    fn what_is_quoted_stands_for_itself() {
        let quoted = Pattern::new(r"^\Qa.b[\E\d$").unwrap();
        assert!(quoted.is_match("a.b[1") && !quoted.is_match("aXb[1"));
        assert!(Pattern::new(r"\Qa.b").unwrap().is_match("xa.by"));
        assert!(Pattern::new(r"\Q\E^x").unwrap().is_match("x"));
    }

    #[test]
    fn a_bad_expression_is_shown_in_its_error() {
        assert!(Pattern::new("(").unwrap_err().to_string().starts_with("`(`"));
    }
}
