//! The values of attributes.

use serde_json::{Value, json};

use super::scanner::Scanner;

/// A value as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Expression {
    /// A number, a truth value or null.
    Literal(Value),
    /// A text, in pieces.
    Text(Vec<Piece>),
    List(Vec<Self>),
    /// Keys with values.
    Map(Vec<(Self, Self)>),
    /// Names with dots between, such as `local.zones`.
    Path(Vec<String>),
    /// A function and what it is given.
    Call {
        name: String,
        given: Vec<Self>,
        text: String,
    },
    /// All else, as its text.
    Computed(String),
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Piece {
    Literal(String),
    /// What stands between `${` and `}`.
    Inner(Expression),
}

impl Expression {
    /// Returns the text of a text that has nothing to be filled in.
    pub(super) fn literal(&self) -> Option<String> {
        let Self::Text(pieces) = self else { return None };
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => Some(text.as_str()),
                Piece::Inner(_) => None,
            })
            .collect()
    }
}

/// Reads a value; the end of a line ends it where `is_line` says so.
pub(super) fn read(
    scanner: &mut Scanner<'_>,
    is_line: bool,
    depth: usize,
) -> Result<Expression, String> {
    let depth = depth.checked_sub(1).ok_or_else(|| scanner.wrong("it is too deep"))?;
    scanner.space(!is_line);
    let at = scanner.at();
    let mut ahead = scanner.clone();
    let found = primary(&mut ahead, depth)?;
    if let Some(found) = found {
        ahead.space(!is_line);
        if is_end(&ahead) || is_line && begins_attribute(&ahead) {
            *scanner = ahead;
            return Ok(found);
        }
    }
    // More comes, such as an operator.
    over(scanner, is_line, depth)?;
    let text = scanner.since(at);
    if text.is_empty() {
        Err(scanner.wrong("a value has to stand here"))
    } else {
        Ok(Expression::Computed(text))
    }
}

fn is_end(scanner: &Scanner<'_>) -> bool {
    matches!(scanner.peek(), None | Some('\n' | ',' | ']' | '}' | ')'))
        || scanner.rest().starts_with("...")
}

/// Tells whether `name = …` comes next, which people write behind another in one line.
fn begins_attribute(scanner: &Scanner<'_>) -> bool {
    let mut ahead = scanner.clone();
    let has_name = ahead.name().is_some();
    ahead.space(false);
    has_name && ahead.eat("=") && ahead.peek() != Some('=')
}

/// Reads over a value without looking at it.
fn over(scanner: &mut Scanner<'_>, is_line: bool, depth: usize) -> Result<(), String> {
    let mut open = 0_usize;
    loop {
        scanner.space(open > 0 || !is_line);
        match scanner.peek() {
            None if open > 0 => return Err(scanner.wrong("a bracket is not closed")),
            None | Some('\n') => return Ok(()),
            Some(',' | ']' | '}' | ')') if open == 0 => return Ok(()),
            Some('"') => drop(quoted(scanner, depth)?),
            Some('<') if scanner.rest().starts_with("<<") => drop(heredoc(scanner, depth)?),
            Some(letter) => {
                match letter {
                    '(' | '[' | '{' => open = open.saturating_add(1),
                    ')' | ']' | '}' => open = open.saturating_sub(1),
                    _ => {}
                }
                scanner.next();
            }
        }
    }
}

/// Reads a value without operators; `None` when none comes next.
fn primary(scanner: &mut Scanner<'_>, depth: usize) -> Result<Option<Expression>, String> {
    Ok(match scanner.peek() {
        Some('"') => Some(quoted(scanner, depth)?),
        Some('<') if scanner.rest().starts_with("<<") => Some(heredoc(scanner, depth)?),
        Some('[') => {
            scanner.next();
            items(scanner, ']', depth)?.map(|(items, _)| Expression::List(items))
        }
        Some('{') => {
            scanner.next();
            map(scanner, depth)?
        }
        Some('(') => {
            scanner.next();
            let inner = read(scanner, false, depth)?;
            scanner.space(true);
            if !scanner.eat(")") {
                return Err(scanner.wrong("a bracket is not closed"));
            }
            Some(inner)
        }
        Some(letter) if letter.is_ascii_digit() || letter == '-' => {
            let text = scanner
                .take_while(|letter| letter.is_ascii_alphanumeric() || "-+.".contains(letter));
            serde_json::from_str(text).ok().map(Expression::Literal)
        }
        Some(_) => named(scanner, depth)?,
        None => None,
    })
}

