//! Takes a refusal of AWS apart: into its sentences, and each sentence into what it is about.
//!
//! A sentence begins where the text or its bracket does, or after a comma with words that are known
//! to begin one. Commas inside sentences are therefore no ends, and a sentence whose beginning is
//! not known stays with the one before it: the text gets longer, never shorter.

use super::Quoted;

/// A sentence of a refusal.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    /// The sentence, without the commas around it.
    pub(super) text: &'a str,
    /// What it is about; empty when its form is not known.
    pub(super) subjects: Vec<Subject<'a>>,
    /// Whether it repeats words of others up to an end that cannot be told.
    pub(super) is_foreign: bool,
}

/// What a sentence is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject<'a> {
    /// A record set.
    Set {
        /// As AWS spells it.
        name: &'a str,
        /// Its type; `None` when it is not told.
        record_type: Option<&'a str>,
        /// Its set identifier; `None` when it is not told.
        set_identifier: Option<&'a str>,
    },
    /// The aliases to a name.
    Target {
        name: &'a str,
        /// The type; `None` when it is not told.
        record_type: Option<&'a str>,
    },
    /// The change with this number, counted from 1.
    Change(usize),
    /// The record sets with this value.
    Value(&'a str),
    /// The record sets that have this value more than once.
    Repeated(&'a str),
}

/// Words with which sentences of AWS begin, from `texts.tsv`.
const OPENINGS: [&str; 17] = [
    "Tried to ",
    "RRSet ",
    "The request ",
    "Invalid Resource Record",
    "Invalid request",
    "Invalid XML",
    "FATAL problem",
    "Duplicate Resource Record",
    "A HostedZone ",
    "A non-alias ",
    "An alias ",
    "an alias ",
    "Number of records ",
    "RDATA character ",
    "Exceeded limit ",
    "Cannot have ",
    "EvaluateTargetHealth ",
];

/// Words before what a sentence is about.
const ANCHORS: [(&str, Anchor); 9] = [
    ("[name='", Anchor::Quoted),
    ("DNS name ", Anchor::DnsName),
    ("alias that targets ", Anchor::Target),
    ("resource record set '", Anchor::TypeAndName),
    ("[Action=", Anchor::Fields),
    ("changes.", Anchor::Change),
    ("encountered with '", Anchor::Value),
    ("Duplicate Resource Record: '", Anchor::Repeated),
    ("Value '", Anchor::ModelValue),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Anchor {
    Quoted,
    DnsName,
    Target,
    TypeAndName,
    Fields,
    Change,
    Value,
    Repeated,
    ModelValue,
}

/// Takes a refusal apart.
///
/// `known` returns the length of the words of others that a text begins with; `None` when they are
/// none that were sent.
pub(super) fn pieces(
    message: &str,
    known: impl Fn(&str, Quoted<'_>) -> Option<usize>,
) -> Vec<Piece<'_>> {
    let message = message.trim();
    let inner = message.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let mut scanner = Scanner { text: inner.unwrap_or(message), known };
    scanner.pieces()
}

/// Iterates over the words of a text, except those that name a zone.
pub(super) fn words_but_zones(text: &str) -> impl Iterator<Item = &str> {
    let between = |character: char| {
        character.is_whitespace()
            || matches!(character, '\'' | '"' | '`' | '[' | ']' | ',' | ';' | ':' | '=' | '(' | ')')
    };
    let mut names_zone = false;
    text.split(between).filter(|word| !word.is_empty()).filter(move |word| {
        let is_zone = names_zone && word.contains('.');
        // `zone example.com.`, `hosted zone named example.com.`, `HostedZone: example.com.`
        names_zone = match word.to_ascii_lowercase().as_str() {
            "zone" | "hostedzone" => true,
            "name" | "named" | "with" | "id" | "dns" | "for" => names_zone,
            _ => false,
        };
        !is_zone
    })
}

struct Scanner<'a, K> {
    text: &'a str,
    known: K,
}

impl<'a, K: Fn(&str, Quoted<'_>) -> Option<usize>> Scanner<'a, K> {
    fn pieces(&mut self) -> Vec<Piece<'a>> {
        let text = self.text;
        let mut anchors = Next::new(text, ANCHORS.map(|(words, _)| words), |_, _| true);
        let mut openings = Next::new(text, OPENINGS, begins);
        let mut pieces = Vec::new();
        let (mut start, mut at) = (0, 0);
        let mut piece = Piece::default();
        loop {
            let anchor = anchors.after(at);
            let opening = openings.after(at.max(start + 1)).map(|(place, _)| place);
            let is_first = |place: &usize| anchor.is_none_or(|(other, _)| *place <= other);
            if let Some(place) = opening.filter(is_first) {
                piece.text = trimmed(text, start, place);
                pieces.push(std::mem::take(&mut piece));
                (start, at) = (place, place);
                continue;
            }
            let Some((place, index)) = anchor else {
                break;
            };
            at = self.take(place, index, &mut piece);
        }
        piece.text = trimmed(text, start, text.len());
        pieces.push(piece);
        pieces.retain(|piece| !piece.text.is_empty());
        pieces
    }

    /// Reads what stands behind an anchor, and returns where to go on.
    fn take(&self, place: usize, index: usize, piece: &mut Piece<'a>) -> usize {
        let text = self.text;
        let Some((words, anchor)) = ANCHORS.get(index) else {
            return text.len();
        };
        let (before, rest) = text.split_at_checked(place + words.len()).unwrap_or((text, ""));
        let (subject, after) = match anchor {
            Anchor::Quoted => self.quoted(rest),
            Anchor::DnsName => self.dns_name(before, rest),
            Anchor::Target => {
                let (name, after) = word(rest);
                let record_type = after.strip_prefix(", type ").map(|after| word(after).0);
                (Some(Subject::Target { name, record_type }), after)
            }
            Anchor::TypeAndName => {
                let (both, after) = until(rest, "'");
                let set = both.split_once(' ').map(|(record_type, name)| Subject::Set {
                    name,
                    record_type: Some(record_type),
                    set_identifier: None,
                });
                (set, after)
            }
            Anchor::Fields => self.fields(rest),
            Anchor::Change => {
                let (number, after) = until(rest, ".member");
                let number = number.parse().ok().filter(|_: &usize| !after.is_empty());
                (number.map(Subject::Change), rest)
            }
            Anchor::Value | Anchor::Repeated => {
                let Some(length) = (self.known)(rest, Quoted::Value) else {
                    // It is not known where it ends, and it may contain anything.
                    piece.is_foreign = true;
                    return text.len();
                };
                let (value, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
                let is_repeated = *anchor == Anchor::Repeated;
                let repeated = Subject::Repeated(value);
                (Some(if is_repeated { repeated } else { Subject::Value(value) }), after)
            }
            Anchor::ModelValue => (None, until(rest, "' at '").1),
        };
        piece.subjects.extend(subject);
        text.len() - after.len()
    }

    /// Reads `NAME', type='TYPE', set-identifier='ID']`.
    fn quoted(&self, rest: &'a str) -> (Option<Subject<'a>>, &'a str) {
        let (name, after) = until(rest, "'");
        let (record_type, after) = after_words(after, "', type='", "'");
        let (set_identifier, after) = match after.strip_prefix("', set-identifier='") {
            Some(after) => self.identifier(after, name),
            None => (None, after),
        };
        (Some(Subject::Set { name, record_type, set_identifier }), after)
    }

    /// Reads `NAME, type TYPE, SetIdentifier ID`; `of type TYPE with` may stand before.
    fn dns_name(&self, before: &str, rest: &'a str) -> (Option<Subject<'a>>, &'a str) {
        let (name, after) = word(rest);
        let behind = [", type ", " and type "].iter().find_map(|word| after.strip_prefix(word));
        let (told, after) = match behind.map(word) {
            Some((told, after)) => (Some(told), after),
            None => (self.type_before(before), after),
        };
        let (set_identifier, after) = match after.strip_prefix(", SetIdentifier ") {
            Some(after) => self.identifier(after, name),
            None => (None, after),
        };
        (Some(Subject::Set { name, record_type: told, set_identifier }), after)
    }

    /// Returns the type in `… of type TYPE with DNS name `.
    fn type_before(&self, before: &str) -> Option<&'a str> {
        let before = self.text.get(..before.len())?;
        let told = before.strip_suffix(" with DNS name ")?.rsplit(' ').next()?;
        told.bytes().all(|byte| byte.is_ascii_uppercase()).then_some(told)
    }

    /// Reads `ACTION, Name=NAME, Type=TYPE, SetIdentifier=ID]`.
    fn fields(&self, rest: &'a str) -> (Option<Subject<'a>>, &'a str) {
        let (_, named) = until(rest, ", Name=");
        let named = named.strip_prefix(", Name=").unwrap_or_default();
        let (name, after) = until(named, ", Type=");
        let (record_type, after) = after_words(after, ", Type=", ",");
        let (set_identifier, after) = match after.strip_prefix(", SetIdentifier=") {
            Some(after) => self.identifier(after, name),
            None => (None, after),
        };
        let set = Subject::Set { name, record_type, set_identifier };
        ((!name.is_empty()).then_some(set), after)
    }

    /// Reads a set identifier of a record set, which may contain anything.
    fn identifier<'t>(&self, text: &'t str, name: &str) -> (Option<&'t str>, &'t str) {
        if let Some(length) = (self.known)(text, Quoted::SetIdentifier(name)) {
            let (told, after) = text.split_at_checked(length).unwrap_or((text, ""));
            return (Some(told), after);
        }
        (None, word(text).1)
    }
}

