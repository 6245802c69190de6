//! The words of one command: whether it starts the program, by itself, by something else, or in a container.

use super::{Start, Wording, engine, is_program, script};

/// What starts another program and changes nothing of its variables.
const STARTERS: [&str; 13] = [
    "--",
    "command",
    "dumb-init",
    "env",
    "exec",
    "ionice",
    "nice",
    "nohup",
    "setsid",
    "stdbuf",
    "sudo",
    "time",
    "tini",
];

/// Options of starters that take a value.
const VALUED: [&str; 6] = ["-g", "-h", "-n", "-p", "-r", "-u"];

/// Returns the start that the words of a command are, with the variables that it is given; `None` where it starts
/// something else.
pub(super) fn start(words: &[Wording], variables: &[(String, Wording)]) -> Option<Start> {
    (0..words.len()).rev().find_map(|at| at_word(words, at, variables))
}

/// Returns the start whose program stands at some place.
fn at_word(words: &[Wording], at: usize, variables: &[(String, Wording)]) -> Option<Start> {
    let program = words.get(at)?.written();
    if !is_program(program.rsplit('=').next().unwrap_or_default()) {
        return None;
    }
    let (before, rest) = (words.get(..at)?, words.get(at.saturating_add(1)..)?);
    let mut start = Start { variables: variables.to_vec(), ..Start::default() };
    let mut has_unread_variables = false;
    let run = before.iter().position(|word| word.written() == "run");
    let mut first = before.iter().take(run.unwrap_or_default()).enumerate();
    let engine = first.find_map(|(at, word)| Some((at, engine::named(word.written())?)));
    if let (Some(run), Some((at, engine))) = (run, engine) {
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
            if starter == "sudo" {
                // What it lets through is said elsewhere, but for what `-E` asks for.
                let keeps = words
                    .peek()
                    .is_some_and(|next| ["-E", "--preserve-env"].contains(&next.written()));
                for (_, value) in start.variables.iter_mut().filter(|_| !keeps) {
                    *value = Wording::Open(value.written().to_owned());
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
                start.variables.retain(|(other, _)| other != name);
            }
            ("sudo", "-E" | "--preserve-env" | "-H" | "-b") => {}
            (_, option) if VALUED.contains(&option) => drop(words.next()),
            _ => start.beside(format!("{starter} {text}")),
        }
    }
    Some(())
}
