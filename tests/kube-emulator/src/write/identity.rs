//! Names and identities that the server gives: uids, generated names, times.

use std::hash::{BuildHasher, RandomState};

use jiff::Timestamp;

/// The letters of a generated name; none that could spell a word.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// How many letters the server appends to `generateName`.
const SUFFIX_LENGTH: usize = 5;

/// Returns a random UUID, version 4.
pub(crate) fn uid() -> String {
    let (high, low) = (random(), random());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | (low >> 48 & 0x3fff),
        low & 0xffff_ffff_ffff,
    )
}

/// Returns `base` with a random suffix.
pub(crate) fn generated_name(base: &str) -> String {
    let mut rest = random();
    let letters = LETTERS.len() as u64;
    let suffix = (0..SUFFIX_LENGTH).filter_map(|_| {
        let index = usize::try_from(rest % letters).ok()?;
        rest /= letters;
        LETTERS.get(index).map(|letter| char::from(*letter))
    });
    base.chars().chain(suffix).collect()
}

/// Returns a time as objects carry it: whole seconds, UTC.
pub(crate) fn time(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Returns a random number from the keys that std draws for its hash maps.
fn random() -> u64 {
    RandomState::new().hash_one(0_u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_have_the_form_of_random_uuids() {
        let form = regex::Regex::new(
            "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
        )
        .unwrap();
        let (one, other) = (uid(), uid());
        assert!(form.is_match(&one), "{one}");
        assert_ne!(one, other);
    }
}
