//! Words of which a part may be filled in from elsewhere.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::super::draft::Draft;
use super::super::secrets::is_secret;
use super::super::words;

/// A text that is known, or one of which something is filled in that is not, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Wording {
    Known(String),
    Open(String),
}

impl Wording {
    /// Returns the text, as far as it is written.
    pub(super) fn written(&self) -> &str {
        let (Self::Known(text) | Self::Open(text)) = self;
        text
    }

    /// Returns the text, where all of it is known.
    pub(super) fn known(&self) -> Option<&str> {
        match self {
            Self::Known(text) => Some(text),
            Self::Open(_) => None,
        }
    }
}

/// The variables that a place has, with their values.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in super::super) struct Scope {
    variables: BTreeMap<String, (Wording, bool)>,
    /// Those that were set since all were forgotten.
    fresh: Vec<String>,
    /// How much was filled in, in bytes.
    filled: Cell<usize>,
}

/// How much is filled in at most, in bytes: of variables that stand in each other's values there is no end.
const MOST_FILLED: usize = 16 << 20;

impl Scope {
    /// Sets a variable; one that is exported is the program's, too.
    pub(in super::super) fn set(&mut self, name: &str, value: Wording, is_exported: bool) {
        let was = self.variables.get(name).is_some_and(|(_, exported)| *exported);
        self.variables.insert(name.to_owned(), (value, is_exported || was));
        self.fresh.push(name.to_owned());
    }

    pub(super) fn get(&self, name: &str) -> Option<&Wording> {
        self.variables.get(name).map(|(value, _)| value)
    }

    /// Returns what is filled in for a variable that is known.
    fn fill(&self, name: &str) -> Option<&str> {
        let value = self.get(name)?.known()?;
        self.filled.set(self.filled.get().saturating_add(value.len()));
        (self.filled.get() <= MOST_FILLED).then_some(value)
    }