/// Reads what begins with a name.
fn named(scanner: &mut Scanner<'_>, depth: usize) -> Result<Option<Expression>, String> {
    let at = scanner.at();
    let Some(name) = scanner.name() else { return Ok(None) };
    match name.as_str() {
        "true" | "false" => return Ok(Some(Expression::Literal(json!(name == "true")))),
        "null" => return Ok(Some(Expression::Literal(Value::Null))),
        _ => {}
    }
    if scanner.eat("(") {
        let given = items(scanner, ')', depth)?;
        let text = scanner.since(at);
        return Ok(given.map(|(given, is_spread)| {
            if is_spread {
                Expression::Computed(text)
            } else {
                Expression::Call { name, given, text }
            }
        }));
    }
    let mut path = vec![name];
    while scanner.eat(".") {
        match scanner.name() {
            Some(name) => path.push(name),
            None => return Ok(None),
        }
    }
    Ok(Some(Expression::Path(path)))
}

/// Reads items up to a bracket, and tells whether the last is spread out; `None` for a loop.
fn items(
    scanner: &mut Scanner<'_>,
    end: char,
    depth: usize,
) -> Result<Option<(Vec<Expression>, bool)>, String> {
    let (mut found, mut is_spread) = (Vec::new(), false);
    loop {
        scanner.space(true);
        match scanner.peek() {
            None => return Err(scanner.wrong("a bracket is not closed")),
            Some(letter) if letter == end => {
                scanner.next();
                return Ok(Some((found, is_spread)));
            }
            Some(',') => drop(scanner.next()),
            Some(_) if scanner.eat("...") => is_spread = true,
            Some(_) => {
                if is_loop(scanner) {
                    return Ok(None);
                }
                found.push(read(scanner, false, depth)?);
                scanner.space(true);
                if !is_end(scanner) {
                    return Err(scanner.wrong("a comma has to stand here"));
                }
                if matches!(scanner.peek(), Some(letter) if letter != end && letter != ',' && letter != '.')
                {
                    return Err(scanner.wrong("a bracket is not closed"));
                }
            }
        }
    }
}

fn is_loop(scanner: &Scanner<'_>) -> bool {
    scanner.rest().strip_prefix("for").is_some_and(|rest| rest.starts_with(char::is_whitespace))
}

fn map(scanner: &mut Scanner<'_>, depth: usize) -> Result<Option<Expression>, String> {
    let mut found = Vec::new();
    loop {
        scanner.space(true);
        if scanner.eat("}") {
            return Ok(Some(Expression::Map(found)));
        }
        if scanner.eat(",") {
            continue;
        }
        if is_loop(scanner) {
            return Ok(None);
        }
        let Some(key) = primary(scanner, depth)? else {
            return Err(scanner.wrong("a key has to stand here"));
        };
        // A bare name as key is its own text.
        let key = match key {
            Expression::Path(path) if path.len() == 1 => {
                Expression::Text(path.into_iter().map(Piece::Literal).collect())
            }
            key => key,
        };
        scanner.space(true);
        if !scanner.eat("=") && !scanner.eat(":") {
            return Err(scanner.wrong("`=` or `:` has to stand here"));
        }
        let value = read(scanner, true, depth)?;
        found.push((key, value));
        scanner.space(false);
        if !matches!(scanner.peek(), Some('\n' | ',' | '}')) {
            return Err(scanner.wrong("a bracket is not closed"));
        }
    }
}

