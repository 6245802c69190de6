//! The commands of a script, each with its words, as a shell splits them ([tokens]).
//!
//! [tokens]: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_03

use super::super::word::Part;
use super::is_name;

/// One command of a script.
#[derive(Debug, Default, PartialEq)]
pub(in super::super) struct ShellCommand {
    /// Where it begins.
    pub(in super::super) line: usize,
    pub(in super::super) words: Vec<Vec<Part>>,
    /// Whether another command decides whether it is run, or it has no say in what comes after it.
    pub(in super::super) is_joined: bool,
    /// Whether it sets a variable by the way, as `${NAME:=value}` does.
    pub(in super::super) assigns: bool,
    /// The texts that follow it as here-documents.
    pub(super) bodies: Vec<String>,
}

/// Returns the commands of a script in their order; what opens or closes others is one of its own.
pub(in super::super) fn commands(text: &str) -> Vec<ShellCommand> {
    let mut lexer = Lexer { rest: text, line: 1, ..Lexer::default() };
    lexer.read();
    lexer.commands
}

/// What begins with `&` where a text is escaped for HTML.
const ENTITIES: [&str; 7] = ["amp;", "apos;", "gt;", "lt;", "nbsp;", "quot;", "#"];

#[derive(Default)]
struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    commands: Vec<ShellCommand>,
    /// Where the list begins of which all is run apart from the rest where `&` ends it.
    list: usize,
    command: ShellCommand,
    word: Option<Vec<Part>>,
    /// Whether the word that comes is where something is written to or read from.
    is_target: bool,
    /// What ends the here-documents that begin in this line, each with whether tabs before it count for nothing.
    ends: Vec<(String, bool)>,
    /// Whether the word that comes ends a here-document.
    is_end: Option<bool>,
}

