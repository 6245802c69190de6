//! Words for people in the place of those that the standard library has for programmers.

/// What the standard library says of a text that is no number, and what it means.
///
/// From `std::num::IntErrorKind`, `ParseFloatError` and `ParseBoolError`; whether they still say so is a test.
const TEXTS: [(&str, &str); 8] = [
    ("invalid digit found in string", "it is not a whole number, or one below what is allowed"),
    ("cannot parse integer from empty string", "it is empty, and a number is wanted"),
    ("number too large to fit in target type", "the number is larger than any that is allowed"),
    ("number too small to fit in target type", "the number is smaller than any that is allowed"),
    ("number would be zero for non-zero type", "the number must not be 0"),
    ("invalid float literal", "it is not a number"),
    ("cannot parse float from empty string", "it is empty, and a number is wanted"),
    ("provided string was not `true` or `false`", "it is neither `true` nor `false`"),
];

/// What stands before the number of an error of the operating system.
const OS_ERROR: &str = " (os error ";

/// Returns `text` without numbers of the operating system's errors, which say nothing that the words before
/// them do not, and with what the standard library says of numbers in words for people.
///
/// ```
/// let text = "cannot read `x`: Is a directory (os error 21)";
/// assert_eq!(daemon::plain(text), "cannot read `x`: Is a directory");
/// ```
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OS_ERROR) {
        plain.push_str(before);
        match after.split_once(')') {
            Some((number, after)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                rest = after;
            }
            _ => {
                plain.push_str(OS_ERROR);
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    for (said, meant) in TEXTS {
        if plain.contains(said) {
            plain = plain.replace(said, meant);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU8;

    use super::*;

    #[test]
    fn nothing_that_the_library_says_of_a_number_is_left() {
        let said = [
            "x".parse::<u8>().unwrap_err().to_string(),
            "".parse::<u8>().unwrap_err().to_string(),
            "999".parse::<u8>().unwrap_err().to_string(),
            "-999".parse::<i8>().unwrap_err().to_string(),
            "0".parse::<NonZeroU8>().unwrap_err().to_string(),
            "x".parse::<f64>().unwrap_err().to_string(),
            "".parse::<f64>().unwrap_err().to_string(),
            "x".parse::<bool>().unwrap_err().to_string(),
        ];
        for (said, (known, meant)) in said.iter().zip(TEXTS) {
            assert_eq!(said, known);
            assert_eq!(plain(&format!("`x`: {said}")), format!("`x`: {meant}"));
        }
    }

    #[test]
    fn numbers_of_errors_go_and_what_only_looks_like_one_stays() {
        let error = std::io::Error::from_raw_os_error(2).to_string();
        assert_eq!(
            plain(&format!("{error}: {error}")),
            "No such file or directory: No such file or directory"
        );
        for text in ["a (os error x) b", "a (os error 2", "(os error"] {
            assert_eq!(plain(text), text);
        }
    }
}
