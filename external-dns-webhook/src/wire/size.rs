//! How much a body may hold for its length, found out before anything of it is kept.
//!
//! An empty object takes two bytes of a body and some hundred times that in memory. What controllers
//! and providers send is long for what it holds, so a body that is not is refused before it is read:
//! who allows bodies of a certain length has memory for what such a body can become.

/// The fewest bytes for each record set: the shortest that means anything has a name, a type and a
/// target, which is more.
const BYTES_A_RECORD_SET: usize = 48;

/// The fewest bytes for each value of any kind: an IPv4 address in its quotes is as long.
const BYTES_A_VALUE: usize = 8;

/// How many of each are never too many.
const FEW: usize = 100_000;

/// A body holds far more than its length allows for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a body of {bytes} bytes holds {found} {what} or more, and at most {most} are read; no record \
     set is as short"
)]
pub struct TooMuch {
    bytes: usize,
    what: &'static str,
    found: usize,
    most: usize,
}

/// Refuses a body that holds more than its length allows for.
///
/// Goes by commas outside of texts, so it takes time that is linear in the length, and no memory.
/// Broken JSON is for others to refuse.
pub(super) fn check(body: &[u8]) -> Result<(), TooMuch> {
    let bytes = body.len();
    let most_sets = bytes / BYTES_A_RECORD_SET + FEW;
    let most_values = bytes / BYTES_A_VALUE + FEW;
    // Record sets stand in a list, or in lists of one object.
    let of_sets = if body.trim_ascii_start().starts_with(b"[") { 1 } else { 2 };
    let (mut sets, mut values, mut depth) = (0_usize, 0_usize, 0_usize);
    let mut rest = body.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' => skip_text(&mut rest),
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => {
                values += 1;
                sets += usize::from(depth <= of_sets);
                if sets > most_sets {
                    return Err(TooMuch {
                        bytes,
                        what: "record sets",
                        found: sets,
                        most: most_sets,
                    });
                }
                if values > most_values {
                    return Err(TooMuch {
                        bytes,
                        what: "values",
                        found: values,
                        most: most_values,
                    });
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Goes on behind the end of a text whose first quote was read.
fn skip_text(rest: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = rest.next() {
        match byte {
            b'\\' => drop(rest.next()),
            b'"' => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{List, Zones, decode_changes, decode_endpoints, decode_extension, encode};
    use crate::{Adjusted, Changes, Endpoint, RecordType};

    const MANY: usize = 1_000_000;

    #[test]
    fn what_is_nearly_nothing_many_times_over_is_refused_wherever_it_stands() {
        let many = |element: &str| vec![element; MANY].join(",");
        for element in ["{}", "null", " {} ", "[]", "\"\"", "0"] {
            let list = format!("[{}]", many(element));
            assert!(
                matches!(
                    decode_endpoints(list.as_bytes()),
                    Err(crate::wire::DecodeError::TooMuch(_))
                ),
                "{element}"
            );
            assert!(List::new(list.into_bytes(), Zones::Unsaid).is_err(), "{element}");
            for member in ["create", "updateOld", "delete", "unknown"] {
                let changes = format!("{{\"{member}\":[{}]}}", many(element));
                assert!(decode_changes(changes.as_bytes()).is_err(), "{member}: {element}");
                assert!(check(changes.as_bytes()).is_err(), "{member}: {element}");
            }
            let outcomes = format!("{{\"endpoints\":[{}]}}", many(element));
            assert!(decode_extension::<Adjusted>(outcomes.as_bytes()).is_err(), "{element}");
        }
        for member in ["\"targets\":[", "\"providerSpecific\":[", "\"x\":[[[[["] {
            for element in ["\"\"", "{}", "null"] {
                let deep = format!("[{{{member}{}", many(element));
                assert!(check(deep.as_bytes()).is_err(), "{member}: {element}");
            }
        }
    }

    #[test]
    fn what_programs_send_is_never_too_much() {
        let shortest =
            (0..MANY / 4).map(|n| Endpoint::new(format!("{n}.io"), RecordType::A, ["1.1.1.1"]));
        let shortest: Vec<_> = shortest.collect();
        assert_eq!(check(&encode(&shortest)), Ok(()));
        let mut wide = Endpoint::new("a.io", RecordType::A, ["1.1.1.1"]);
        wide.targets.0 = vec!["1.1.1.1".to_owned(); MANY / 4];
        assert_eq!(check(&encode(std::slice::from_ref(&wide))), Ok(()));
        let changes = Changes { create: shortest, delete: vec![wide], ..Changes::default() };
        assert_eq!(check(&encode(&changes)), Ok(()));
        assert_eq!(check(format!("[{}]", vec!["{}"; FEW].join(",")).as_bytes()), Ok(()));
    }

    #[test]
    fn commas_and_brackets_in_texts_are_no_values() {
        let text = format!("[{{\"dnsName\":\"{}\"}}]", ",\\\",[{".repeat(MANY));
        assert_eq!(check(text.as_bytes()), Ok(()));
    }

    #[test]
    fn what_is_broken_is_left_to_others() {
        for broken in ["", "]]]}", "\"", "\"\\", "[,,,"] {
            assert_eq!(check(broken.as_bytes()), Ok(()), "{broken}");
        }
    }
}
