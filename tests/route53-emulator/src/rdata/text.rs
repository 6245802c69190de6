//! Character strings in quotation marks, as TXT, SPF, CAA and NAPTR values carry them.
//!
//! A string has at most 255 octets after its escapes are read; `\ooo` is an octal escape, a backslash
//! before anything else takes it literally ([TXT]).
//!
//! [TXT]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html#TXTFormat

use super::ValueProblem;
use crate::name::octal;

/// Most octets of one string (RFC 1035, 3.3).
const MAX_STRING_OCTETS: usize = 255;

/// Reads one or more strings that blanks separate.
///
/// # Errors
///
/// For text outside quotation marks, too long strings and characters outside printable ASCII.
pub(super) fn strings(value: &str) -> Result<Vec<Vec<u8>>, ValueProblem> {
    let mut strings = Vec::new();
    let mut rest = value.trim_ascii_start();
    while !rest.is_empty() {
        let (string, tail) = string(rest, value)?;
        strings.push(string);
        if !tail.is_empty() && !tail.starts_with([' ', '\t']) {
            return Err(not_quoted(value));
        }
        rest = tail.trim_ascii_start();
    }
    if strings.is_empty() {
        return Err(not_quoted(value));
    }
    Ok(strings)
}

/// Reads the string that `text` starts with and returns what follows it.
pub(super) fn string<'a>(text: &'a str, value: &str) -> Result<(Vec<u8>, &'a str), ValueProblem> {
    let mut rest = text.strip_prefix('"').ok_or_else(|| not_quoted(value))?;
    let mut string = Vec::new();
    loop {
        let mut characters = rest.chars();
        let character = characters.next().ok_or_else(|| not_quoted(value))?;
        let tail = characters.as_str();
        rest = match character {
            '"' => break Ok(check_length(string, value).map(|string| (string, tail))?),
            '\\' => {
                if let Some((octet, _)) = octal(tail.as_bytes()) {
                    string.push(octet);
                    tail.get(3..).unwrap_or_default()
                } else {
                    let mut escaped = tail.chars();
                    let character = escaped.next().ok_or_else(|| not_quoted(value))?;
                    push(&mut string, character, value)?;
                    escaped.as_str()
                }
            }
            _ => {
                push(&mut string, character, value)?;
                tail
            }
        };
    }
}

fn push(string: &mut Vec<u8>, character: char, value: &str) -> Result<(), ValueProblem> {
    match u8::try_from(character) {
        Ok(octet @ (b' '..=b'~' | b'\t')) => {
            string.push(octet);
            Ok(())
        }
        _ => Err(ValueProblem::new(
            "UnsupportedCharacter",
            "Value contains unsupported characters",
            value,
        )),
    }
}

fn check_length(string: Vec<u8>, value: &str) -> Result<Vec<u8>, ValueProblem> {
    if string.len() > MAX_STRING_OCTETS {
        return Err(ValueProblem::new("CharacterStringTooLong", "Value is too long", value));
    }
    Ok(string)
}

fn not_quoted(value: &str) -> ValueProblem {
    ValueProblem::new(
        "InvalidCharacterString",
        "Value should be enclosed in quotation marks",
        value,
    )
}
