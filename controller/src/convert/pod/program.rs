//! What a container starts: which of its words are those of `ExternalDNS`.

use super::super::Weight;
use super::super::draft::Draft;
use super::super::shell;

/// Returns the arguments of `ExternalDNS` in the words that a container starts with.
pub(super) fn arguments(draft: &mut Draft, command: Vec<String>, args: Vec<String>) -> Vec<String> {
    let all: Vec<String> = command.into_iter().chain(args).collect();
    let name = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let is_flag = |word: &String| word.starts_with("--") && word.len() > 2;
    // Words before the first flag start the program.
    let begin = all.iter().position(is_flag).unwrap_or(all.len());
    let before = all.get(..begin).unwrap_or_default();
    let shell =
        before.iter().position(|word| ["sh", "bash", "ash", "dash"].contains(&name(word).as_str()));
    if let Some(script) = shell.and_then(|at| script(&all, at)) {
        return match script.and_then(|script| shell::command(&script)) {
            Ok(words) => of_script(draft, &words),
            Err(why) => {
                draft.out_of_sight(
                    "command",
                    &format!(
                        "a shell starts the program, and {why}, so what it is told is not known here: give its words \
                         themselves, as in `signpost convert -- --source=…`"
                    ),
                );
                Vec::new()
            }
        };
    }
    match before.iter().position(|word| name(word) == "external-dns") {
        Some(at) => {
            let starters = before.get(..at).unwrap_or_default();
            if !starters.is_empty() {
                let text = format!("`{}` starts it, and is left out", starters.join(" "));
                draft.say(Weight::Note, "command", text);
            }
            all.into_iter().skip(at.saturating_add(1)).collect()
        }
        None if before.is_empty() => all,
        None => {
            let text =
                format!("`{}` starts it, and what that adds is not known here", before.join(" "));
            draft.out_of_sight("command", &text);
            all.into_iter().skip(begin).collect()
        }
    }
}

/// Returns the script that a shell at some place gets; `None` when it gets none.
fn script(all: &[String], shell: usize) -> Option<Result<String, String>> {
    let rest = all.get(shell.saturating_add(1)..)?;
    let is_script =
        |word: &String| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c');
    let at = rest.iter().position(is_script)?;
    match rest.get(at.saturating_add(1)..)? {
        [script] => Some(Ok(script.clone())),
        _ => Some(Err("its script has parameters".to_owned())),
    }
}

fn of_script(draft: &mut Draft, words: &[String]) -> Vec<String> {
    let name = |word: &String| word.rsplit('/').next() == Some("external-dns");
    if let Some(at) = words.iter().position(name) {
        return words.iter().skip(at.saturating_add(1)).cloned().collect();
    }
    let text = format!(
        "a shell starts `{}`, and not `external-dns`, so what it is told is not known here",
        words.join(" ")
    );
    draft.out_of_sight("command", &text);
    Vec::new()
}
