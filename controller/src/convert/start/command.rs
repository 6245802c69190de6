//! The words of one command: whether it starts the program, by itself, by something else, or in a container.

use super::engine::{self, Engine};
use super::{Scope, Start, StartVariables, Wording, is_program, script, text_at};

/// What starts another program and changes nothing of its variables.
const STARTERS: [&str; 15] = [
    "--",
    "command",
    "dumb-init",
    "env",
    "exec",
    "flock",
    "ionice",
    "nice",
    "nohup",
    "setsid",
    "ssh",
    "stdbuf",
    "sudo",
    "time",
    "tini",
];

/// Options of starters that take a value.
const VALUED: [(&str, &str); 20] = [
    ("dumb-init", "-r"),
    ("flock", "-E"),
    ("flock", "-w"),
    ("ionice", "-c"),
    ("ionice", "-n"),
    ("nice", "-n"),
    ("ssh", "-F"),
    ("ssh", "-J"),
    ("ssh", "-L"),
    ("ssh", "-R"),
    ("ssh", "-i"),
    ("ssh", "-l"),
    ("ssh", "-o"),
    ("ssh", "-p"),
    ("sudo", "-g"),
    ("sudo", "-h"),
    ("sudo", "-p"),
    ("sudo", "-u"),
    ("tini", "-e"),
    ("tini", "-p"),
];

/// Options of starters that take none, and change nothing of the variables.
const PLAIN: [(&str, &str); 23] = [
    ("dumb-init", "-c"),
    ("dumb-init", "-v"),
    ("flock", "-e"),
    ("flock", "-n"),
    ("flock", "-o"),
    ("flock", "-s"),
    ("flock", "-x"),
    ("ssh", "-A"),
    ("ssh", "-T"),
    ("ssh", "-f"),
    ("ssh", "-n"),
    ("ssh", "-q"),
    ("ssh", "-t"),
    ("sudo", "--preserve-env"),
    ("sudo", "-E"),
    ("sudo", "-H"),
    ("sudo", "-b"),
    ("sudo", "-n"),
    ("time", "-p"),
    ("tini", "-g"),
    ("tini", "-s"),
    ("tini", "-v"),
    ("tini", "-w"),
];

/// Returns the start that the words of a command are, with the variables that it is given; `None` where it starts
/// something else.
pub(super) fn start(words: &[Wording], variables: &dyn Fn() -> StartVariables) -> Option<Start> {
    let run = words.iter().position(|word| ["create", "run"].contains(&word.written()));
    let engine = words.iter().take(run.unwrap_or_default()).enumerate();
    let mut engine = engine.filter_map(|(at, word)| Some((at, engine::named(word.written())?)));
    let engine = run.and_then(|run| engine.next().map(|(at, engine)| (run, at, engine)));
    // Of many words that look like the program one of the last is it.
    let programs = (0..words.len()).rev().filter(|at| {
        let program = words.get(*at).map(Wording::written).unwrap_or_default();
        is_program(program.rsplit('=').next().unwrap_or_default())
            && (engine.is_some() || !program.contains('='))
    });
    programs.take(MOST_PROGRAMS).find_map(|at| at_word(words, (at, engine), variables))
}

/// The shells whose scripts are read.
const SHELLS: [&str; 4] = ["ash", "bash", "dash", "sh"];

/// Returns the starts in the script that a shell is given as a word, with the variables that the shell has; none where
/// the words are no shell's.
pub(super) fn in_shell(words: &[Wording], variables: &StartVariables) -> Vec<Start> {
    let known = |at: usize| words.get(at).and_then(Wording::known).unwrap_or_default();
    let is_shell = known(0).rsplit('/').next().is_some_and(|name| SHELLS.contains(&name));
    let options = words.iter().skip(1).take_while(|word| word.written().starts_with('-')).count();
    // The last option takes the script: `-c`, or with others before it, such as `-ec`.
    let takes_script = known(options).ends_with('c') && !known(options).starts_with("--");
    let Some(Wording::Known(script)) = words.get(options.saturating_add(1)) else {
        return Vec::new();
    };
    if !is_shell || options == 0 || !takes_script {
        return Vec::new();
    }
    let mut scope = Scope::default();
    for (name, value) in variables.in_order() {
        scope.set(name, value.clone(), true);
    }
    let mut found = text_at(script, &scope, 1);
    for start in &mut found {
        if words.len() > options.saturating_add(2) {
            start.beside("the words behind the script");
        }
        // A login shell reads files of its own before.
        let is_login = |at: usize| {
            known(at) == "--login" || !known(at).starts_with("--") && known(at).contains('l')
        };
        if (1..=options).any(is_login) {
            start.beside("the profile of the shell");
        }
    }
    found
}

/// What is said of a machine on which something is started.
pub(super) const ELSEWHERE: &str = "the machine on which ssh starts it";

/// How many words of one command are taken for the program, one after the other.
const MOST_PROGRAMS: usize = 64;

/// Where a container engine runs something: where it says so, where its own name stands, and which it is.
type Runs = (usize, usize, Engine);

