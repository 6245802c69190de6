//! Which of several words was meant by one that is none of them.

/// How far a slip of the fingers goes, in letters that are wrong, missing, too many or swapped.
const SLIP: usize = 2;

/// The shortest word that a part of another one is taken for.
const PART: usize = 5;

/// Returns the one of `words` that `given` is a slip of; `None` when there is none, or more than one
/// is as near.
///
/// A word that is merely alike is none: `disable-new` is not what `disable-legacy` means. A word of
/// several parts may be meant by its last part, as `gateway-httproute` is by `httproute`.
pub fn nearest<'a>(given: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = given.to_lowercase();
    // One letter of three is no slip any more.
    let most = SLIP.min(lower.chars().count() / 2);
    let mut found: Vec<(usize, &str)> = Vec::new();
    for word in words {
        let other = word.to_lowercase();
        let ends = |whole: &str, part: &str| {
            part.len() >= PART && whole.strip_suffix(part).is_some_and(|rest| rest.ends_with('-'))
        };
        let distance = if other == lower {
            0
        } else if ends(&other, &lower) {
            SLIP
        } else {
            match strsim::osa_distance(&lower, &other) {
                // `include` is no slip of `exclude`: people get the first letter right.
                far if far > 1 && !begin_alike(&lower, &other) => continue,
                distance => distance,
            }
        };
        if distance <= most {
            found.push((distance, word));
        }
    }
    let best = found.iter().map(|(distance, _)| *distance).min()?;
    let mut best = found.into_iter().filter(|(distance, _)| *distance == best);
    let (_, word) = best.next()?;
    best.next().is_none().then_some(word)
}

/// Tells whether the parts of two words begin with the same letters, one by one.
fn begin_alike(a: &str, b: &str) -> bool {
    let letters = |word: &str| word.split('-').map(|part| part.chars().next()).collect::<Vec<_>>();
    letters(a) == letters(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_a_likeness_is_not() {
        let words = ["service", "ingress", "gateway-httproute", "traefik-disable-new", "A", "AAAA"];
        for (given, meant) in [
            ("services", Some("service")),
            ("Service", Some("service")),
            ("ingres", Some("ingress")),
            ("sevrice", Some("service")),
            ("httproute", Some("gateway-httproute")),
            ("traefik-disable-legacy", None),
            ("traefik-disable-old", None),
            ("aaaa", Some("AAAA")),
            ("AA", Some("A")),
            ("traefik-enable-new", None),
            ("egress", None),
            ("B", None),
            ("", None),
        ] {
            assert_eq!(nearest(given, words), meant, "{given}");
        }
    }

    #[test]
    fn of_two_that_are_as_near_neither_is_meant() {
        assert_eq!(nearest("update", ["updata", "updats"]), None);
    }
}