impl Lexer<'_> {
    fn next(&mut self) -> Option<char> {
        let letter = self.rest.chars().next()?;
        self.rest = self.rest.get(letter.len_utf8()..).unwrap_or_default();
        if letter == '\n' {
            self.line = self.line.saturating_add(1);
        }
        Some(letter)
    }

    fn eat(&mut self, text: &str) -> bool {
        let is_there = self.rest.starts_with(text);
        if is_there {
            for _ in text.chars() {
                self.next();
            }
        }
        is_there
    }

    fn push(&mut self, letter: char) {
        let word = self.word.get_or_insert_default();
        match word.last_mut() {
            Some(Part::Literal(text)) => text.push(letter),
            _ => word.push(Part::Literal(letter.to_string())),
        }
    }

    fn part(&mut self, part: Part) {
        self.word.get_or_insert_default().push(part);
    }

    fn end_of_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        if let Some(has_tabs) = self.is_end.take() {
            let text: String = word
                .iter()
                .map(|part| match part {
                    Part::Literal(text) | Part::Open(text) => text.as_str(),
                    Part::Variable { written, .. } => written.as_str(),
                })
                .collect();
            self.ends.push((text, has_tabs));
        } else if !std::mem::take(&mut self.is_target) {
            if self.command.words.is_empty() {
                self.command.line = self.line;
            }
            self.command.words.push(word);
        }
    }

    /// Ends a command; what follows is joined to it or not.
    fn end(&mut self, is_joined: bool) {
        self.end_of_word();
        let next = ShellCommand { is_joined, ..ShellCommand::default() };
        let command = std::mem::replace(&mut self.command, next);
        if !command.words.is_empty() || command.assigns {
            self.commands.push(command);
        }
    }

    /// Ends a command with which a list ends.
    fn end_of_list(&mut self) {
        self.end(false);
        self.list = self.commands.len();
    }

    /// Says of the commands from some place on that they have no say in what comes after them.
    fn is_apart(&mut self, from: usize) {
        for command in self.commands.iter_mut().skip(from) {
            command.is_joined = true;
        }
    }

    fn read(&mut self) {
        while let Some(letter) = self.next() {
            match letter {
                '\\' => match self.next() {
                    None | Some('\n') => {}
                    Some(letter) => self.push(letter),
                },
                '\'' => {
                    self.word.get_or_insert_default();
                    while let Some(letter) = self.next().filter(|letter| *letter != '\'') {
                        self.push(letter);
                    }
                }
                '"' => self.quoted(),
                '$' => self.dollar(false),
                '`' => self.open_until('`', "`"),
                '#' if self.word.is_none() => {
                    while !self.rest.is_empty() && !self.rest.starts_with('\n') {
                        self.next();
                    }
                }
                '\n' => {
                    self.end_of_list();
                    self.bodies();
                }
                ';' => {
                    while self.eat(";") {}
                    self.end_of_list();
                }
                '&' if self.rest.starts_with('>') => self.redirect(),
                // A page wrote it so; what it stands for is not known here.
                '&' if ENTITIES.iter().any(|name| self.rest.starts_with(name)) => {
                    self.push('&');
                    while let Some(letter) = self.next() {
                        self.push(letter);
                        if letter == ';' {
                            break;
                        }
                    }
                }
                '&' if self.eat("&") => self.end(true),
                '&' => {
                    self.end(false);
                    self.is_apart(self.list);
                    self.list = self.commands.len();
                }
                '|' if self.eat("|") => self.end(true),
                '|' => {
                    // Each command of a pipeline has a shell of its own.
                    let from = self.commands.len();
                    self.eat("&");
                    self.end(true);
                    self.is_apart(from);
                }
                '<' | '>' if self.rest.starts_with('(') => {
                    self.next();
                    self.balanced(&format!("{letter}("), '(', ')');
                }
                '<' if self.eat("<<") => self.is_target = true,
                '<' if self.eat("<") => {
                    self.digits();
                    let has_tabs = self.eat("-");
                    self.end_of_word();
                    self.is_end = Some(has_tabs);
                }
                '<' | '>' => self.redirect(),
                '(' | ')' => {
                    self.end(false);
                    self.push(letter);
                    self.end(false);
                }
                '{' if self.braces() => {}
                letter if letter.is_whitespace() => self.end_of_word(),
                letter => self.push(letter),
            }
        }
        self.end(false);
    }

    /// Passes over an operator of where something is written to or read from, with the number before it.
    fn redirect(&mut self) {
        self.digits();
        self.end_of_word();
        while self.eat(">") || self.eat("&") || self.eat("|") || self.eat("<") {}
        self.is_target = true;
    }

    fn digits(&mut self) {
        let is_number = self.word.as_deref().is_some_and(|word| match word {
            [Part::Literal(text)] => text.chars().all(|letter| letter.is_ascii_digit()),
            _ => false,
        });
        if is_number {
            self.word = None;
        }
    }

    fn quoted(&mut self) {
        self.word.get_or_insert_default();
        while let Some(letter) = self.next() {
            match letter {
                '"' => return,
                '\\' => match self.next() {
                    None | Some('\n') => {}
                    Some(letter) => {
                        if !"\"\\$`".contains(letter) {
                            self.push('\\');
                        }
                        self.push(letter);
                    }
                },
                '$' => self.dollar(true),
                '`' => self.open_until('`', "`"),
                letter => self.push(letter),
            }
        }
    }

    fn dollar(&mut self, is_quoted: bool) {
        let named = |name: &str, written: &str| Part::Variable {
            name: name.to_owned(),
            is_quoted,
            written: written.to_owned(),
        };
        if self.eat("{{") {
            // An expression of GitHub's.
            let inner = self.until("}}");
            let name = inner.trim().strip_prefix("env.").unwrap_or_default().to_owned();
            let written = format!("${{{{{inner}}}}}");
            let part = if is_name(&name) { named(&name, &written) } else { Part::Open(written) };
            // It is filled in before a shell sees it.
            return self.part(part);
        }
        if self.eat("{") {
            let before = self.word.take();
            self.balanced("${", '{', '}');
            let written = match self.word.replace(before.unwrap_or_default()).as_deref() {
                Some([Part::Open(written)]) => written.clone(),
                _ => String::new(),
            };
            let inner = written.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
            let inner = inner.unwrap_or_default();
            let name = inner.split(":?").next().unwrap_or_default();
            self.command.assigns |=
                inner.contains(":=") || inner.contains('=') && !inner.contains('-');
            let part = if is_name(name) { named(name, &written) } else { Part::Open(written) };
            return self.part(part);
        }
        if self.eat("(") {
            return self.balanced("$(", '(', ')');
        }
        if !is_quoted && (self.rest.starts_with('\'') || self.rest.starts_with('"')) {
            let quote = self.next().unwrap_or_default();
            return self.open_until(quote, &format!("${quote}"));
        }
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let end = self.rest.find(|letter| !is_part(letter)).unwrap_or(self.rest.len());
        let name = self.rest.get(..end).unwrap_or_default().to_owned();
        if is_name(&name) {
            self.eat(&name);
            return self.part(named(&name, &format!("${name}")));
        }
        match self
            .rest
            .chars()
            .next()
            .filter(|letter| letter.is_ascii_digit() || "@*#?$!-".contains(*letter))
        {
            Some(letter) => {
                self.next();
                self.part(Part::Open(format!("${letter}")));
            }
            None => self.push('$'),
        }
    }

    /// Reads what is open up to what ends it.
    fn open_until(&mut self, end: char, begin: &str) {
        let mut written = begin.to_owned();
        while let Some(letter) = self.next() {
            written.push(letter);
            if letter == end {
                break;
            }
        }
        self.part(Part::Open(written));
    }

    /// Reads what is open, which may hold what begins and ends as it does; in a command, what is quoted ends nothing.
    fn balanced(&mut self, begin: &str, open: char, close: char) {
        let mut written = begin.to_owned();
        let mut ends = vec![close];
        let mut before = open;
        while let Some(end) = ends.last().copied() {
            let Some(letter) = self.next() else { break };
            let begins_word = before.is_whitespace() || "(;&|".contains(before);
            let is_dollar = before == '$';
            before = letter;
            written.push(letter);
            match (end, letter) {
                (end, letter) if end == letter => drop(ends.pop()),
                (')' | '"' | '`', '\\') => written.extend(self.next()),
                ('"', '(') if is_dollar => ends.push(')'),
                (')', '(') => ends.push(')'),
                (')', '"' | '\'' | '`') | ('"', '`') => ends.push(letter),
                // A comment, in which quotes are none.
                (')', '#') if begins_word => {
                    while !self.rest.is_empty() && !self.rest.starts_with('\n') {
                        written.extend(self.next());
                    }
                }
                ('}', '{') => ends.push('}'),
                _ => {}
            }
        }
        self.part(Part::Open(written));
    }

    fn until(&mut self, end: &str) -> String {
        let mut inner = String::new();
        while !self.rest.is_empty() && !self.eat(end) {
            inner.extend(self.next());
        }
        inner
    }

    /// Reads braces of which some shells make several words.
    fn braces(&mut self) -> bool {
        let inner =
            self.rest.split(|letter: char| letter.is_whitespace()).next().unwrap_or_default();
        let several = inner.split_once('}').map(|(inner, _)| inner);
        let Some(inner) = several.filter(|inner| {
            !inner.starts_with('{') && (inner.contains(',') || inner.contains(".."))
        }) else {
            return false;
        };
        let written = format!("{{{inner}}}");
        for _ in written.chars().skip(1) {
            self.next();
        }
        self.part(Part::Open(written));
        true
    }

    /// Reads the here-documents that follow a line.
    fn bodies(&mut self) {
        for (end, has_tabs) in std::mem::take(&mut self.ends) {
            let mut body = String::new();
            while !self.rest.is_empty() {
                let line = self.rest.split('\n').next().unwrap_or_default().to_owned();
                self.eat(&line);
                self.eat("\n");
                let bare = if has_tabs { line.trim_start_matches('\t') } else { &line };
                if bare == end {
                    break;
                }
                body.push_str(bare);
                body.push('\n');
            }
            if let Some(command) = self.commands.last_mut() {
                command.bodies.push(body);
            }
        }
    }
}