/// Returns the start whose program stands at some place.
fn at_word(
    words: &[Wording],
    (at, engine): (usize, Option<Runs>),
    variables: &dyn Fn() -> StartVariables,
) -> Option<Start> {
    let program = words.get(at)?.written();
    let (before, rest) = (words.get(..at)?, words.get(at.saturating_add(1)..)?);
    let engine = engine.filter(|(run, ..)| *run < at);
    let until = engine.map_or(at, |(_, at, _)| at);
    // What starts something else gets no variables.
    prefix(&mut Start::default(), before.get(..until)?)?;
    let mut start = Start { variables: variables(), ..Start::default() };
    let mut has_unread_variables = false;
    if let Some((run, at, engine)) = engine {
        prefix(&mut start, before.get(..at)?)?;
        if before.get(at..run)?.iter().any(|word| word.written().ends_with("compose")) {
            start.beside("the compose file");
        }
        let options = before.get(run.saturating_add(1)..)?;
        start.words = engine::take(&mut start, engine, (options, program), rest)?;
        has_unread_variables = !start.unread.is_empty();
    } else {
        if program.contains('=') {
            return None;
        }
        prefix(&mut start, before)?;
        start.words = rest.to_vec();
    }
    let begins_with_flag = start.words.first().is_none_or(|word| {
        word.known().is_none_or(|word| word.starts_with(['-', '@', '\u{2013}', '\u{2014}']))
    });
    (begins_with_flag && (start.is_one() || has_unread_variables)).then_some(start)
}

/// Reads what stands before the program; `None` where it starts something else.
fn prefix(start: &mut Start, before: &[Wording]) -> Option<()> {
    let mut words = before.iter().peekable();
    let mut starter = "";
    let mut has_operand = false;
    while let Some(word) = words.next() {
        let text = word.written();
        let name = text.rsplit('/').next().unwrap_or_default();
        if let Some((name, value)) = text.split_once('=').filter(|(name, _)| script::is_name(name))
        {
            let value = match word {
                Wording::Known(_) => Wording::Known(value.to_owned()),
                Wording::Open(_) => Wording::Open(value.to_owned()),
            };
            start.set(name, value);
            continue;
        }
        if let Some(known) = STARTERS.iter().find(|starter| **starter == name) {
            starter = known;
            has_operand = false;
            if starter == "ssh" {
                start.variables.clear();
                start.beside(ELSEWHERE);
            }
            if starter == "sudo" {
                // What it lets through is said elsewhere, but for what `-E` asks for.
                let keeps = words
                    .peek()
                    .is_some_and(|next| ["-E", "--preserve-env"].contains(&next.written()));
                if !keeps {
                    start.variables.open();
                }
            }
            continue;
        }
        if starter.is_empty() {
            return None;
        }
        match (starter, text) {
            ("env", "-i" | "-" | "--ignore-environment") => start.variables.clear(),
            ("env", "-u" | "--unset") => {
                let name = words.next().map(Wording::written).unwrap_or_default();
                start.variables.remove(name);
            }
            pair if PLAIN.contains(&pair) => {}
            pair if VALUED.contains(&pair) => drop(words.next()),
            // A file to lock, or a host, which gives the program variables of its own.
            ("flock" | "ssh", file) if !has_operand && !file.starts_with('-') => has_operand = true,
            // It may hold a secret, so that no more of it is shown.
            _ => start.beside(starter),
        }
    }
    Some(())
}

/// What is known of the words before a program that a container starts.
#[derive(Debug, Default, PartialEq)]
pub(in super::super) struct Front {
    /// The variables that they set.
    pub(in super::super) variables: Vec<(String, String)>,
    /// What of them may set more, by the names of programs alone: what they are given may be a secret.
    pub(in super::super) unread: Vec<String>,
}

/// Reads the words before a program that a container starts.
pub(in super::super) fn front(before: &[String]) -> Front {
    let words: Vec<Wording> = before.iter().cloned().map(Wording::Known).collect();
    let mut start = Start::default();
    if prefix(&mut start, &words).is_none() {
        start.beside(first_name(before));
    }
    // The variables of the container are not at hand here, of which these leave some out.
    let mut is_env = false;
    for (word, next) in before.iter().zip(before.iter().map(|word| last(word) == "env")) {
        let takes_out = ["-", "-i", "-u", "--ignore-environment", "--unset"];
        if last(word) == "sudo" || is_env && takes_out.contains(&word.as_str()) {
            start.beside(if is_env { "env" } else { "sudo" });
        }
        is_env |= next;
    }
    let variables = start.variables.in_order();
    let known =
        variables.into_iter().map(|(name, value)| (name.to_owned(), value.written().to_owned()));
    Front { variables: known.collect(), unread: start.unread }
}

/// Returns the name of the first program among words.
pub(in super::super) fn first_name(words: &[String]) -> String {
    let is_set =
        |word: &&String| word.split_once('=').is_some_and(|(name, _)| script::is_name(name));
    let first = words.iter().find(|word| !is_set(word)).map(|word| last(word)).unwrap_or_default();
    let first = first.split(|letter: char| letter.is_whitespace() || letter == '=').next();
    first.unwrap_or_default().to_owned()
}

fn last(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or_default()
}
