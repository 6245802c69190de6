//! Property lists of launchd ([launchd.plist]), as XML.
//!
//! [launchd.plist]: https://keith.github.io/xcode-man-pages/launchd.plist.5.html

use super::{Start, StartVariables, Wording, command};

/// What is said of a list that does not start the program.
pub(super) const NONE: &str = "the property list of launchd starts something else: give the one whose `ProgramArguments` are ExternalDNS's, \
     as XML (`plutil -convert xml1 -o - FILE`), or the arguments themselves (`signpost convert -- --source=…`)";

/// Keys that set nothing of the program.
const HARMLESS: [&str; 18] = [
    "AbandonProcessGroup",
    "Disabled",
    "ExitTimeOut",
    "GroupName",
    "HardResourceLimits",
    "KeepAlive",
    "Label",
    "LimitLoadToSessionType",
    "Nice",
    "ProcessType",
    "RunAtLoad",
    "SoftResourceLimits",
    "StandardErrorPath",
    "StandardOutPath",
    "ThrottleInterval",
    "Umask",
    "UserName",
    "WorkingDirectory",
];

/// Tells whether a text is such a list.
pub(super) fn is_one(text: &str) -> bool {
    let text = text.trim_start();
    (text.starts_with("<?xml") || text.starts_with("<!DOCTYPE plist") || text.starts_with("<plist"))
        && text.contains("<plist")
}

/// What an element is, as far as it matters.
#[derive(Debug, PartialEq)]
enum Item {
    Text(String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
    Other,
}

/// Reads such a list.
pub(super) fn read(text: &str) -> Vec<Start> {
    let mut rest = text.split_once("<plist").map(|(_, rest)| rest).unwrap_or_default();
    let Some(Item::Map(keys)) = item(&mut rest, MOST_DEEP) else { return Vec::new() };
    let (mut program, mut words, mut variables) = (None, Vec::new(), StartVariables::default());
    let mut unread = Vec::new();
    for (key, value) in keys {
        match (key.as_str(), value) {
            ("Program", Item::Text(path)) => program = Some(path),
            ("ProgramArguments", Item::List(items)) => {
                let texts = items.into_iter().map(|item| match item {
                    Item::Text(text) => Wording::Known(text),
                    Item::List(_) | Item::Map(_) | Item::Other => Wording::Open("…".to_owned()),
                });
                words = texts.collect();
            }
            ("EnvironmentVariables", Item::Map(pairs)) => {
                for (name, value) in pairs {
                    match value {
                        Item::Text(text) => variables.set(&name, Wording::Known(text)),
                        Item::List(_) | Item::Map(_) | Item::Other => {
                            variables.set(&name, Wording::Open(name.clone()));
                        }
                    }
                }
            }
            (key, _) if HARMLESS.contains(&key) => {}
            (key, _) => unread.push(key.to_owned()),
        }
    }
    // The first word is only what the program is called, where it is named.
    match (program, words.first_mut()) {
        (Some(path), Some(first)) => *first = Wording::Known(path),
        (Some(path), None) => words.push(Wording::Known(path)),
        (None, _) => {}
    }
    let found = command::start(&words, &|| variables.clone());
    let mut found =
        found.map_or_else(|| command::in_shell(&words, &variables), |start| vec![start]);
    for start in &mut found {
        for key in &unread {
            start.beside(key.clone());
        }
        if rest.contains("<plist") {
            start.beside("another property list");
        }
    }
    found
}

/// How deep elements may stand in each other.
const MOST_DEEP: usize = 32;

/// Reads the next element; `None` where none begins.
fn item(rest: &mut &str, depth: usize) -> Option<Item> {
    let depth = depth.checked_sub(1)?;
    let (name, is_empty) = opened(rest)?;
    if is_empty {
        return Some(match name {
            "array" => Item::List(Vec::new()),
            "dict" => Item::Map(Vec::new()),
            "string" => Item::Text(String::new()),
            _ => Item::Other,
        });
    }
    match name {
        "string" => Some(Item::Text(content(rest, name)?)),
        "array" => {
            let mut items = Vec::new();
            while !is_closed(rest, name) {
                items.push(item(rest, depth)?);
            }
            Some(Item::List(items))
        }
        "dict" => {
            let mut pairs = Vec::new();
            while !is_closed(rest, name) {
                let ("key", false) = opened(rest)? else { return None };
                let key = content(rest, "key")?;
                pairs.push((key, item(rest, depth)?));
            }
            Some(Item::Map(pairs))
        }
        _ => content(rest, name).map(|_| Item::Other),
    }
}

/// Goes past the tag that opens the next element; returns its name, and whether it is closed at once.
fn opened<'a>(rest: &mut &'a str) -> Option<(&'a str, bool)> {
    loop {
        let (_, after) = rest.split_once('<')?;
        if let Some(comment) = after.strip_prefix("!--") {
            *rest = comment.split_once("-->")?.1;
            continue;
        }
        let (tag, behind) = after.split_once('>')?;
        *rest = behind;
        let (tag, is_empty) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        return Some((tag.split_whitespace().next()?, is_empty));
    }
}

/// Goes past the tag that closes an element, if it is the next one.
fn is_closed(rest: &mut &str, name: &str) -> bool {
    let mut next = rest.trim_start();
    while let Some((_, after)) = next.strip_prefix("<!--").and_then(|rest| rest.split_once("-->")) {
        next = after.trim_start();
    }
    let after = next.strip_prefix("</").and_then(|next| next.strip_prefix(name));
    let after = after.and_then(|after| after.trim_start().strip_prefix('>'));
    if let Some(after) = after {
        *rest = after;
    }
    after.is_some()
}

/// Returns the text of an element, and goes past its end.
fn content(rest: &mut &str, name: &str) -> Option<String> {
    let (text, after) = rest.split_once("</")?;
    // A comment or a section inside of a text is not read, and it is not as if it were not there.
    if text.contains('<') {
        return None;
    }
    *rest = after.strip_prefix(name)?.trim_start().strip_prefix('>')?;
    let entities =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    let text = entities.iter().fold(text.to_owned(), |text, (name, sign)| text.replace(name, sign));
    Some(text)
}
