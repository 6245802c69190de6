//! The forms of names: labels, subdomains, qualified names ([names]).
//!
//! [names]: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/

use crate::kinds::NameRule;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or \
     '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used \
     for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and \
     must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used \
     for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SERVICE_LABEL: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
     alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or \
     'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end \
     with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for \
     validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or \
     '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  \
     or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const WILDCARD: &str = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which \
     must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric \
     character (e.g. '*.example.com', regex used for validation is \
     '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

const LABEL_LENGTH: usize = 63;
const SUBDOMAIN_LENGTH: usize = 253;

/// Returns what is wrong with a name under a rule.
pub(crate) fn problem(rule: NameRule, name: &str) -> Option<String> {
    match rule {
        NameRule::Subdomain => subdomain(name),
        NameRule::Label => label(name),
        NameRule::ServiceLabel => {
            let sound =
                is_label(name) && name.starts_with(|first: char| first.is_ascii_lowercase());
            limited(name, LABEL_LENGTH).or_else(|| (!sound).then(|| SERVICE_LABEL.to_owned()))
        }
        NameRule::PathSegment => match name {
            "." | ".." => Some(format!("may not be '{name}'")),
            _ => ["/", "%"]
                .into_iter()
                .find(|part| name.contains(part))
                .map(|part| format!("may not contain '{part}'")),
        },
    }
}

/// Returns what keeps `name` from being an RFC 1123 subdomain.
pub(crate) fn subdomain(name: &str) -> Option<String> {
    let sound = name.split('.').all(is_label);
    limited(name, SUBDOMAIN_LENGTH).or_else(|| (!sound).then(|| SUBDOMAIN.to_owned()))
}

/// Returns what keeps `name` from being a subdomain under `*.`.
pub(crate) fn wildcard(name: &str) -> Option<String> {
    let sound = name.strip_prefix("*.").is_some_and(|rest| rest.split('.').all(is_label));
    limited(name, SUBDOMAIN_LENGTH).or_else(|| (!sound).then(|| WILDCARD.to_owned()))
}

/// Returns what keeps `name` from being an RFC 1123 label.
pub(crate) fn label(name: &str) -> Option<String> {
    limited(name, LABEL_LENGTH).or_else(|| (!is_label(name)).then(|| LABEL.to_owned()))
}

/// Returns what keeps `key` from being the key of a label or annotation.
pub(crate) fn qualified(key: &str) -> Option<String> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    if let Some(problem) = prefix.and_then(subdomain) {
        return Some(format!("prefix part {problem}"));
    }
    if name.is_empty() {
        return Some("name part must be non-empty".to_owned());
    }
    limited(name, LABEL_LENGTH)
        .map(|problem| format!("name part {problem}"))
        .or_else(|| (!is_word(name)).then(|| QUALIFIED.to_owned()))
}

/// Returns what keeps `value` from being the value of a label.
pub(crate) fn label_value(value: &str) -> Option<String> {
    limited(value, LABEL_LENGTH)
        .or_else(|| (!value.is_empty() && !is_word(value)).then(|| LABEL_VALUE.to_owned()))
}

fn limited(text: &str, limit: usize) -> Option<String> {
    (text.len() > limit).then(|| format!("must be no more than {limit} characters"))
}

fn is_label(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_word(text: &str) -> bool {
    let edge = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    edge(text.chars().next())
        && edge(text.chars().last())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rule_of_their_kind() {
        assert_eq!(problem(NameRule::Subdomain, "a.example-1"), None);
        assert_eq!(problem(NameRule::Subdomain, "A.example"), Some(SUBDOMAIN.to_owned()));
        assert_eq!(problem(NameRule::ServiceLabel, "1a"), Some(SERVICE_LABEL.to_owned()));
        assert_eq!(problem(NameRule::Label, "1a"), None);
        assert_eq!(problem(NameRule::Label, "a.b"), Some(LABEL.to_owned()));
        assert_eq!(problem(NameRule::PathSegment, "system:x"), None);
        let long = "a".repeat(64);
        assert_eq!(
            problem(NameRule::Label, &long).as_deref(),
            Some("must be no more than 63 characters")
        );
    }

    #[test]
    fn keys_of_labels_may_have_a_prefix_and_values_may_be_empty() {
        assert_eq!(qualified("example.com/My_key"), None);
        assert_eq!(qualified("plain"), None);
        assert!(qualified("a/b/c").is_some());
        assert_eq!(qualified("example.com/").as_deref(), Some("name part must be non-empty"));
        assert_eq!(label_value(""), None);
        assert!(label_value("-x").is_some());
    }
}
