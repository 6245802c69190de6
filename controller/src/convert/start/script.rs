//! A script of a shell: which of its lines start the program, and what those before them give it.
//!
//! Variables are followed as long as the script goes straight on. What may set them in another way, such as a file that
//! is read in, makes them unknown, and what is not known to set nothing is not read.

mod lexer;

pub(super) use self::lexer::{ShellCommand, commands};
use super::word::{Part, expanded, whole};
use super::{DEPTH, ENOUGH, Scope, Start, StartVariables, Wording, add, command, text_at};

/// Commands that set nothing of the shell that they run in.
const HARMLESS: [&str; 23] = [
    "[",
    ":",
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

/// Letters of the options that `set` has in some shell of those that read such a script.
const OPTIONS: &str = "abefhkmnoptuvxBCEHPT";

/// Options of `set` that have a name, behind `-o` or `+o`.
const NAMED_OPTIONS: [&str; 13] = [
    "allexport",
    "emacs",
    "errexit",
    "errtrace",
    "functrace",
    "monitor",
    "noclobber",
    "noglob",
    "nounset",
    "pipefail",
    "posix",
    "verbose",
    "xtrace",
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
pub(super) fn read(text: &str, scope: &Scope, depth: usize) -> Vec<Start> {
    let mut shell = Shell { scope: scope.clone(), depth, ..Shell::default() };
    for command in commands(text) {
        shell.run(&command);
    }
    shell.found
}

/// What is known of a script at a place in it.
#[derive(Default)]
struct Shell {
    scope: Scope,
    /// In how many other texts it stands.
    depth: usize,
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
            let inner = if self.depth < DEPTH {
                text_at(body, &Scope::default(), self.depth.saturating_add(1))
            } else {
                Vec::new()
            };
            for mut start in inner {
                start.beside(format!("the script around {place}"));
                if self.found.len() < ENOUGH {
                    self.found.push(start);
                }
            }
            add(&mut self.unread, place);
        }
    }

    /// Adds that a command is not read.
    fn beside(&mut self, command: &ShellCommand, name: &str) {
        // It may hold a secret, so that no more of it is shown.
        let name = name.split('=').next().unwrap_or_default();
        add(&mut self.unread, format!("{name} in line {}", command.line));
    }

    fn look(&mut self, command: &ShellCommand) {
        if command.assigns {
            self.scope.forget();
            add(&mut self.unread, format!("${{…:=…}} in line {}", command.line));
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
        let variables =
            || self.scope.exported().into_iter().chain(set.clone()).collect::<StartVariables>();
        if let Some(mut start) = command::start(&words, &variables) {
            if self.found.len() >= ENOUGH {
                return;
            }
            for place in &self.unread {
                start.beside(place.clone());
            }
            for name in self.scope.kept_back() {
                start.beside(name);
            }
            self.found.push(start);
            return;
        }
        self.elsewhere(&words);
        let Some(name) = words.first() else { return };
        let is_flag = name.written().starts_with("--");
        if let Some(start) = self.found.last_mut().filter(|_| is_flag) {
            // A shell does not take it for one of the line before, and a person may have meant it so.
            let flag = name.written().split('=').next().unwrap_or_default();
            return start.beside(format!("{flag} in line {}", command.line));
        }
        match name.written() {
            "export" => self.export(command, rest.get(1..).unwrap_or_default()),
            "unset" => self.unset(command, &words),
            "kubectl" if changes_pods(&words) => {
                self.beside(command, "kubectl");
                // It changes what is started already, too.
                for start in &mut self.found {
                    start.beside(format!("kubectl in line {}", command.line));
                }
            }
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

    /// Reads what ssh hands to a shell on another machine as one text.
    fn elsewhere(&mut self, words: &[Wording]) {
        let is_ssh = |word: &Wording| word.written().rsplit('/').next() == Some("ssh");
        let Some(at) = words.iter().position(is_ssh).filter(|_| self.depth < DEPTH) else { return };
        let texts = words.iter().skip(at).filter_map(Wording::known);
        let texts = texts.filter(|text| text.contains(char::is_whitespace));
        for text in texts {
            for mut start in text_at(text, &Scope::default(), self.depth.saturating_add(1)) {
                start.beside(command::ELSEWHERE);
                for place in &self.unread {
                    start.beside(place.clone());
                }
                if self.found.len() < ENOUGH {
                    self.found.push(start);
                }
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
                // With `-n` a variable stays here; of its other options none changes one.
                Wording::Known(option) if option.starts_with('-') && !option.contains('n') => {}
                Wording::Known(_) | Wording::Open(_) => {
                    self.scope.forget();
                    self.beside(command, "export");
                }
            }
        }
    }

    fn unset(&mut self, command: &ShellCommand, words: &[Wording]) {
        let is_of_functions = words.iter().any(|word| word.written() == "-f");
        for word in words.iter().skip(1).filter(|_| !is_of_functions) {
            match word {
                Wording::Open(_) => {
                    self.scope.forget();
                    self.beside(command, "unset");
                }
                Wording::Known(name) if self.scope.get(name).is_none() => {}
                Wording::Known(name) if command.is_joined || self.is_branched => {
                    self.scope.set(name, Wording::Open(format!("${name}")), false);
                }
                Wording::Known(name) => self.scope.unset(name),
            }
        }
    }

    fn set(&mut self, command: &ShellCommand, words: &[Wording]) {
        for (at, word) in words.iter().enumerate().skip(1) {
            let Some(word) = word.known() else { return self.beside(command, "set") };
            if word == "--" || word == "-" {
                return;
            }
            let letters = word.strip_prefix(['-', '+']);
            let is_option = letters
                .is_some_and(|letters| letters.chars().all(|letter| OPTIONS.contains(letter)));
            if !is_option && !NAMED_OPTIONS.contains(&word) {
                // Other shells set variables with it, and here it sets parameters.
                self.beside(command, "set");
                return;
            }
            let is_letter = is_option && word.contains('a');
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

/// Tells whether a command of kubectl changes pods, or what makes them, that are there already.
fn changes_pods(words: &[Wording]) -> bool {
    let changing = ["edit", "patch", "replace", "set"];
    words.iter().any(|word| changing.contains(&word.written()))
}

/// Tells whether a script changes with kubectl what something else has made.
pub(super) fn patches(text: &str) -> bool {
    let scope = Scope::default();
    commands(text).iter().any(|command| {
        let words: Vec<Wording> =
            command.words.iter().flat_map(|word| expanded(word, &scope)).collect();
        let is_kubectl = |word: &Wording| word.written().rsplit('/').next() == Some("kubectl");
        words.iter().any(is_kubectl) && changes_pods(&words)
    })
}

/// Returns the words of each command of helm in a script that makes something of a release.
pub(super) fn releases(text: &str) -> Vec<Vec<String>> {
    let scope = Scope::default();
    let all = commands(text);
    let words = all.iter().map(|command| -> Vec<String> {
        let words = command.words.iter().flat_map(|word| expanded(word, &scope));
        words.map(|word| word.written().to_owned()).collect()
    });
    let is_helm = |word: &String| word.rsplit('/').next() == Some("helm");
    let makes = |word: &String| ["install", "template", "upgrade"].contains(&word.as_str());
    words
        .filter_map(|words| {
            let at = words.iter().position(is_helm)?;
            let rest = words.get(at..)?.to_vec();
            rest.iter().any(makes).then_some(rest)
        })
        .collect()
}

/// Tells whether a text is the name of a variable.
pub(super) fn is_name(text: &str) -> bool {
    !text.starts_with(|letter: char| letter.is_ascii_digit())
        && !text.is_empty()
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// Returns the variable that a word sets, and the word that it is set to.
pub(super) fn assignment(word: &[Part]) -> Option<(String, Vec<Part>)> {
    let (first, rest) = word.split_first()?;
    let Part::Literal(text) = first else { return None };
    let (name, value) = text.split_once('=')?;
    is_name(name).then(|| {
        let value = std::iter::once(Part::Literal(value.to_owned())).chain(rest.iter().cloned());
        (name.to_owned(), value.collect())
    })
}
