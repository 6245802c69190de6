//! What is told of words, and that all of it is told.

use clap::{Arg, ArgAction};

use super::*;

fn program() -> Command {
    let flag = |name: &'static str| Arg::new(name).long(name).global(true).action(ArgAction::Set);
    Command::new("p").args([
        flag("count").value_parser(clap::value_parser!(u8)),
        flag("ratio").value_parser(clap::value_parser!(f32)),
        flag("cert").requires("key"),
        flag("key"),
        flag("all").action(ArgAction::SetTrue).short('a'),
        flag("out").short('o').value_parser(["x", "y"]),
        flag("list").action(ArgAction::Append).value_delimiter(',').value_parser(["a", "b", "c"]),
    ])
}

/// Returns what is told of words, and the flags that are left of them.
fn told(words: &[&str]) -> (Complaints, Option<ArgMatches>) {
    let command = program();
    let mut grammar = Grammar { program: command.clone(), command: &command, told: &|_, _| None };
    let mut words: Vec<OsString> =
        std::iter::once("p").chain(words.iter().copied()).map(Into::into).collect();
    let mut complaints = Complaints::default();
    let matches = complaints.read(&mut grammar, &mut words).unwrap();
    (complaints, matches)
}

#[test]
fn everything_that_the_grammar_refuses_is_told_and_the_rest_is_read() {
    let words = ["--count=x", "--what", "--ratio", "y", "--list=a,z,b", "--key=k", "--key=l"];
    let (complaints, matches) = told(&words);
    let text = complaints.to_string();
    assert!(text.starts_with("5 things are wrong with the command line:\n"), "{text}");
    for word in ["'x'", "'--what'", "'y'", "'z'", "'--key <key>' cannot be used multiple times"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(!text.contains("Usage:") && !text.contains("--help"), "{text}");
    let matches = matches.unwrap();
    let list: Vec<_> = matches.get_many::<String>("list").unwrap().collect();
    assert_eq!(
        (list, matches.get_one::<String>("key").map(String::as_str)),
        (vec![&"a".to_owned(), &"b".to_owned()], Some("k"))
    );
}

#[test]
fn what_is_missing_hides_nothing_else() {
    let (mut complaints, matches) = told(&["--cert=c", "--count=x", "--ratio=1"]);
    assert_eq!(matches.unwrap().get_one::<f32>("ratio"), Some(&1.0));
    complaints.rule(&["ratio"], "the ratio is too small");
    let text = complaints.to_string();
    assert!(text.starts_with("3 things") && text.contains("--key <key>"), "{text}");
}

#[test]
fn a_word_that_is_refused_is_not_said_to_be_missing_too() {
    let command = Command::new("p")
        .arg(Arg::new("id").value_name("ID").required(true).value_parser(clap::value_parser!(u8)));
    let mut grammar = Grammar { program: command.clone(), command: &command, told: &|_, _| None };
    let mut complaints = Complaints::default();
    complaints.read(&mut grammar, &mut vec!["p".into(), "abc".into()]).unwrap();
    let text =
        "invalid value 'abc' for '<ID>': it is not a whole number, or one below what is allowed";
    assert_eq!(complaints.to_string(), text);
}

#[test]
fn a_rule_about_a_value_that_was_refused_is_not_told() {
    let (mut complaints, _) = told(&["--count=x"]);
    complaints.rule(&["count"], "there is no count");
    complaints.rule(&["ratio", "count"], "no ratio fits the count");
    complaints.rule(&["ratio"], "there is no ratio");
    assert!(complaints.refuses("count") && !complaints.refuses("ratio"));
    let text = complaints.to_string();
    assert!(text.starts_with("2 things") && text.contains("there is no ratio"), "{text}");
    assert!(!text.contains("count\n") && !text.contains("fits"), "{text}");
}

#[test]
fn what_set_a_value_is_told_with_it_and_nothing_twice() {
    let mut complaints = Complaints::default();
    complaints.set_by([SetBy { flag: "ratio".to_owned(), place: "THE_RATIO".to_owned() }]);
    complaints.rule(&["ratio"], "it is 0");
    complaints.rule(&["ratio"], "it is 0");
    assert_eq!(complaints.to_string(), "it is 0\n\nThe value is from `THE_RATIO`.");
    complaints.rule(&["count"], "it is 1");
    let text = complaints.into_text(&["--x has no effect".to_owned()]);
    assert_eq!(
        text,
        "2 things are wrong with the command line:\n  - it is 0; the value is from `THE_RATIO`\n  - it \
         is 1\n\n--x has no effect."
    );
}

#[test]
fn a_flag_without_its_value_hides_nothing_else() {
    for words in [
        &["--count", "--ratio=y", "--what"][..],
        &["--ratio", "y", "--count", "--what"],
        &["--what", "--ratio=y", "--count"],
        &["--count=", "--what", "--ratio", "y"],
        &["-o", "--ratio=y", "--what"],
    ] {
        let (complaints, matches) = told(words);
        let text = complaints.to_string();
        assert!(text.starts_with("3 things"), "{words:?}: {text}");
        assert!(text.contains("'y'") && text.contains("'--what'"), "{words:?}: {text}");
        assert!(matches.is_some(), "{words:?}");
    }
}

#[test]
fn a_flag_is_found_however_it_is_written() {
    for (words, count) in [
        (&["-oz", "--count=x"][..], 2),
        (&["-o=z", "--count=x"], 2),
        (&["-o", "z", "--count=x"], 2),
        (&["-aoz", "--count=x"], 2),
        (&["-x", "--count=x"], 2),
        (&["-xyz", "--count=x", "--ratio=y"], 3),
        (&["--count=x", "--ratio=-"], 2),
        (&["--list", "a,z,q", "--count=x"], 3),
        (&["--all", "--count=x", "--all", "--what"], 3),
    ] {
        let (complaints, matches) = told(words);
        let text = complaints.to_string();
        assert!(text.starts_with(&format!("{count} things")), "{words:?}: {text}");
        assert!(matches.is_some(), "{words:?}");
    }
}

#[test]
fn a_word_behind_an_unknown_flag_is_its_value_or_one_of_the_program() {
    let command = Command::new("p")
        .arg(Arg::new("subject").required(true))
        .args(program().get_arguments().cloned());
    let read = |words: &[&str]| {
        let mut grammar =
            Grammar { program: command.clone(), command: &command, told: &|_, _| None };
        let mut words: Vec<OsString> =
            std::iter::once("p").chain(words.iter().copied()).map(Into::into).collect();
        let mut complaints = Complaints::default();
        let matches = complaints.read(&mut grammar, &mut words).unwrap();
        let subject = matches.and_then(|matches| matches.get_one::<String>("subject").cloned());
        (complaints.to_string(), subject)
    };
    for words in [
        &["--what", "subject"][..],
        &["--what", "value", "subject"],
        &["subject", "--what", "value"],
        &["--what=value", "subject"],
        &["-x", "subject"],
        &["--what", "value", "subject", "--else", "other"],
    ] {
        let (text, subject) = read(words);
        assert_eq!(subject.as_deref(), Some("subject"), "{words:?}: {text}");
        assert!(!text.contains("required"), "{words:?}: {text}");
        let things = words.iter().filter(|word| word.starts_with('-')).count();
        assert!(things == 1 || text.starts_with("2 things"), "{words:?}: {text}");
        assert!(things == 2 || !text.contains("things"), "{words:?}: {text}");
    }
    let (text, _) = read(&["subject", "another"]);
    assert!(text.contains("'another'"), "{text}");
}