    /// Returns a text in which a tool has filled in what it knows as `{{.NAME}}`.
    pub(in super::super) fn filled_in(&self, text: &str) -> String {
        let (mut made, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("{{") {
            made.push_str(before);
            let action = after.split_once("}}");
            let value = action.and_then(|(name, _)| self.fill(name.trim().strip_prefix('.')?));
            if let (Some(value), Some((_, after))) = (value, action) {
                made.push_str(value);
                rest = after;
            } else {
                made.push_str("{{");
                rest = after;
            }
        }
        made.push_str(rest);
        made
    }

    /// Makes a variable the program's; one that is not there has the value that it has elsewhere.
    pub(super) fn export(&mut self, name: &str) {
        let open = || (Wording::Open(format!("${name}")), true);
        self.variables.entry(name.to_owned()).or_insert_with(open).1 = true;
    }

    pub(super) fn unset(&mut self, name: &str) {
        self.variables.remove(name);
    }

    /// Forgets all values, which something may have changed.
    pub(super) fn forget(&mut self) {
        for name in std::mem::take(&mut self.fresh) {
            if let Some((value, _)) = self.variables.get_mut(&name) {
                *value = Wording::Open(format!("${name}"));
            }
        }
    }

    /// Returns the variables that the program gets.
    pub(super) fn exported(&self) -> Vec<(String, Wording)> {
        let exported = self.variables.iter().filter(|(_, (_, is_exported))| *is_exported);
        exported.map(|(name, (value, _))| (name.clone(), value.clone())).collect()
    }

    /// Returns the names of the program's own variables that it does not get: whether they were exported before is not
    /// known.
    pub(super) fn kept_back(&self) -> Vec<String> {
        let is_of_program = |name: &str| name.starts_with("EXTERNAL_DNS_");
        let kept = self.variables.iter().filter(|(_, (_, is_exported))| !is_exported);
        kept.map(|(name, _)| name.clone()).filter(|name| is_of_program(name)).collect()
    }
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// What it says.
    Literal(String),
    /// What a variable says; without quotes it may be several words, or none.
    Variable { name: String, is_quoted: bool, written: String },
    /// What nobody sees here.
    Open(String),
}

/// Returns the words that a word becomes.
pub(super) fn expanded(word: &[Part], scope: &Scope) -> Vec<Wording> {
    let (mut done, mut text, mut written) = (Vec::new(), None::<String>, String::new());
    let mut is_open = false;
    for part in word {
        match part {
            Part::Literal(literal) => {
                text.get_or_insert_default().push_str(literal);
                written.push_str(literal);
            }
            Part::Variable { name, is_quoted, written: raw } => {
                written.push_str(raw);
                let Some(value) = scope.fill(name) else {
                    is_open = true;
                    continue;
                };
                if *is_quoted || !value.contains(char::is_whitespace) {
                    if *is_quoted || !value.is_empty() {
                        text.get_or_insert_default().push_str(value);
                    }
                    continue;
                }
                if value.starts_with(char::is_whitespace) {
                    done.extend(text.take());
                }
                let mut words = value.split_whitespace().peekable();
                while let Some(piece) = words.next() {
                    text.get_or_insert_default().push_str(piece);
                    if words.peek().is_some() || value.ends_with(char::is_whitespace) {
                        done.extend(text.take());
                    }
                }
            }
            Part::Open(raw) => {
                is_open = true;
                written.push_str(raw);
            }
        }
    }
    if is_open {
        return vec![Wording::Open(written)];
    }
    done.extend(text);
    done.into_iter().map(Wording::Known).collect()
}

/// Returns what a word says that is never several, such as the value of a variable.
pub(super) fn whole(word: &[Part], scope: &Scope) -> Wording {
    let quoted: Vec<Part> = word
        .iter()
        .cloned()
        .map(|part| match part {
            Part::Variable { name, written, .. } => {
                Part::Variable { name, is_quoted: true, written }
            }
            part => part,
        })
        .collect();
    expanded(&quoted, scope).pop().unwrap_or_else(|| Wording::Known(String::new()))
}

/// Returns a text with which Kubernetes does not do what it does with `$(NAME)`.
pub(super) fn literal(text: &str) -> String {
    text.replace("$(", "$$(")
}

/// Returns the words that are known; each other one is told, and holds what it may say.
pub(super) fn known(draft: &mut Draft, words: Vec<Wording>) -> Vec<String> {
    let mut known: Vec<String> = Vec::new();
    for word in words {
        let text = match word {
            Wording::Known(text) => {
                known.push(text);
                continue;
            }
            Wording::Open(text) => text,
        };
        let is_name = |name: &str| {
            !name.is_empty()
                && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
        };
        let flag = text.split_once('=').map(|(flag, _)| flag).unwrap_or_default();
        let is_flag = flag.strip_prefix("--").is_some_and(is_name);
        let is_value = |before: &mut String| {
            let flag = before.strip_prefix("--").filter(|flag| !flag.contains('='));
            flag.is_some_and(words::takes_value) && !text.starts_with("--")
        };
        let told = |flag: &str, text: &str| {
            let text = if is_secret(flag) { masked(text) } else { text.to_owned() };
            format!("something fills it in: write what it says in place of `{text}`")
        };
        if is_flag {
            let value = text.split_once('=').map(|(_, value)| value).unwrap_or_default();
            let told = told(flag, if is_secret(flag) { value } else { &text });
            draft.unknown(flag, &told);
        } else if let Some(before) = known.pop_if(is_value) {
            draft.unknown(&before, &told(&before, &text));
        } else {
            let is_of_secret = text
                .split(|letter: char| !letter.is_ascii_alphanumeric() && !"-_".contains(letter))
                .any(is_secret);
            let shown = if is_of_secret { masked(&text) } else { text.clone() };
            draft.out_of_sight(&shown, words::FILLED_IN);
        }
    }
    known
}

/// Returns what fills something in in a text that may hold a secret, without what it would be by default or how it is made.
fn masked(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('$') {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let inner = after.trim_start_matches(['{', '(']);
        let end = inner.find(|letter| !is_part(letter)).unwrap_or(inner.len());
        let (name, behind) = inner.split_at_checked(end).unwrap_or_default();
        rest = behind;
        let piece = if after.starts_with("{{") {
            "${{…}}".to_owned()
        } else if after.starts_with('{') && behind.starts_with('}') {
            format!("${{{name}}}")
        } else if after.starts_with('{') {
            format!("${{{name}:…}}")
        } else if after.starts_with('(') {
            "$(…)".to_owned()
        } else {
            format!("${name}")
        };
        shown.push_str(&piece);
        if after.starts_with(['{', '(']) {
            break;
        }
    }
    if shown.is_empty() { "…".to_owned() } else { shown }
}

/// Returns the words of a command line as it is typed, of which a shell fills some in.
pub(in super::super) fn typed(draft: &mut Draft, words: Vec<String>) -> Vec<String> {
    let is_of_shell = |text: &str| {
        let mut letters = text.chars().peekable();
        let is_name = |next: &char| next.is_ascii_alphanumeric() || "_{(@*#".contains(*next);
        while let Some(letter) = letters.next() {
            if letter == '`' || letter == '$' && letters.peek().is_some_and(is_name) {
                return true;
            }
        }
        false
    };
    let words = words
        .into_iter()
        .map(|text| if is_of_shell(&text) { Wording::Open(text) } else { Wording::Known(text) });
    known(draft, words.collect())
}

/// Returns what a text of a compose file says, where two signs of the dollar stand for one and one begins what is
/// filled in ([interpolation]).
///
/// [interpolation]: https://docs.docker.com/reference/compose-file/interpolation/
pub(in super::super) fn in_compose(text: &str) -> Wording {
    let mut letters = text.chars().peekable();
    let mut said = String::new();
    while let Some(letter) = letters.next() {
        if letter == '$' && letters.next_if_eq(&'$').is_none() {
            return Wording::Open(text.to_owned());
        }
        said.push(letter);
    }
    Wording::Known(said)
}
