//! Which hosts a Traefik rule is for.
//!
//! A rule is an expression in Go's syntax ([HTTP], [TCP]): calls of matchers with quoted values,
//! joined by `&&` and `||`, negated by `!` and grouped by parentheses. It is read once from left to
//! right.
//!
//! [HTTP]: https://doc.traefik.io/traefik/reference/routing-configuration/http/router/rules-and-priority/
//! [TCP]: https://doc.traefik.io/traefik/reference/routing-configuration/tcp/router/rules-and-priority/

use std::iter::Peekable;
use std::str::CharIndices;

/// Matchers whose values are hosts.
const HOSTS: [&str; 3] = ["Host", "HostHeader", "HostSNI"];

/// The matcher whose value can be `*`, for every host ([TCP]).
///
/// [TCP]: https://doc.traefik.io/traefik/reference/routing-configuration/tcp/router/rules-and-priority/#hostsni-and-hostsniregexp
const EVERY_HOST: &str = "HostSNI";

/// Matchers whose values are patterns of hosts, which name none.
const PATTERNS: [&str; 2] = ["HostRegexp", "HostSNIRegexp"];

/// All other matchers, of version 2 and of version 3 of the syntax.
const OTHERS: [&str; 13] = [
    "ALPN",
    "ClientIP",
    "Header",
    "HeaderRegexp",
    "Headers",
    "HeadersRegexp",
    "Method",
    "Path",
    "PathPrefix",
    "PathRegexp",
    "Query",
    "QueryRegexp",
    "QueryParams",
];

/// What a rule says about hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hosts {
    /// Hosts that the rule is for, in its order.
    pub(super) names: Vec<String>,
    /// What else it says about hosts, of which none is a name, in words.
    pub(super) nameless: Vec<String>,
}

/// One word of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// Name of a matcher.
    Word(String),
    /// Value in either kind of quotes.
    Text(String),
    Open,
    Close,
    Comma,
    Not,
    /// `&&` or `||`.
    Join,
}

