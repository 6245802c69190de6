//! A command line of `ExternalDNS`, word by word.

use std::collections::HashMap;

use super::draft::Draft;
use super::draft::places::has_place;
use super::secrets::is_secret;
use super::{Weight, flags, grammar};
use crate::args::whereabouts;

/// Takes the words of a command line, without the program.
pub(super) fn take(draft: &mut Draft, words: &[String]) {
    for Flag { name, value, place } in read(draft, words) {
        flags::take(draft, &name, value.as_deref(), &place);
    }
}

/// One flag as it was written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flag {
    pub(super) name: String,
    pub(super) value: Option<String>,
    pub(super) place: String,
}

/// Returns the flags of a command line; what is none is told.
///
/// As the parser of `ExternalDNS` has it, `--flag=value` and `--flag value` are the same where the flag
/// takes a value, and each value is a flag of its own.
pub(super) fn read(draft: &mut Draft, words: &[String]) -> Vec<Flag> {
    let mut found = Vec::new();
    let mut rest = words.iter().peekable();
    while let Some(word) = rest.next() {
        let Some(flag) = word.strip_prefix("--").filter(|flag| !flag.is_empty()) else {
            if word.starts_with('@') {
                draft.out_of_sight(word, "it is a file of arguments, one a line, which is not in this text: write what it says in its place");
            } else if let Some(why) = mangled(word) {
                draft.out_of_sight(word, why);
            } else if is_filled_in(word) {
                draft.out_of_sight(word, FILLED_IN);
            } else {
                // What is set in it may be a secret.
                let name = word.split('=').next().unwrap_or_default();
                draft.say(Weight::Refused, name, "it is no flag; flags begin with two dashes");
            }
            continue;
        };
        if let Some(why) = mangled(word) {
            draft.out_of_sight(word.split('=').next().unwrap_or_default(), why);
            continue;
        }
        if is_filled_in(flag.split('=').next().unwrap_or_default()) {
            draft.out_of_sight(word, FILLED_IN);
            continue;
        }
        let place = |name: &str| format!("--{name}");
        if let Some((name, value)) = flag.split_once('=') {
            found.push(Flag {
                name: name.to_owned(),
                value: Some(value.to_owned()),
                place: place(name),
            });
            continue;
        }
        let takes_value = takes_value(flag);
        let value = rest.next_if(|next| takes_value && !next.starts_with("--")).cloned();
        found.push(Flag { name: flag.to_owned(), value, place: place(flag) });
    }
    last_of_each(draft, found)
}

/// What is said of what may be any flag.
pub(super) const FILLED_IN: &str =
    "something fills it in, and it may be any flags: write what it says";

/// Tells whether something fills in a word that is no value.
fn is_filled_in(word: &str) -> bool {
    word.contains(['$', '`']) || word.contains("{{") || has_place(word)
}

/// Tells whether a flag, without its dashes, takes a value.
pub(super) fn takes_value(flag: &str) -> bool {
    let is_toggle = |name: &str| {
        let known = flags::run().get_arguments().find(|argument| argument.get_long() == Some(name));
        known.is_some_and(daemon::is_toggle) || TOGGLES.contains(&name)
    };
    let is_off =
        flag.strip_prefix("no-").is_some_and(|on| is_toggle(on) || whereabouts(on).is_some());
    !is_off && !is_toggle(flag)
}

/// Says what a page or an editor has made of a word on its way here; `None` where it is as it was typed.
fn mangled(word: &str) -> Option<&'static str> {
    let is_dash = |letter: char| matches!(letter, '\u{2010}'..='\u{2015}' | '\u{2212}');
    let is_quote =
        |letter: char| matches!(letter, '\u{201c}'..='\u{201f}' | '\u{2018}'..='\u{201b}');
    if word.starts_with(is_dash)
        || word.strip_prefix("--").is_some_and(|flag| flag.starts_with(is_dash))
    {
        return Some(
            "a dash was made of its two dashes, so it is not known whether it is a flag: write `--`",
        );
    }
    if word.contains(is_quote) {
        return Some(
            "quotes of a text were made of those of a shell, so it is not known what it says: write it with `\"` or `'`",
        );
    }
    let is_escaped = ["&quot;", "&amp;", "&apos;", "&nbsp;", "&lt;", "&gt;", "&#"]
        .iter()
        .any(|entity| word.contains(entity));
    is_escaped.then_some(
        "it is escaped for HTML, so it is not known what it says: write it as a page shows it",
    )
}

/// Returns flags without what the same flag said before, where it may be given once only: that is told.
fn last_of_each(draft: &mut Draft, flags: Vec<Flag>) -> Vec<Flag> {
    let own = |flag: &Flag| {
        let positive = flag.name.strip_prefix("no-").filter(|name| grammar::takes_one(name));
        positive.unwrap_or(&flag.name).to_owned()
    };
    let said = |flag: &Flag| match &flag.value {
        Some(_) if is_secret(&flag.name) => format!("--{}=…", flag.name),
        Some(value) => format!("--{}={value}", flag.name),
        None => format!("--{}", flag.name),
    };
    let mut kept: Vec<Option<Flag>> = Vec::new();
    // Where each of those is that may be given once only.
    let mut places: HashMap<String, usize> = HashMap::new();
    for flag in flags {
        let name = own(&flag);
        let before = if grammar::takes_one(&name) {
            places.insert(name, kept.len()).and_then(|at| kept.get_mut(at)?.take())
        } else {
            None
        };
        if let Some(before) = before {
            let text = format!(
                "it is there twice, and takes one value: the last one, `{}`, is taken, and `{}` is left out",
                said(&flag),
                said(&before)
            );
            draft.say(Weight::Changed, &flag.place, text);
        }
        kept.push(Some(flag));
    }
    kept.into_iter().flatten().collect()
}

/// Toggles of `ExternalDNS` that are none of the controller's.
const TOGGLES: [&str; 27] = [
    "aws-evaluate-target-health",
    "aws-prefer-cname",
    "aws-sd-service-cleanup",
    "aws-zone-match-parent",
    "cloudflare-custom-hostnames",
    "cloudflare-proxied",
    "cloudflare-regional-services",
    "coredns-strictly-owned",
    "godaddy-api-ote",
    "infoblox-create-ptr",
    "infoblox-ssl-verify",
    "ns1-ignoressl",
    "oci-auth-instance-principal",
    "ovh-enable-cname-relative",
    "pdns-skip-tls-verify",
    "pdns-tls-enabled",
    "pihole-tls-skip-verify",
    "rcodezero-txt-encrypt",
    "rfc2136-axfr",
    "rfc2136-create-ptr",
    "rfc2136-gss-tsig",
    "rfc2136-insecure",
    "rfc2136-skip-tls-verify",
    "rfc2136-use-tls",
    "traefik-disable-legacy",
    "txt-new-format-only",
    "webhook-server",
];

/// Splits a text into words as a shell does: blanks, quotes, backslashes, and lines that go on.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (Some('"') | None, '\\') => match letters.next() {
                Some('\n') | None => {}
                Some(escaped) => {
                    let word = word.get_or_insert_default();
                    if quote.is_some() && !"\"\\$`".contains(escaped) {
                        word.push('\\');
                    }
                    word.push(escaped);
                }
            },
            (Some(_), letter) => {
                let word = word.get_or_insert_default();
                word.push(letter);
            }
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => {
                while letters.next_if(|letter| *letter != '\n').is_some() {}
            }
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (None, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}
