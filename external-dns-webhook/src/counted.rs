//! How many there are of something, for people.

/// Returns a count with what is counted, which is `one` when it is one: `1 record set`, `2 record sets`, `0 entries`.
pub fn counted(count: usize, one: &str) -> String {
    let is_vowel = |letter: char| "aeiou".contains(letter);
    let bare = one.strip_suffix('y').filter(|bare| !bare.ends_with(is_vowel));
    match (count, bare) {
        (1, _) => format!("1 {one}"),
        (_, Some(bare)) => format!("{count} {bare}ies"),
        (_, None) => format!("{count} {one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_and_all_others_are_several() {
        for (count, one, told) in [
            (0, "record set", "0 record sets"),
            (1, "record set", "1 record set"),
            (2, "record set", "2 record sets"),
            (1, "entry", "1 entry"),
            (2, "entry", "2 entries"),
            (3, "day", "3 days"),
        ] {
            assert_eq!(counted(count, one), told);
        }
    }
}
