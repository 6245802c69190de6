//! Texts that something fills in later: `${NAME}` before Kubernetes sees them, and templates of Helm.

use serde_json::{Map, Value};

use super::super::Weight;
use super::super::fields::{each_text, take_out};
use super::{Draft, Origin};

/// Tells whether something fills in a text, or a part of it, before Kubernetes sees it: `envsubst` and Flux
/// (`${NAME}`, `$NAME`), argocd-vault-plugin (`<path:…>`, `<NAME>`), vals (`ref+…://`), SOPS (`ENC[…]`), Concourse
/// and spruce (`((NAME))`), pipelines (`#{NAME}#`). What it stands for is not known here.
pub(in super::super) fn has_place(text: &str) -> bool {
    let is_name = |name: &str| {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || "_-./: ".contains(letter);
        !name.trim().is_empty() && name.chars().all(is_part)
    };
    let between = |open: &str, close: &str| {
        text.split(open)
            .skip(1)
            .any(|rest| rest.split_once(close).is_some_and(|(name, _)| is_name(name)))
    };
    let value = text
        .strip_prefix("--")
        .and_then(|word| word.split_once('='))
        .map_or(text, |(_, value)| value);
    let whole = value.trim().strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    has_variable(text)
        || whole.is_some_and(is_name)
        || text.contains("<path:") && text.contains('>')
        || text.split("ref+").skip(1).any(|rest| {
            rest.split_once("://")
                .is_some_and(|(scheme, _)| scheme.chars().all(char::is_alphanumeric))
        })
        || text.contains("ENC[") && text.contains(']')
        || between("((", "))") && !text.contains("{{")
        || between("#{", "}")
}

/// Tells whether a text has a `${NAME}`, or is or ends with a `$NAME`.
fn has_variable(text: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let braced = text.split("${").skip(1).any(|rest| {
        let name = rest.split(['}', ':', '-', '=']).next().unwrap_or_default();
        rest.contains('}') && !name.is_empty() && name.chars().all(is_part)
    });
    let begins = |name: &str| name.starts_with(|letter: char| letter.is_ascii_uppercase());
    // Templates have variables of their own, and an expression ends a line so.
    let bare = text.split('$').skip(1).any(|name| begins(name) && name.chars().all(is_part));
    braced || bare && !text.contains("{{") && !text.contains(['^', '|'])
}

/// Keys on which it hangs which records there are to be, and which may go.
pub(in crate::convert) const DECISIVE: [&str; 19] = [
    "policy",
    "registry",
    "txtOwnerId",
    "txtPrefix",
    "txtSuffix",
    "sources",
    "namespaced",
    "sourceNamespace",
    "sourceNamespaces",
    "gatewayNamespace",
    "domainFilters",
    "excludeDomains",
    "labelFilter",
    "annotationFilter",
    "annotationPrefix",
    "managedRecordTypes",
    "extraArgs",
    "provider.rfc2136",
    "provider.webhook.args",
];

/// Returns each text that something fills in, with its place.
fn found(draft: &Draft) -> Vec<(String, String)> {
    let mut values = Value::Object(draft.assembled());
    let mut found = Vec::new();
    take_out(&mut values, "", &|text| has_place(text), &mut found);
    found
}