/// Where each of some words comes next, so that the whole text is searched once for each.
struct Next<'a, const N: usize> {
    text: &'a str,
    places: [(&'static str, Option<usize>); N],
    counts: fn(&str, usize) -> bool,
}

impl<'a, const N: usize> Next<'a, N> {
    fn new(text: &'a str, words: [&'static str; N], counts: fn(&str, usize) -> bool) -> Self {
        let mut next = Self { text, places: words.map(|words| (words, None)), counts };
        for place in 0..N {
            next.find(place, 0);
        }
        next
    }

    fn find(&mut self, index: usize, from: usize) {
        let Some((words, place)) = self.places.get_mut(index) else {
            return;
        };
        // `from` may lie within a character: the words are ASCII, so nothing is missed.
        let from = (from..=self.text.len()).find(|at| self.text.is_char_boundary(*at));
        let from = from.unwrap_or(self.text.len());
        let rest = self.text.get(from..).unwrap_or_default();
        let mut found = rest.match_indices(*words).map(|(at, _)| from + at);
        *place = found.find(|at| (self.counts)(self.text, *at));
    }

    /// Returns which of the words comes first at `from` or behind, and where.
    fn after(&mut self, from: usize) -> Option<(usize, usize)> {
        for index in 0..N {
            let is_past = |(_, place): &(_, Option<usize>)| place.is_some_and(|at| at < from);
            if self.places.get(index).is_some_and(is_past) {
                self.find(index, from);
            }
        }
        let found = self.places.iter().enumerate();
        found.filter_map(|(index, (_, place))| Some(((*place)?, index))).min()
    }
}

/// Tells whether a sentence can begin at `place`.
fn begins(text: &str, place: usize) -> bool {
    let before = text.get(..place).unwrap_or_default();
    before.is_empty() || before.trim_end().ends_with([',', ';'])
}

fn trimmed(text: &str, start: usize, end: usize) -> &str {
    let between = |character: char| character.is_whitespace() || character == ',';
    text.get(start..end).unwrap_or_default().trim_matches(between)
}

/// Splits at the first `end`, which stays with the second half; all of it when there is none.
fn until<'t>(text: &'t str, end: &str) -> (&'t str, &'t str) {
    text.find(end).and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

/// Reads what stands between two texts, when the first begins it.
fn after_words<'t>(text: &'t str, begin: &str, end: &str) -> (Option<&'t str>, &'t str) {
    match text.strip_prefix(begin) {
        Some(rest) => {
            let (told, after) = until(rest, end);
            (Some(told), after)
        }
        None => (None, text),
    }
}

/// Splits after the first word; a comma behind it is none of it.
fn word(text: &str) -> (&str, &str) {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, _) = text.split_at_checked(end).unwrap_or((text, ""));
    let word = word.trim_end_matches([',', ';', ']']);
    (word, text.get(word.len()..).unwrap_or_default())
}
