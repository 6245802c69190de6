//! Files with keys, as the tools of name servers write them: `tsig-keygen` and Knot's `keymgr -t`.

use super::{Algorithm, BadKey, Key};

/// Why a file has no keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKeyFile {
    /// It has a key that cannot be used.
    #[error(transparent)]
    Key(#[from] BadKey),
    /// A key lacks a part.
    #[error("key `{key}` has no `{part}`")]
    Lacks {
        /// Its name.
        key: String,
        /// What is missing.
        part: &'static str,
    },
    /// It has none.
    #[error(
        "there is no key in it; write it as `tsig-keygen NAME` prints it, or in one line as \
         ALGORITHM:NAME:SECRET"
    )]
    NoKey,
}

/// Reads the keys of a file: `key "name" { algorithm …; secret "…"; };` as BIND has them, the
/// `key:` list of Knot, or `algorithm:name:secret` in a line.
///
/// # Errors
///
/// Returns an error that says what is wrong, and never a secret.
pub fn parse(text: &str) -> Result<Vec<Key>, BadKeyFile> {
    let lines: Vec<_> = text.lines().map(without_comment).filter(|line| !line.is_empty()).collect();
    let keys = if text.contains('{') {
        clauses(&lines.join(" "))?
    } else if lines.iter().any(|line| line.trim_start_matches("- ").starts_with("id:")) {
        list(&lines)?
    } else {
        lines.iter().filter_map(|line| in_line(line)).collect::<Result<_, _>>()?
    };
    if keys.is_empty() { Err(BadKeyFile::NoKey) } else { Ok(keys) }
}

fn without_comment(line: &str) -> &str {
    let line = line.trim();
    if line.starts_with('#') || line.starts_with("//") { "" } else { line }
}

fn key(name: &str, algorithm: Option<&str>, secret: Option<&str>) -> Result<Key, BadKeyFile> {
    let lacks = |part| BadKeyFile::Lacks { key: name.to_owned(), part };
    let algorithm = Algorithm::parse(algorithm.ok_or_else(|| lacks("algorithm"))?)?;
    Ok(Key::new(name, algorithm, secret.ok_or_else(|| lacks("secret"))?)?)
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches('"')
}

/// `key "name" { algorithm hmac-sha256; secret "…"; };`
fn clauses(text: &str) -> Result<Vec<Key>, BadKeyFile> {
    let mut keys = Vec::new();
    for clause in text.split('}') {
        let Some((head, body)) = clause.split_once('{') else { continue };
        let head = head.trim_start_matches([';', ' ']);
        let Some(name) = head.strip_prefix("key").map(unquoted) else { continue };
        let find = |part: &str| {
            body.split(';').find_map(|line| line.trim().strip_prefix(part).map(unquoted))
        };
        keys.push(key(name, find("algorithm"), find("secret"))?);
    }
    Ok(keys)
}

/// `- id: name`, `algorithm: hmac-sha256`, `secret: …`
fn list(lines: &[&str]) -> Result<Vec<Key>, BadKeyFile> {
    let mut keys = Vec::new();
    let mut rest = lines;
    while let Some((line, after)) = rest.split_first() {
        rest = after;
        let Some(name) = value(line, "id:") else { continue };
        let is_next = |line: &&&str| value(line, "id:").is_none();
        let find = |part| after.iter().take_while(is_next).find_map(|line| value(line, part));
        keys.push(key(name, find("algorithm:"), find("secret:"))?);
    }
    Ok(keys)
}

fn value<'a>(line: &'a str, part: &str) -> Option<&'a str> {
    line.trim_start_matches("- ").trim().strip_prefix(part).map(unquoted)
}

/// `hmac-sha256:name:secret`
fn in_line(line: &str) -> Option<Result<Key, BadKeyFile>> {
    let mut parts = line.splitn(3, ':');
    let (algorithm, name, secret) = (parts.next()?, parts.next()?, parts.next()?);
    Some(key(name.trim(), Some(algorithm), Some(secret)))
}