/// Tells whether records hang on what something else fills in.
pub(super) fn decide(draft: &Draft) -> bool {
    let is_below = |place: &str, key: &str| {
        place.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    found(draft).iter().any(|(place, _)| DECISIVE.iter().any(|key| is_below(place, key)))
}

/// Tells of texts that something fills in before Kubernetes sees them.
pub(super) fn told(draft: &mut Draft) {
    for (place, text) in found(draft) {
        draft.say(
            Weight::Changed,
            &place,
            format!("`{text}` stands in the values as it was: whatever fills it in has to do so here, too, and what it says is not known here"),
        );
    }
}

/// Tells whether a template is the program's own, which `ExternalDNS` fills in for each object, and not Helm's.
pub(in super::super) fn is_of_the_program(flag: &str, text: &str) -> bool {
    const OF_HELM: [&str; 8] = [
        ".Values",
        ".Release",
        ".Chart",
        ".Capabilities",
        ".Files",
        ".Template",
        "include ",
        "tpl ",
    ];
    let is_template = ["fqdn-template", "target-template", "fqdn-target-template"].contains(&flag);
    is_template
        && !OF_HELM.iter().any(|word| text.contains(word))
        && filled(text, &|action| written_out(action).map(|_| "\u{1}".to_owned())) == text
}

/// Fills in what templates of Helm take from the values of the other chart, which ours does not have.
pub(super) fn values_of_the_other_chart(draft: &mut Draft) {
    let given = std::mem::take(&mut draft.given);
    let mut found = Vec::new();
    let mut values = Value::Object(std::mem::take(&mut *draft.values));
    fill(&given, &mut values, "", &mut found);
    if let Value::Object(values) = values {
        *draft.values = values;
    }
    let mut extra = Value::Object(std::mem::take(&mut draft.extra));
    fill(&given, &mut extra, "extraArgs", &mut found);
    if let Value::Object(extra) = extra {
        draft.extra = extra;
    }
    let is_template = draft.origin == Origin::Chart && !draft.is_verbatim;
    for word in draft.provider.iter_mut().filter(|_| is_template) {
        // The arguments of our providers are no templates.
        *word = literal(word);
        let mut text = Value::String(std::mem::take(word));
        fill(&given, &mut text, "extraArgs", &mut Vec::new());
        text.as_str().unwrap_or_default().clone_into(word);
        if has_action(word) {
            found.push(("extraArgs".to_owned(), word.clone()));
        }
    }
    for (place, text) in found {
        let with = if text.contains(".Values") { ", with values of the other chart" } else { "" };
        draft.unknown(
            &place,
            &format!(
                "a template of Helm makes something of it{with}: write what it made into `{text}`"
            ),
        );
    }
}

/// Fills in each text below a value; what cannot be is added.
fn fill(
    given: &Map<String, Value>,
    value: &mut Value,
    place: &str,
    found: &mut Vec<(String, String)>,
) {
    each_text(value, place, &mut |place, text| {
        if !text.contains("{{") || !text.contains(".Values") {
            return;
        }
        let new = filled(text, &|action| of_values(given, action));
        if new.contains(".Values") {
            found.push((place.to_owned(), text.clone()));
        }
        *text = new;
    });
}

/// Returns what `.Values.a.b` is; `None` for all other actions, and for what is no text.
fn of_values(given: &Map<String, Value>, action: &str) -> Option<String> {
    let mut parts = action.split('|').map(str::trim);
    let path = parts.next()?;
    if parts.any(|filter| !["toString", "trim"].contains(&filter)) {
        return None;
    }
    let path = path.strip_prefix(".Values.").or_else(|| path.strip_prefix("$.Values."))?;
    let mut keys = path.split('.');
    let first = given.get(keys.next()?)?;
    match keys.try_fold(first, |value, key| value.get(key))? {
        Value::String(text) if !text.contains("{{") => Some(text.clone()),
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    }
}

/// Returns a template of Helm that makes a text as it is written.
pub(in super::super) fn as_written(text: &str) -> String {
    text.replace("{{", "{{ \"{{\" }}")
}

/// Returns what a template of Helm makes of texts that are written out in it; other actions stay.
pub(in super::super) fn literal(text: &str) -> String {
    filled(text, &written_out)
}

/// Tells whether a template of Helm has anything in it that is not written out.
pub(in super::super) fn has_action(text: &str) -> bool {
    filled(text, &|action| written_out(action).map(|_| String::new())).contains("{{")
}

/// What is said of a template that means something else in our chart.
pub(in super::super) const OF_ANOTHER_CHART: &str = "a template of Helm makes something of it from names of its own chart, and would make something else of it here: \
     write what it made";

/// Tells whether a template of Helm would make something else of a text in our chart: whether anything is in
/// it but what is written out, what the release has, and values, which are filled in by themselves.
pub(in super::super) fn is_of_another_chart(text: &str) -> bool {
    let is_known = |action: &str| {
        let known = written_out(action).is_some() || is_of_release(action);
        (known || action.contains(".Values")).then(String::new)
    };
    filled(text, &is_known).contains("{{")
}

/// Tells whether an action goes by nothing but what Helm knows of the release and the cluster.
fn is_of_release(action: &str) -> bool {
    const OTHERS: [&str; 7] = ["include", "template", "tpl", "lookup", "define", "block", "env"];
    let separates = |letter: char| letter.is_whitespace() || "()|,".contains(letter);
    action.split(separates).filter(|word| !word.is_empty()).all(|word| {
        let path = word.strip_prefix('$').unwrap_or(word);
        if path.starts_with('.') || path.len() < word.len() {
            path.starts_with(".Release.") || path.starts_with(".Capabilities.")
        } else {
            !OTHERS.contains(&word) && !word.contains("env")
        }
    })
}

/// Returns the text that an action is; `None` for all other actions.
fn written_out(action: &str) -> Option<String> {
    let raw = action.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
    if let Some(raw) = raw.filter(|raw| !raw.contains('`')) {
        return Some(raw.to_owned());
    }
    let is_text = action.len() > 1 && action.starts_with('"') && action.ends_with('"');
    if is_text { serde_json::from_str::<String>(action).ok() } else { None }
}

/// Returns a text with each action of a template replaced that has an answer.
fn filled(text: &str, answer: &dyn Fn(&str) -> Option<String>) -> String {
    let (mut made, mut rest) = (String::new(), text);
    while let Some((before, inner)) = rest.split_once("{{") {
        let Some((action, after)) = action(inner) else { break };
        made.push_str(before);
        let bare = action.strip_prefix('-').unwrap_or(action);
        let bare = bare.strip_suffix('-').unwrap_or(bare).trim();
        match answer(bare) {
            Some(text) => made.push_str(&text),
            None => made.extend(["{{", action, "}}"]),
        }
        rest = after;
    }
    made.push_str(rest);
    made
}

/// Splits what follows two braces into the action and what comes after it; braces in texts end nothing.
fn action(inner: &str) -> Option<(&str, &str)> {
    let mut quote: Option<char> = None;
    let mut is_escaped = false;
    for (at, letter) in inner.char_indices() {
        match (quote, letter) {
            (Some('"'), '\\') if !is_escaped => {
                is_escaped = true;
                continue;
            }
            (Some(open), letter) if open == letter && !is_escaped => quote = None,
            (None, '"' | '`') => quote = Some(letter),
            (None, '}') if inner.get(at..)?.starts_with("}}") => {
                return Some((inner.get(..at)?, inner.get(at.saturating_add(2)..)?));
            }
            _ => {}
        }
        is_escaped = false;
    }
    None
}
