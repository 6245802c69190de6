//! How names are read, listed and ordered, each rule as a sentence.

use super::*;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

#[test]
fn a_name_is_listed_in_lower_case_with_a_trailing_dot() {
    assert_eq!(name("WWW.Example.com").to_string(), "www.example.com.");
    assert_eq!(name("www.example.com."), name("www.example.com"));
}

#[test]
fn an_asterisk_is_listed_as_its_octal_escape_and_both_spellings_are_one_name() {
    assert_eq!(name("*.example.com").to_string(), "\\052.example.com.");
    assert_eq!(name("\\052.example.com"), name("*.example.com"));
    assert!(name("*.example.com").is_wildcard());
    assert!(!name("a.*.example.com").is_wildcard());
    assert!(!name("*a.example.com").is_wildcard());
}

#[test]
fn other_characters_are_listed_as_octal_escapes() {
    assert_eq!(name("a/b.example.com").to_string(), "a\\057b.example.com.");
    assert_eq!(name("a\\303\\251.com").to_string(), "a\\303\\251.com.");
    assert_eq!(name("_dmarc.example.com").to_string(), "_dmarc.example.com.");
    assert_eq!(name("\\101.com").to_string(), "a.com.");
}

#[test]
fn names_sort_by_reversed_labels_with_the_trailing_dot() {
    let mut names = ["a.t.", "b.t.", "a-b.t.", "x.a.t.", "x.a-b.t.", "t.", "*.t."].map(name);
    names.sort();
    let listed: Vec<_> = names.iter().map(ToString::to_string).collect();
    assert_eq!(listed, ["t.", "\\052.t.", "a-b.t.", "x.a-b.t.", "a.t.", "x.a.t.", "b.t."]);
}

#[test]
fn a_zone_holds_names_on_label_boundaries_only() {
    assert!(name("a.example.com").is_within(&name("example.com")));
    assert!(name("example.com").is_within(&name("example.com")));
    assert!(!name("evilexample.com").is_within(&name("example.com")));
}

#[test]
fn a_label_has_at_most_63_octets_and_a_name_255() {
    let label = "a".repeat(63);
    assert!(format!("{label}.com").parse::<Name>().is_ok());
    assert_eq!(
        format!("{label}a.com").parse::<Name>(),
        Err(NameProblem::LabelTooLong(format!("{label}a")))
    );
    let long = format!("{label}.{label}.{label}.{}", "b".repeat(61));
    assert!(long.parse::<Name>().is_ok());
    assert!(matches!(format!("{long}b").parse::<Name>(), Err(NameProblem::TooLong(_))));
}

#[test]
fn empty_labels_spaces_raw_bytes_and_bad_escapes_are_refused() {
    assert!(matches!("a..b".parse::<Name>(), Err(NameProblem::LabelEmpty(_))));
    assert!(matches!(".a".parse::<Name>(), Err(NameProblem::LabelEmpty(_))));
    assert!(matches!("".parse::<Name>(), Err(NameProblem::Empty(_))));
    assert!(matches!("a b.com".parse::<Name>(), Err(NameProblem::UnsupportedCharacter(_))));
    assert!(matches!("é.com".parse::<Name>(), Err(NameProblem::UnsupportedCharacter(_))));
    assert!(matches!("a\\4.com".parse::<Name>(), Err(NameProblem::InvalidEscape(_))));
    assert!(matches!("a\\400.com".parse::<Name>(), Err(NameProblem::InvalidEscape(_))));
}

#[test]
fn parents_end_at_the_root() {
    let parent = name("a.example.com").parent().unwrap();
    assert_eq!(parent, name("example.com"));
    assert_eq!(name("com").parent().unwrap(), name("."));
    assert_eq!(name(".").parent(), None);
    assert_eq!(parent.wildcard(), name("*.example.com"));
}

proptest::proptest! {
    #[test]
    fn any_labels_survive_being_written_and_read(
        labels in proptest::collection::vec(
            proptest::collection::vec(proptest::num::u8::ANY, 1..20), 1..6)
    ) {
        let own = Name::from_labels(labels.iter().map(Vec::as_slice));
        proptest::prop_assert_eq!(&name(&own.to_string()), &own);
        let lower: Vec<_> = labels.iter().map(|label| label.to_ascii_lowercase()).collect();
        proptest::prop_assert_eq!(own.labels(), lower);
    }
}

#[test]
fn labels_come_back_as_raw_octets() {
    assert_eq!(name("a\\056b.com").labels(), [b"a.b".to_vec(), b"com".to_vec()]);
}
