//! Texts of others that are too long to be shown whole.

/// Most bytes of a word that is left out rather than cut.
const LONGEST_WORD: usize = 40;

/// Returns `text` in at most `most` characters: a longer one ends after a word, with `…`.
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    let head: String = text.chars().take(most.saturating_sub(1)).collect();
    let next = text.chars().nth(most.saturating_sub(1));
    let is_whole = next.is_some_and(char::is_whitespace);
    // What is no word, such as a long name, is cut anywhere.
    let end = match head.rfind(char::is_whitespace) {
        Some(at) if !is_whole && at > 0 && head.len() - at <= LONGEST_WORD => at,
        _ => head.len(),
    };
    let head = head.get(..end).unwrap_or_default().trim_end();
    format!("{head}…")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_too_long_ends_after_a_word() {
        assert_eq!(shortened("the zone cannot be used", 17), "the zone cannot…");
        assert_eq!(shortened("the zone cannot be used", 16), "the zone cannot…");
        assert_eq!(shortened("the zone cannot be used", 15), "the zone…");
        assert_eq!(shortened("the zone cannot be used", 23), "the zone cannot be used");
        assert_eq!(shortened("unspeakable", 4), "uns…");
        assert_eq!(shortened("", 0), "");
    }

    proptest! {
        #[test]
        fn nothing_is_longer_than_it_may_be(text in "\\PC{0,60}", most in 1..50_usize) {
            prop_assert!(shortened(&text, most).chars().count() <= most);
        }
    }
}
