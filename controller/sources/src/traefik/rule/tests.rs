//! Rules as people write them, and rules made at random.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn names(rule: &str) -> Vec<String> {
    hosts(rule).unwrap_or_else(|(_, error)| panic!("{rule}: {error}")).names
}

#[test]
fn a_rule_names_its_hosts() {
    for (rule, expected) in [
        ("Host(`a.example.com`)", vec!["a.example.com"]),
        ("HostHeader(`c.example.com`)", vec!["c.example.com"]),
        ("HostSNI ( `s.example.com` ) && PathPrefix(`/x`)", vec!["s.example.com"]),
        ("Host(`d.example.com`) || Host(`e.example.com`)", vec!["d.example.com", "e.example.com"]),
        ("Host(`g.example.com`, `h.example.com`)", vec!["g.example.com", "h.example.com"]),
        ("Host(\"shop.example.com\")", vec!["shop.example.com"]),
        ("HostSNI(\"a.example.com\",`b.example.com`)", vec!["a.example.com", "b.example.com"]),
        ("Host(\"\\x61\\u002eexample\\U0000002ecom\")", vec!["a.example.com"]),
        ("(Host(`a.example.com`)&&(Path(`/`)||Path(`)`)))", vec!["a.example.com"]),
        (
            "host(`a.example.com`) || HOSTSNI(`b.example.com`)",
            vec!["a.example.com", "b.example.com"],
        ),
        ("Hostsni(`a.example.com`)", vec!["a.example.com"]),
        (
            "Headers(`X-Host`, `Host(\"not.example.com\")`) && Host(`a.example.com`)",
            vec!["a.example.com"],
        ),
        ("Host(\n  `a.example.com`,\n)", vec!["a.example.com"]),
        ("Host(`a.example.com`,) && Path(`/`,)", vec!["a.example.com"]),
    ] {
        assert_eq!(names(rule), expected, "{rule}");
    }
}

#[test]
fn what_a_rule_is_not_for_is_no_host_of_it() {
    for (rule, expected) in [
        ("PathPrefix(`/`) && !Host(`not.example.com`)", vec![]),
        ("!(Host(`a.example.com`) || Path(`/`) && Host(`b.example.com`))", vec![]),
        ("!(Path(`/`) || !Host(`a.example.com`))", vec!["a.example.com"]),
        ("! ! Host(`a.example.com`)", vec!["a.example.com"]),
        ("!Path(`/`) && Host(`a.example.com`)", vec!["a.example.com"]),
    ] {
        assert_eq!(names(rule), expected, "{rule}");
    }
}

#[test]
fn every_host_and_a_pattern_of_hosts_are_no_names_and_are_told() {
    for rule in ["HostSNI(`*`)", "HostSNI(\"*\")", "HostRegexp(`.*`)", "HostSNIRegexp(`^a`)"] {
        let found = hosts(rule).unwrap();
        assert_eq!((found.names.len(), found.nameless.len()), (0, 1), "{rule}");
    }
    assert_eq!(hosts("PathPrefix(`/`) && !HostRegexp(`x`)"), Ok(Hosts::default()));
}

#[test]
fn a_rule_in_which_a_value_is_missing_is_no_rule() {
    for (rule, error) in [
        ("", "nothing to read"),
        (" \n", "nothing to read"),
        ("Host()", "`Host` has no value"),
        ("Host(``)", "`Host` has no value"),
        ("HostSNI(\"\")", "`HostSNI` has no value"),
        ("!Host(``)", "`Host` has no value"),
        ("Host(`a.example.com`) && PathPrefix(``)", "`PathPrefix` has no value"),
        ("Host(`a.example.com`, ``)", "`Host` has no value"),
        ("HostRegexp()", "`HostRegexp` has no value"),
        ("ClientIP( )", "`ClientIP` has no value"),
        ("Host(`*`)", "is for no host"),
        ("HostHeader(\"*\")", "is for no host"),
    ] {
        let (_, told) = hosts(rule).unwrap_err();
        assert!(told.contains(error), "{rule}: {told}");
    }
}