/// How far a rule has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A part begins: a matcher, `!` or a parenthesis.
    Part,
    /// After the name of a matcher.
    Matcher(&'static str),
    /// After the parenthesis of a matcher.
    Values(&'static str),
    /// After a value of a matcher.
    Value(&'static str),
    /// After a comma between values; Go lets the last value have one, too.
    Comma(&'static str),
    /// A part has ended.
    End,
}

/// Returns the hosts that `rule` is for.
///
/// What is negated is not: the rule is for all else. A pattern names no host, and neither does the
/// `*` of connections.
///
/// # Errors
///
/// A sentence about what in the rule cannot be read, and the hosts in front of it.
pub(super) fn hosts(rule: &str) -> Result<Hosts, (Hosts, String)> {
    let mut hosts = Hosts::default();
    let mut tokens = Tokens { rest: rule.char_indices().peekable() };
    match read(&mut tokens, &mut hosts) {
        Ok(()) => Ok(hosts),
        Err(error) => Err((hosts, error)),
    }
}

fn read(tokens: &mut Tokens<'_>, hosts: &mut Hosts) -> Result<(), String> {
    // For each parenthesis around parts that is open: whether what is in it is negated.
    let mut open: Vec<bool> = Vec::new();
    let mut negate = false;
    let mut place = Place::Part;
    let mut is_empty = true;
    while let Some(token) = tokens.next()? {
        is_empty = false;
        let negated = open.last().copied().unwrap_or_default();
        place = match (place, token) {
            (Place::Part, Token::Word(word)) => Place::Matcher(known(&word)?),
            (Place::Part, Token::Not) => {
                negate = !negate;
                Place::Part
            }
            (Place::Part, Token::Open) => {
                open.push(negated ^ std::mem::take(&mut negate));
                Place::Part
            }
            (Place::Matcher(matcher), Token::Open) => Place::Values(matcher),
            (Place::Matcher(matcher), _) => {
                return Err(format!("the matcher `{matcher}` has no parenthesis after it"));
            }
            (Place::Values(matcher) | Place::Comma(matcher), Token::Text(value)) => {
                hosts.add(matcher, value, negated ^ negate)?;
                Place::Value(matcher)
            }
            (Place::Values(matcher), Token::Close) => return Err(valueless(matcher)),
            (Place::Value(matcher), Token::Comma) => Place::Comma(matcher),
            (Place::Value(_) | Place::Comma(_), Token::Close) => {
                negate = false;
                Place::End
            }
            (Place::End, Token::Join) => Place::Part,
            (Place::End, Token::Close) if open.pop().is_some() => Place::End,
            (_, token) => return Err(format!("{} is not expected there", token.shown())),
        };
    }
    if is_empty {
        return Err("there is nothing to read; a rule has a matcher".to_owned());
    }
    if open.is_empty() && place == Place::End {
        return Ok(());
    }
    Err("it ends too early".to_owned())
}

/// What is said of a matcher without a value, which Traefik refuses whatever the matcher is.
fn valueless(matcher: &str) -> String {
    format!("the matcher `{matcher}` has no value")
}

/// Returns the matcher that `word` names, as Traefik does: as it is documented, in small letters, in
/// capitals, or with the first letter in capitals.
fn known(word: &str) -> Result<&'static str, String> {
    let title = |name: &str| {
        let (first, rest) = name.split_at_checked(1).unwrap_or((name, ""));
        format!("{}{}", first.to_ascii_uppercase(), rest.to_ascii_lowercase())
    };
    let all = HOSTS.into_iter().chain(PATTERNS).chain(OTHERS);
    let mut alike = all.filter(|name| name.eq_ignore_ascii_case(word));
    let is_spelled = |name: &&str| {
        word == *name
            || word == title(name)
            || word == name.to_ascii_lowercase()
            || word == name.to_ascii_uppercase()
    };
    alike.find(is_spelled).ok_or_else(|| format!("`{word}` is not a matcher"))
}

impl Hosts {
    /// Adds what `matcher` says with a value.
    ///
    /// # Errors
    ///
    /// Traefik refuses the value, or it cannot be the host of a request.
    fn add(&mut self, matcher: &str, value: String, negated: bool) -> Result<(), String> {
        if value.is_empty() {
            return Err(valueless(matcher));
        }
        if negated {
            return Ok(());
        }
        if PATTERNS.contains(&matcher) {
            self.nameless.push(format!("`{matcher}` is a pattern"));
        } else if !HOSTS.contains(&matcher) {
        } else if value == "*" && matcher == EVERY_HOST {
            self.nameless.push(format!("``{matcher}(`{value}`)`` is for every host"));
        } else if value == "*" {
            return Err(format!(
                "``{matcher}(`*`)`` is for no host; only `{EVERY_HOST}` has a `*`"
            ));
        } else {
            self.names.push(value);
        }
        Ok(())
    }
}

impl Token {
    /// Returns how a message shows it.
    fn shown(&self) -> String {
        match self {
            Self::Word(word) => format!("`{word}`"),
            Self::Text(text) => format!("the text `{text}`"),
            Self::Open => "`(`".to_owned(),
            Self::Close => "`)`".to_owned(),
            Self::Comma => "`,`".to_owned(),
            Self::Not => "`!`".to_owned(),
            Self::Join => "`&&` or `||`".to_owned(),
        }
    }
}

/// The words of a rule, one after the other.
struct Tokens<'a> {
    rest: Peekable<CharIndices<'a>>,
}

impl Tokens<'_> {
    fn next(&mut self) -> Result<Option<Token>, String> {
        while self.rest.next_if(|(_, letter)| letter.is_whitespace()).is_some() {}
        let Some((at, letter)) = self.rest.next() else { return Ok(None) };
        Ok(Some(match letter {
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            '!' => Token::Not,
            '&' | '|' if self.rest.next_if(|(_, next)| *next == letter).is_some() => Token::Join,
            '`' => Token::Text(self.raw(at)?),
            '"' => Token::Text(self.quoted(at)?),
            letter if letter.is_ascii_alphabetic() => {
                let mut word = String::from(letter);
                while let Some((_, next)) =
                    self.rest.next_if(|(_, character)| character.is_ascii_alphanumeric())
                {
                    word.push(next);
                }
                Token::Word(word)
            }
            other => return Err(format!("`{other}` is not expected there")),
        }))
    }

    /// Reads up to the next backtick; nothing in between means anything.
    fn raw(&mut self, at: usize) -> Result<String, String> {
        let mut text = String::new();
        for (_, letter) in self.rest.by_ref() {
            if letter == '`' {
                return Ok(text);
            }
            text.push(letter);
        }
        Err(unclosed(at))
    }

    /// Reads up to the next quote; a backslash stands before what would mean something.
    fn quoted(&mut self, at: usize) -> Result<String, String> {
        let mut text = String::new();
        while let Some((_, letter)) = self.rest.next() {
            match letter {
                '"' => return Ok(text),
                '\n' => return Err(unclosed(at)),
                '\\' => text.push(self.escaped()?),
                letter => text.push(letter),
            }
        }
        Err(unclosed(at))
    }

    /// Reads what follows a backslash, as in Go's interpreted strings.
    fn escaped(&mut self) -> Result<char, String> {
        let letter = self.rest.next().map(|(_, letter)| letter);
        let digits = match letter {
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            Some(letter @ ('"' | '\\')) => return Ok(letter),
            Some('a') => return Ok('\u{7}'),
            Some('b') => return Ok('\u{8}'),
            Some('f') => return Ok('\u{c}'),
            Some('n') => return Ok('\n'),
            Some('r') => return Ok('\r'),
            Some('t') => return Ok('\t'),
            Some('v') => return Ok('\u{b}'),
            Some(other) => return Err(format!("`\\{other}` means nothing in a text")),
            None => return Err("a text ends in a backslash".to_owned()),
        };
        let digits = self.rest.by_ref().map(|(_, digit)| digit).take(digits);
        let mut number = digits.map(|digit| digit.to_digit(16));
        let number = number.try_fold(0_u32, |sum, digit| sum.checked_mul(16)?.checked_add(digit?));
        number
            .and_then(char::from_u32)
            .ok_or_else(|| "a text has an escape of no letter".to_owned())
    }
}

fn unclosed(at: usize) -> String {
    format!("the text at byte {at} has no end")
}

#[cfg(test)]
mod tests;
