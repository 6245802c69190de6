//! What a text may have been that is neither YAML nor JSON.
//!
//! It is looked at line by line, for the few words that say which object it would be.

use std::collections::BTreeSet;

use super::{ANYWHERE, Finding, Hides, Why, is_placeholder, key, template};
use controller_sources::objects::{Kind, KindId, Misread, ObjectKey};

/// What the lines of a text say.
#[derive(Default)]
struct Words<'a> {
    /// Values of `kind`, at whatever depth.
    kinds: BTreeSet<&'a str>,
    /// Value of `kind` at the start of a line.
    kind: Option<&'a str>,
    /// Value of `name` right below `metadata`.
    name: Option<&'a str>,
    /// Value of `namespace` right below `metadata`.
    namespace: Option<&'a str>,
    /// Whether `apiVersion` is in it.
    has_version: bool,
}

/// Returns what a text is that cannot be parsed because of `error`, for sources that read `kinds`.
pub(in super::super) fn validate(
    text: &str,
    is_json: bool,
    error: &str,
    kinds: &[Kind],
) -> Vec<Finding> {
    let words = Words::of(text);
    let object = words.object(kinds);
    if template::is_one(text) {
        return template::validate(text, object, kinds);
    }
    let next = "correct it, or keep it elsewhere";
    let misread = Misread::whole(format!("{error}; {next}"));
    let hides = if let Some(key) = object {
        Hides::Object(key)
    } else if words.has_version || words.names_any(kinds) {
        words.hides(kinds)
    } else if is_json {
        // Much that is called JSON has comments, and no manifest lacks these words.
        Hides::Nothing
    } else {
        Hides::Everything
    };
    vec![Finding { why: Why::Broken, hides, misread }]
}

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        let mut words = Self::default();
        // Depth of the keys right below `metadata`, once one was seen.
        let (mut in_meta, mut depth) = (false, None);
        for line in text.lines() {
            let body = line.trim_start();
            let indent = line.len() - body.len();
            if body.is_empty() || body.starts_with('#') {
                continue;
            }
            words.has_version |= body.contains("apiVersion");
            let Some((key, value)) = pair(body) else { continue };
            if key == "kind" {
                words.kinds.insert(value);
            }
            if indent == 0 {
                (in_meta, depth) = (key == "metadata" && value.is_empty(), None);
                if key == "kind" {
                    words.kind = Some(value);
                }
            } else if in_meta && *depth.get_or_insert(indent) == indent {
                match key {
                    "name" => words.name = Some(value),
                    "namespace" => words.namespace = Some(value),
                    _ => {}
                }
            }
        }
        words
    }

    /// Returns the one object that the text is about, when it says so plainly.
    fn object(&self, kinds: &[Kind]) -> Option<ObjectKey> {
        let kind = kinds.iter().find(|kind| self.kind == Some(&kind.kind))?;
        // Of a namespace that is filled in later nothing is known.
        let namespace = self.namespace.unwrap_or_default();
        let namespace = if is_placeholder(namespace) { ANYWHERE } else { namespace };
        let is_plain =
            |word: &str| !is_placeholder(word) && !word.contains([':', ' ', '"', '\'', ',']);
        let name = self.name.filter(|name| !name.is_empty() && is_plain(name))?;
        is_plain(namespace).then(|| key(kind, namespace, name))
    }

    fn names_any(&self, kinds: &[Kind]) -> bool {
        kinds.iter().any(|kind| self.kinds.contains(kind.kind.as_ref()))
    }

    /// Returns what the text may hide, which is about objects.
    fn hides(&self, kinds: &[Kind]) -> Hides {
        let named = kinds.iter().filter(|kind| self.kinds.contains(kind.kind.as_ref()));
        let named: BTreeSet<KindId> = named.map(Kind::id).collect();
        // The text may be broken within the word that says its kind, or before.
        let is_cut_off = || {
            self.kinds.iter().all(|word| {
                let is_word = word.bytes().all(|byte| byte.is_ascii_alphanumeric());
                let names = || kinds.iter().map(|kind| kind.kind.as_ref());
                !is_word
                    || names().any(|name| name.starts_with(word))
                    || external_dns_webhook::nearest(word, names()).is_some()
            })
        };
        match named {
            some if !some.is_empty() => Hides::Kinds(some),
            _ if is_cut_off() => Hides::Everything,
            _ => Hides::Nothing,
        }
    }
}

/// Returns key and value of a line such as `- kind: Service` or `"kind": "Service",`.
fn pair(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start_matches(['-', ' ', '{']);
    let (key, value) = line.split_once(':')?;
    // Without a space it is no key in YAML, and quoted it is one in JSON.
    if !(value.is_empty() || value.starts_with([' ', '\t', '\r']) || key.ends_with(['"', '\''])) {
        return None;
    }
    let bare = |line: &'_ str| -> (usize, usize) {
        let start = line.len() - line.trim_start_matches([' ', '\t', '"', '\'']).len();
        (start, line.trim_end_matches([' ', '\t', '\r', ',', '}', '"', '\'']).len().max(start))
    };
    let value = value.split(" #").next().unwrap_or_default();
    let (from, to) = bare(key);
    let (start, end) = bare(value);
    Some((key.get(from..to)?, value.get(start..end)?))
}