/// Reads a text between quotes.
pub(super) fn quoted(scanner: &mut Scanner<'_>, depth: usize) -> Result<Expression, String> {
    scanner.next();
    let mut pieces = Vec::new();
    let mut literal = String::new();
    loop {
        if filled_in(scanner, &mut literal, &mut pieces, depth)? {
            continue;
        }
        match scanner.next() {
            None | Some('\n') => return Err(scanner.wrong("a quote is not closed")),
            Some('"') => break,
            Some('\\') => literal.push(match scanner.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some('u') => scalar(scanner, 4),
                Some('U') => scalar(scanner, 8),
                Some(other) => other,
                None => return Err(scanner.wrong("a quote is not closed")),
            }),
            Some(letter) => literal.push(letter),
        }
    }
    end(literal, &mut pieces);
    Ok(Expression::Text(pieces))
}

fn scalar(scanner: &mut Scanner<'_>, digits: usize) -> char {
    let text: String = std::iter::from_fn(|| scanner.next()).take(digits).collect();
    u32::from_str_radix(&text, 16)
        .ok()
        .and_then(char::from_u32)
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn end(literal: String, pieces: &mut Vec<Piece>) {
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
}

/// Reads `${…}`, `%{…}` or what stands for these letters themselves; tells whether there was one.
fn filled_in(
    scanner: &mut Scanner<'_>,
    literal: &mut String,
    pieces: &mut Vec<Piece>,
    depth: usize,
) -> Result<bool, String> {
    for (escape, plain) in [("$${", "${"), ("%%{", "%{")] {
        if scanner.eat(escape) {
            literal.push_str(plain);
            return Ok(true);
        }
    }
    let is_directive = scanner.rest().starts_with("%{");
    if !is_directive && !scanner.rest().starts_with("${") {
        return Ok(false);
    }
    let at = scanner.at();
    scanner.next();
    scanner.next();
    scanner.eat("~");
    let mut ahead = scanner.clone();
    let read = if is_directive { None } else { read(&mut ahead, false, depth).ok() };
    ahead.space(true);
    ahead.eat("~");
    let inner = match read {
        Some(read) if ahead.eat("}") => {
            *scanner = ahead;
            read
        }
        _ => {
            over(scanner, false, depth)?;
            if !scanner.eat("}") {
                return Err(scanner.wrong("a bracket is not closed"));
            }
            Expression::Computed(scanner.since(at))
        }
    };
    end(std::mem::take(literal), pieces);
    pieces.push(Piece::Inner(inner));
    Ok(true)
}

/// Reads a text between `<<NAME` and `NAME`, without its indentation where `<<-` says so.
fn heredoc(scanner: &mut Scanner<'_>, depth: usize) -> Result<Expression, String> {
    scanner.eat("<<");
    let is_indented = scanner.eat("-");
    let name = scanner.name().unwrap_or_default();
    scanner.take_while(|letter| letter != '\n');
    scanner.next();
    let mut lines = Vec::new();
    loop {
        let line = scanner.take_while(|letter| letter != '\n');
        if line.trim() == name {
            break;
        }
        if scanner.next().is_none() {
            return Err(scanner.wrong(&format!("the text that ends with `{name}` is not closed")));
        }
        lines.push(line);
    }
    let indent = |line: &&str| line.len().saturating_sub(line.trim_start().len());
    let said = lines.iter().filter(|line| !line.trim().is_empty());
    let least = if is_indented { said.map(indent).min().unwrap_or_default() } else { 0 };
    let body: String =
        lines.iter().flat_map(|line| [line.get(least..).unwrap_or_default(), "\n"]).collect();
    let mut inner = Scanner::new(&body);
    let (mut pieces, mut literal) = (Vec::new(), String::new());
    loop {
        if filled_in(&mut inner, &mut literal, &mut pieces, depth)? {
            continue;
        }
        match inner.next() {
            None => break,
            Some(letter) => literal.push(letter),
        }
    }
    end(literal, &mut pieces);
    Ok(Expression::Text(pieces))
}