#[test]
fn a_rule_that_traefik_would_refuse_is_not_guessed_at() {
    for rule in [
        "Host(`a.example.com`",
        "Host(`a.example.com) && Path(`/`)",
        "Host(\"a.example.com)",
        "Host(\"a\\qb\")",
        "Host(a.example.com)",
        "Host:a.example.com",
        "Hots(`a.example.com`)",
        "hOST(`a.example.com`)",
        "Host(`a.example.com`) & Path(`/`)",
        "Host(`a.example.com`))",
        "Host",
        "!",
        "`a.example.com`",
        "Host(`a.example.com` `b.example.com`)",
        "Host(,`a.example.com`)",
        "Host(,)",
        "Host(`a.example.com`,,)",
        "Host(`a.example.com`)&&",
        "|| Host(`a.example.com`)",
        "Host(`a.example.com`) && || Path(`/`)",
        "Host(`a.example.com`) Path(`/`)",
        "Host(`a.example.com`) !Path(`/`)",
        "Host(`a.example.com`)(`/`)",
        "Host(Path(`/`))",
        "(Host(`a.example.com`) ||)",
        "Host(`a.example.com`) && ()",
        "()",
        "(Host)(`a.example.com`)",
    ] {
        hosts(rule).unwrap_err();
    }
    let (before, error) = hosts("Host(`a.example.com`) || Hots(`b`)").unwrap_err();
    assert_eq!(before.names, ["a.example.com"]);
    assert_eq!(error, "`Hots` is not a matcher");
}

/// A part of a rule with the hosts that it is for.
fn part() -> impl Strategy<Value = (String, Vec<String>, Vec<String>)> {
    let quoted =
        |host: &str, raw: bool| if raw { format!("`{host}`") } else { format!("{host:?}") };
    let host = prop_oneof![Just("Host"), Just("HostSNI"), Just("hostheader"), Just("HOST")];
    let call = (host, vec(("[a-z]{1,8}\\.example\\.org", any::<bool>()), 1..4));
    let call = call.prop_map(move |(matcher, hosts)| {
        let values: Vec<_> = hosts.iter().map(|(host, raw)| quoted(host, *raw)).collect();
        let names = hosts.into_iter().map(|(host, _)| host).collect();
        (format!("{matcher}({})", values.join(" , ")), names, Vec::new())
    });
    let other = ("Path|ClientIP|Query", "[a-zA-Z0-9/()!|& ,]{1,12}")
        .prop_map(|(matcher, value)| (format!("{matcher}(`{value}`)"), Vec::new(), Vec::new()));
    prop_oneof![3 => call, 1 => other].prop_recursive(6, 64, 4, |inner| {
        let negated = inner.clone().prop_map(|(text, yes, no)| (format!("!({text})"), no, yes));
        let joined = (vec(inner, 1..4), any::<bool>()).prop_map(|(parts, all)| {
            let texts: Vec<_> = parts.iter().map(|(text, ..)| text.as_str()).collect();
            let text = format!("({})", texts.join(if all { "&&" } else { " || " }));
            let yes = parts.iter().flat_map(|(_, yes, _)| yes.clone()).collect();
            (text, yes, parts.iter().flat_map(|(.., no)| no.clone()).collect())
        });
        prop_oneof![negated, joined]
    })
}

proptest! {
    #[test]
    fn the_hosts_that_are_planted_are_found_and_no_others((text, planted, _) in part()) {
        prop_assert_eq!(names(&text), planted);
    }

    #[test]
    fn any_text_at_all_is_read_to_its_end_or_refused(text in "[`\"\\\\(),!&|Hosta.* \\PC]{0,200}") {
        let found = hosts(&text).unwrap_or_else(|(before, _)| before);
        let length: usize = found.names.iter().map(String::len).sum();
        prop_assert!(length <= text.len() * 4);
    }

    #[test]
    fn a_rule_is_read_once(count in 1_usize..400) {
        let rule = vec!["Host(`a.example.org`)"; count].join(" || ");
        let mut tokens = Tokens { rest: rule.char_indices().peekable() };
        let mut read = 0;
        while tokens.next().unwrap().is_some() {
            read += 1;
        }
        prop_assert_eq!(read, 5 * count - 1);
        prop_assert_eq!(names(&rule).len(), count);
    }
}
