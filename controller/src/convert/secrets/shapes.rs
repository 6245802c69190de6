//! What is a secret wherever it stands: known by its own shape, or by the words before it in a text.

use std::sync::LazyLock;

use regex::Regex;

use super::{is_literal, is_secret};

/// Keys that say what they are: their first letters are those of the one that gave them out.
const PREFIXED: [&str; 13] = [
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    r"\bgh[pousr]_[A-Za-z0-9]{20,}",
    r"\bgithub_pat_[A-Za-z0-9_]{20,}",
    r"\bglpat-[A-Za-z0-9_-]{16,}",
    r"\bxox[abeprs]-[A-Za-z0-9-]{10,}",
    r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    r"\bdop_v1_[0-9a-f]{32,}",
    r"\bhvs\.[A-Za-z0-9_-]{20,}",
    r"\bAGE-SECRET-KEY-1[0-9A-Z]{20,}",
    r"\bSG\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}",
    r"\bAIza[0-9A-Za-z_-]{35}\b",
    r"\bnpm_[A-Za-z0-9]{30,}",
];

static SHAPES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let written = [
        // RFC 7235: the scheme, and what it takes.
        r"(?i)\b(?:bearer|basic|digest)\s+([A-Za-z0-9._~+/=-]{8,})",
        r#"(?i)\bauthorization["']?\s*[:=]\s*["']?(?:[a-z]+\s+)?([^\s"',;]{6,})"#,
        // Of netrc.
        r"\blogin\s+\S+\s+password\s+(\S+)",
        // Of curl and many others, and of what begins an address.
        r#"(?:^|\s)(?:-u|--user|--basic-auth|--proxy-user)(?:\s+|=)["']?[^\s:"']+:([^\s"']+)"#,
        r#"://[^\s/?#@"'<>]*:([^\s/?#"'<>]+)@"#,
        r"://([A-Za-z0-9_-]{20,})@",
        // Addresses to which all who know them may write.
        r"\bhooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/_-]{8,})",
        r"\bdiscord(?:app)?\.com/api/webhooks/([0-9]+/[A-Za-z0-9_-]{8,})",
        r"\bapi\.telegram\.org/bot([0-9]+:[A-Za-z0-9_-]{8,})",
        r"\bwebhook\.office\.com/webhookb2/([A-Za-z0-9@/_-]{8,})",
    ];
    written.iter().chain(&PREFIXED).filter_map(|shape| Regex::new(shape).ok()).collect()
});

/// A name and what is said of it, as in JSON, YAML, a query of an address, a header or a connection string.
static PAIRS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?m)(?:^|[\s?&;{,"'])([A-Za-z][A-Za-z0-9_.-]*)["']?[ \t]*[:=][ \t]*["']?([^\s"',;&{}\[\]]+)"#,
    )
    .ok()
});

/// A name and what is said of it in the query of an address, whatever stands before that.
static QUERIES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"[?&]([A-Za-z][A-Za-z0-9_.-]*)=([^\s"',;&#{}\[\]]+)"#).ok());

/// Returns each part of a text that is a secret, whatever the text is called.
pub(super) fn held(text: &str) -> Vec<&str> {
    if text.contains("-----BEGIN") && text.contains("PRIVATE KEY-----") {
        return vec![text];
    }
    written(text)
}

/// Returns the same of a text that is a whole file.
pub(super) fn written(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for shape in SHAPES.iter() {
        for captures in shape.captures_iter(text) {
            let part = captures.get(1).or_else(|| captures.get(0));
            found.extend(part.map(|part| part.as_str()).filter(|part| is_literal(part)));
        }
    }
    found.extend(named(text));
    found.extend(keys_of_aws(text));
    found
}

/// The shortest run of small letters that is a word, and hardly ever stands in a key.
const WORD: usize = 7;

/// Returns what has the form of AWS's secret access keys, which nothing in them says: 40 letters and digits of
/// base64 between others. A digest in hexadecimal digits is none, nor is a name of words.
fn keys_of_aws(text: &str) -> impl Iterator<Item = &str> {
    let is_of_key = |letter: char| letter.is_ascii_alphanumeric() || "/+".contains(letter);
    text.split(move |letter| !is_of_key(letter)).filter(|run| {
        let has_word =
            run.split(|letter: char| !letter.is_ascii_lowercase()).any(|small| small.len() >= WORD);
        run.len() == 40
            && !has_word
            && run.contains(|letter: char| letter.is_ascii_uppercase())
            && run.contains(|letter: char| letter.is_ascii_lowercase())
            && run.contains(|letter: char| letter.is_ascii_digit())
    })
}

/// Returns what stands behind the name of a secret in a text that says several things; one `NAME=VALUE` alone may
/// be a selector, or a flag, which is read as such.
fn named(text: &str) -> Vec<&str> {
    let says_several = text.contains(['?', '&', ';', '{', '\n', '"', '\'']) || text.contains(": ");
    let Some(pairs) = PAIRS.as_ref().filter(|_| says_several) else { return Vec::new() };
    let is_said = |value: &str| {
        const WORDS: [&str; 8] =
            ["true", "false", "null", "none", "enabled", "disabled", "yes", "no"];
        // Of Terraform, and of a shell.
        let is_reference = ["var.", "local.", "data.", "module.", "each.", "$"]
            .iter()
            .any(|start| value.starts_with(start));
        value.len() >= 4 && is_literal(value) && !WORDS.contains(&value) && !is_reference
    };
    let queries = QUERIES.iter().flat_map(|queries| queries.captures_iter(text));
    pairs
        .captures_iter(text)
        .chain(queries)
        .filter_map(|captures| Some((captures.get(1)?.as_str(), captures.get(2)?.as_str())))
        .filter(|(name, value)| {
            is_secret(name) && is_said(value) && !super::is_of_an_object(name, value)
        })
        .map(|(_, value)| value)
        .collect()
}
