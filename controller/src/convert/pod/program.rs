//! What a container starts: which of its words are those of `ExternalDNS`.

use super::super::draft::Draft;
use super::super::shell;
use super::super::start::{first_name, front};

/// The shells whose scripts are read.
const SHELLS: [&str; 4] = ["ash", "bash", "dash", "sh"];

/// The arguments of `ExternalDNS`, with the variables that stand before it.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) words: Vec<String>,
    pub(super) variables: Vec<(String, String)>,
}

fn name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or_default()
}

fn is_shell(word: &str) -> bool {
    SHELLS.contains(&name(word))
}

fn is_it(word: &str) -> bool {
    name(word) == "external-dns"
}

/// Returns how many words there are before the first flag, which start the program.
fn before_flags(words: &[String]) -> usize {
    let is_flag = |word: &String| word.starts_with("--") && word.len() > 2;
    words.iter().position(is_flag).unwrap_or(words.len())
}

/// Returns what `ExternalDNS` gets of the words that a container starts with.
pub(super) fn arguments(draft: &mut Draft, command: Vec<String>, args: Vec<String>) -> Program {
    let all: Vec<String> = command.into_iter().chain(args).collect();
    // What starts another program has flags of its own, up to this word.
    let mut pairs = all.iter().zip(all.iter().skip(1));
    let end = pairs.position(|(end, next)| end == "--" && (is_it(next) || is_shell(next)));
    let from = end.map_or(0, |at| at.saturating_add(1));
    let rest = all.get(from..).unwrap_or_default();
    let begin = from.saturating_add(before_flags(rest));
    let before = all.get(..begin).unwrap_or_default();
    let is_at = |at: &usize, fits: fn(&str) -> bool| before.get(*at).is_some_and(|word| fits(word));
    let shell = (from..begin).find(|at| is_at(at, is_shell));
    if let Some((shell, script)) = shell.and_then(|at| Some((at, script(&all, at)?))) {
        let mut program = Program::default();
        read_front(draft, &mut program, before.get(..shell).unwrap_or_default());
        match script.and_then(|script| shell::command(&script)) {
            Ok(words) => of_script(draft, &mut program, &words),
            Err(why) => draft.out_of_sight(
                "command",
                &format!(
                    "a shell starts the program, and {why}, so what it is told is not known here: give its words \
                     themselves, as in `signpost convert -- --source=…`"
                ),
            ),
        }
        return program;
    }
    let mut program = Program::default();
    match (from..begin).rev().find(|at| is_at(at, is_it)) {
        Some(at) => {
            read_front(draft, &mut program, before.get(..at).unwrap_or_default());
            program.words = all.into_iter().skip(at.saturating_add(1)).collect();
        }
        None if before.is_empty() => program.words = all,
        None => {
            let text =
                format!("`{}` starts it, and what that adds is not known here", first_name(before));
            draft.out_of_sight("command", &text);
            program.words = all.into_iter().skip(begin).collect();
        }
    }
    program
}

/// Takes the variables that words before the program set, and tells of what else they may do.
fn read_front(draft: &mut Draft, program: &mut Program, before: &[String]) {
    let found = front(before);
    for starter in found.unread {
        let text = format!("`{starter}` starts it, and what that adds is not known here");
        draft.out_of_sight("command", &text);
    }
    program.variables.extend(found.variables);
}

/// Returns the script that a shell at some place gets; `None` when it gets none.
fn script(all: &[String], shell: usize) -> Option<Result<String, String>> {
    let rest = all.get(shell.saturating_add(1)..)?;
    let is_script =
        |word: &String| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c');
    let at = rest.iter().position(is_script)?;
    // Others, such as `-l`, read files that set variables.
    let is_plain = |word: &String| {
        word == "pipefail"
            || word.strip_prefix('-').is_some_and(|letters| {
                !letters.is_empty() && letters.chars().all(|letter| "ceoux".contains(letter))
            })
    };
    if !rest.iter().take(at.saturating_add(1)).all(is_plain) {
        return Some(Err("it reads files of its own first".to_owned()));
    }
    match rest.get(at.saturating_add(1)..)? {
        [script] => Some(Ok(script.clone())),
        _ => Some(Err("its script has parameters".to_owned())),
    }
}

fn of_script(draft: &mut Draft, program: &mut Program, words: &[String]) {
    let before = words.get(..before_flags(words)).unwrap_or_default();
    if let Some(at) = before.iter().rposition(|word| is_it(word)) {
        read_front(draft, program, before.get(..at).unwrap_or_default());
        program.words = words.iter().skip(at.saturating_add(1)).cloned().collect();
        return;
    }
    let text = format!(
        "a shell starts `{}`, and not `external-dns`, so what it is told is not known here",
        first_name(words)
    );
    draft.out_of_sight("command", &text);
}
