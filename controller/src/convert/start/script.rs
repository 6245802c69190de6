//! A script of a shell: which of its lines start the program, and what those before them give it.
//!
//! Variables are followed as long as the script goes straight on. What may set them in another way, such as a file that
//! is read in, makes them unknown, and what is not known to set nothing is not read.

mod lexer;

use self::lexer::{ShellCommand, commands};
use super::word::{Part, expanded, whole};
use super::{Scope, Start, Wording, command, of_text};

/// Commands that set nothing of the shell that they run in.
const HARMLESS: [&str; 22] = [
    "[",
    "aws",
    "cat",
    "cd",
    "chmod",
    "chown",
    "date",
    "echo",
    "exit",
    "kubectl",
    "mkdir",
    "printf",
    "pwd",
    "rm",
    "sleep",
    "systemctl",
    "test",
    "touch",
    "true",
    "ulimit",
    "umask",
    "wait",
];

/// What those commands of a container engine are called that neither start nor make anything.
const OF_ENGINES: [&str; 9] =
    ["image", "inspect", "kill", "login", "logs", "network", "ps", "pull", "stop"];

/// Words that say under which conditions, or how often, something is run.
const CONTROL: [&str; 17] = [
    "(", ")", "{", "}", "!", "if", "then", "else", "elif", "fi", "for", "while", "until", "do",
    "done", "case", "function",
];

/// Commands of the shell that may set any variable.
const SETTING: [&str; 12] = [
    ".",
    "declare",
    "eval",
    "getopts",
    "let",
    "local",
    "mapfile",
    "read",
    "readarray",
    "readonly",
    "source",
    "typeset",
];

/// Reads a script that is given some variables.
pub(super) fn read(text: &str, scope: &Scope) -> Vec<Start> {
    let mut shell = Shell { scope: scope.clone(), ..Shell::default() };
    for command in commands(text) {
        shell.run(&command);
    }
    shell.found
}

/// What is known of a script at a place in it.
#[derive(Default)]
struct Shell {
    scope: Scope,
    exports_all: bool,
    /// Whether something before may be skipped or repeated.
    is_branched: bool,
    unread: Vec<String>,
    found: Vec<Start>,
}

impl Shell {
    fn run(&mut self, command: &ShellCommand) {
        self.look(command);
        for body in &command.bodies {
            let place = format!("the text that begins in line {}", command.line);
            for mut start in of_text(body, &Scope::default()) {
                start.beside(format!("the script around {place}"));
                self.found.push(start);
            }
            self.unread.push(place);
        }
    }

    /// Adds that a command is not read.
    fn beside(&mut self, command: &ShellCommand, name: &str) {
        // It may hold a secret, so that no more of it is shown.
        let name = name.split('=').next().unwrap_or_default();
        self.unread.push(format!("{name} in line {}", command.line));
    }

    fn look(&mut self, command: &ShellCommand) {
        if command.assigns {
            self.scope.forget();
            self.beside(command, "${…:=…}");
        }
        let mut words = command.words.iter();
        let mut set = Vec::new();
        let mut rest = Vec::new();
        for word in words.by_ref() {
            let Some((name, value)) = assignment(word) else {
                rest.push(word);
                break;
            };
            set.push((name, whole(&value, &self.scope)));
        }
        rest.extend(words);
        if rest.is_empty() {
            for (name, value) in set {
                self.assign(command, &name, value, false);
            }
            return;
        }
        let words: Vec<Wording> =
            rest.iter().flat_map(|word| expanded(word, &self.scope)).collect();
        let mut variables = self.scope.exported();
        variables.extend(set);
        if let Some(mut start) = command::start(&words, &variables) {
            for place in &self.unread {
                start.beside(place.clone());
            }
            for name in self.scope.kept_back() {
                start.beside(name);
            }
            self.found.push(start);
            return;
        }
        let Some(name) = words.first() else { return };
        let is_flag = name.written().starts_with("--");
        if let Some(start) = self.found.last_mut().filter(|_| is_flag) {
            // A shell does not take it for one of the line before, and a person may have meant it so.
            let flag = name.written().split('=').next().unwrap_or_default();
            return start.beside(format!("{flag} in line {}", command.line));
        }
        match name.written() {
            "export" => self.export(command, rest.get(1..).unwrap_or_default()),
            "unset" => words.iter().skip(1).for_each(|word| self.scope.unset(word.written())),
            "set" => self.set(command, &words),
            // Under a condition it ends nothing that matters here.
            name if CONTROL.contains(&name) || name == "esac" => {
                self.is_branched = true;
                self.scope.forget();
                self.beside(command, name);
            }
            name if SETTING.contains(&name) => {
                self.scope.forget();
                self.beside(command, name);
            }
            "docker" | "podman" | "nerdctl"
                if words.get(1).is_some_and(|word| {
                    OF_ENGINES.contains(&word.written()) || word.written() == "rm"
                }) => {}
            name if HARMLESS.contains(&name) && name != "printf" => {}
            "printf" if words.get(1).is_none_or(|word| word.written() != "-v") => {}
            name => {
                let name = name.to_owned();
                self.beside(command, &name);
            }
        }
    }

    fn assign(&mut self, command: &ShellCommand, name: &str, value: Wording, is_exported: bool) {
        let value = if command.is_joined || self.is_branched {
            Wording::Open(format!("${name}"))
        } else {
            value
        };
        self.scope.set(name, value, is_exported || self.exports_all);
    }

    fn export(&mut self, command: &ShellCommand, words: &[&Vec<Part>]) {
        for word in words {
            if let Some((name, value)) = assignment(word) {
                let value = whole(&value, &self.scope);
                self.assign(command, &name, value, true);
                continue;
            }
            match whole(word, &self.scope) {
                Wording::Known(name) if is_name(&name) => self.scope.export(&name),
                // Of its options none sets a variable.
                Wording::Known(option) if option.starts_with('-') => {}
                Wording::Known(_) | Wording::Open(_) => {
                    self.scope.forget();
                    self.beside(command, "export");
                }
            }
        }
    }

    fn set(&mut self, command: &ShellCommand, words: &[Wording]) {
        for (at, word) in words.iter().enumerate().skip(1) {
            let Some(word) = word.known() else { return self.beside(command, "set") };
            if word == "--" {
                return;
            }
            let is_option = word.starts_with('-') || word.starts_with('+');
            let is_letter = is_option && !word.starts_with("--") && word.contains('a');
            let is_named = word == "allexport";
            let is_on = if is_named {
                words
                    .get(at.saturating_sub(1))
                    .is_some_and(|before| !before.written().starts_with('+'))
            } else {
                word.starts_with('-')
            };
            if is_letter || is_named {
                self.exports_all = is_on;
            }
        }
    }
}

/// Tells whether a text is the name of a variable.
pub(super) fn is_name(text: &str) -> bool {
    !text.starts_with(|letter: char| letter.is_ascii_digit())
        && !text.is_empty()
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// Returns the variable that a word sets, and the word that it is set to.
fn assignment(word: &[Part]) -> Option<(String, Vec<Part>)> {
    let (first, rest) = word.split_first()?;
    let Part::Literal(text) = first else { return None };
    let (name, value) = text.split_once('=')?;
    is_name(name).then(|| {
        let value = std::iter::once(Part::Literal(value.to_owned())).chain(rest.iter().cloned());
        (name.to_owned(), value.collect())
    })
}
