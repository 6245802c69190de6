//! From the words of a command line to [`Cli`], or to an answer that says what is wrong.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use clap::{CommandFactory, FromArgMatches};
use controller_core::status::Verb;
use daemon::{Complaints, EmptyVariables, FlagValues, Grammar, SetBy};

use super::complaints;
use super::environment::{self, is_given};
use super::{Cli, Command, NoPolicy, PolicyNeed, RegistryName, RunArgs};
use super::{open, plugin, pod, unsupported};

/// What became of a command line.
#[derive(Debug)]
pub enum Parsed {
    /// It can be done; the warnings are worth a line in the log.
    Run(Box<Cli>, Vec<String>, FlagValues),
    /// Help or the version was asked for.
    Print(String),
    /// It cannot be done: what is wrong and what to write instead.
    Usage(String),
}

/// What is read besides the command line.
pub struct Environment<'a> {
    /// Finds a variable.
    pub lookup: &'a dyn Fn(&str) -> Option<String>,
    /// Reads a file.
    pub read: &'a dyn Fn(&Path) -> std::io::Result<String>,
    /// Adds what is wrong with values that each make sense to the grammar.
    pub rules: Rules<'a>,
}

/// Adds what is wrong with a command, and with the flags of `run` that were given to it if it is `run` or
/// says what that would do.
pub type Rules<'a> = &'a dyn Fn(&Command, Option<&RunArgs>, &mut Complaints);

/// Says that nothing is wrong: for who only asks what the grammar makes of words.
pub fn no_rules(_: &Command, _: Option<&RunArgs>, _: &mut Complaints) {}

/// The commands that there are, in the order of the help.
fn commands() -> &'static [String] {
    static COMMANDS: LazyLock<Vec<String>> = LazyLock::new(|| {
        Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
    });
    &COMMANDS
}

/// The command that reads the arguments of another program.
const CONVERT: &str = "convert";

/// Tells whether words, without the program's name, ask for `run`, which serves until it is told to
/// end.
pub fn is_run(arguments: &[String]) -> bool {
    // The way ExternalDNS is called: flags only.
    arguments.first().is_none_or(|word| word == "run" || word.starts_with('-'))
}

/// What a person types to run us.
const PROGRAM: &str = "signpost";

/// How kubectl finds us as its command `signpost`: by the name of the file.
const PLUGIN: &str = "kubectl-signpost";

/// Returns what a person types to run the program that was started as `path`.
pub fn called(path: &Path) -> &'static str {
    match path.file_stem().and_then(|name| name.to_str()) {
        Some(PLUGIN) => "kubectl signpost",
        _ => PROGRAM,
    }
}

/// Reads `arguments` (without the program's name), variables, and the file that they name.
pub fn parse(arguments: Vec<String>, environment: &Environment<'_>) -> Parsed {
    parse_as(PROGRAM, arguments, environment)
}

/// Reads the same for a program that is run as [`called`]: its help says so.
pub fn parse_as(
    called: &'static str,
    arguments: Vec<String>,
    environment: &Environment<'_>,
) -> Parsed {
    let mut words = command_first(asked_in_words(arguments));
    let asks = |word: &String| ["--help", "-h", "--version", "-V"].contains(&word.as_str());
    match words.first() {
        Some(word) if commands().contains(word) || (words.len() == 1 && asks(word)) => {}
        Some(word) if !word.starts_with('-') => {
            return Parsed::Usage(no_command(word));
        }
        // The way ExternalDNS is called: flags only.
        _ => words.insert(0, "run".to_owned()),
    }
    let cli = plugin::as_called(Cli::command().bin_name(called), PROGRAM, called);
    let mut cli = pod::with_what_only_runs(cli);
    let finish = |cli, command: &_, words, warnings, complaints, empty| {
        let reading = Reading { cli, words, warnings, complaints, empty, rules: environment.rules };
        reading.finish(command)
    };
    let none = EmptyVariables::default();
    let Some(name) = words.first().filter(|word| commands().contains(word)).cloned() else {
        return finish(cli.clone(), &cli, words, Vec::new(), Complaints::default(), none);
    };
    cli.build();
    let (Some(mut command), Some(run)) =
        (cli.find_subcommand(&name).cloned(), cli.find_subcommand("run").cloned())
    else {
        return Parsed::Usage(format!("`{name}` is not a command"));
    };
    // A command of commands, such as `ownership audit`: the flags are those of the inner one.
    if let Some(inner) = words.get(1).and_then(|word| command.find_subcommand(word)) {
        command = inner.clone();
    }
    let words = pod::without_run(&command, words);
    let words: Vec<String> =
        words.into_iter().map(|word| daemon::positive(&command, &word).unwrap_or(word)).collect();

    if name == CONVERT {
        // What another program is started with is its own.
        return finish(cli, &command, words, Vec::new(), Complaints::default(), none);
    }

    let mut complaints = Complaints::default();
    let mut taken = unsupported::take(words);
    unsupported::take_variables(environment.lookup, &mut taken);
    let unsupported::Taken { mut words, refusals, mut warnings, perhaps } = taken;
    complaints.extend(refusals);
    complaints.perhaps_values(perhaps.into_iter().map(Into::into));
    let lookup = environment.lookup;
    let mut empty = EmptyVariables::default();
    let (more, set_by) = environment::arguments(&command, &run, &words, lookup, &mut empty);
    words.extend(more);
    complaints.extend(empty.wrong.iter().cloned());
    complaints.set_by(set_by);
    if let Some(path) = config(&words) {
        let place = format!("the file {}", path.display());
        let read = (environment.read)(&path).map_err(|error| error.to_string());
        let added = read.and_then(|text| {
            let settings = daemon::settings(&text)?;
            added_by_file(&command, &run, &words, &settings)
        });
        // Of what the command line and the variables do not set.
        if let Ok(added) = &added {
            let flag =
                |word: &String| word.strip_prefix("--")?.split('=').next().map(str::to_owned);
            let set = added.iter().filter_map(flag);
            complaints.set_by(set.map(|flag| SetBy { flag, place: place.clone() }));
        }
        let added = match added {
            Ok(added) => added,
            Err(error) => {
                complaints.unread(format!("`--config={}`: {error}", path.display()));
                Vec::new()
            }
        };
        let taken = unsupported::take(added);
        words.extend(taken.words);
        complaints.extend(taken.refusals);
        warnings.extend(taken.warnings);
    }
    finish(cli, &command, words, warnings, complaints, empty)
}

/// Says that a word is no command, and which there are.
fn no_command(word: &str) -> String {
    let meant = external_dns_webhook::nearest(word, commands().iter().map(String::as_str));
    let meant = meant.map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default();
    let all: Vec<_> = commands().iter().map(|command| format!("`{command}`")).collect();
    format!("`{word}` is not a command; the commands are {}{meant}", all.join(", "))
}

/// Returns the words that the file adds to those of the command line and the variables.
///
/// A key of `run` that another command does not have is left out, so one file serves all.
fn added_by_file(
    command: &clap::Command,
    run: &clap::Command,
    words: &[String],
    settings: &[daemon::Setting],
) -> Result<Vec<String>, String> {
    let mut added = Vec::new();
    for setting in settings {
        match setting.argument(command)? {
            Some(argument) if is_given(argument, &setting.flag, words) => {}
            Some(argument) if !environment::is_config(argument, run) => {}
            Some(argument) => match daemon::empty_setting(argument, setting) {
                Some(wrong) => return Err(wrong),
                None => added.extend(setting.words()),
            },
            None if setting.argument(run)?.is_some() => {}
            None => added.push(setting.unknown()),
        }
    }
    Ok(added)
}

/// Returns the file that `--config` names.
fn config(words: &[String]) -> Option<PathBuf> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--config" {
            return words.next().map(PathBuf::from);
        }
        if let Some(path) = word.strip_prefix("--config=") {
            return Some(PathBuf::from(path));
        }
    }
    None
}

/// A command line that is about to be read.
struct Reading<'a> {
    cli: clap::Command,
    words: Vec<String>,
    warnings: Vec<String>,
    complaints: Complaints,
    empty: EmptyVariables,
    rules: Rules<'a>,
}

impl Reading<'_> {
    /// Reads the words; `command` is the innermost one that they name.
    fn finish(self, command: &clap::Command) -> Parsed {
        let Self { cli, words, mut warnings, mut complaints, empty, rules } = self;
        let told =
            |command: &clap::Command, error: &clap::Error| complaints::told(&cli, command, error);
        let mut grammar = Grammar { program: cli.clone(), command, told: &told };
        if command.get_name() != CONVERT {
            open::check(&words, &mut complaints);
        }
        let mut words: Vec<_> =
            std::iter::once(PROGRAM.to_owned()).chain(words).map(Into::into).collect();
        let matches = match complaints.read(&mut grammar, &mut words) {
            Ok(matches) => matches,
            Err(asked) => return Parsed::Print(asked.to_string()),
        };
        let read = matches.as_ref().map(|matches| (Cli::from_arg_matches(matches), matches));
        let Some((Ok(cli), matches)) = read else {
            return Parsed::Usage(complaints.into_text(&warnings));
        };
        let run = pod::run(&cli.command, matches);
        let needs_policy =
            cli.command.of_run().is_some_and(|of_run| of_run.policy == PolicyNeed::Required);
        if needs_policy && run.as_ref().is_some_and(|run| run.safety.policy.is_none()) {
            complaints.rule(&["policy"], NoPolicy);
        }
        rules(&cli.command, run.as_ref(), &mut complaints);
        if !complaints.is_empty() {
            return Parsed::Usage(complaints.into_text(&warnings));
        }
        warnings.extend(changes_nothing(&cli.command));
        let values = FlagValues::of(matches, command).with_empty(empty);
        warnings.extend(values.blank_guards());
        Parsed::Run(Box::new(cli), warnings, values)
    }
}

/// Returns what to know of a policy that cannot be followed: without ownership nobody's records stay.
fn changes_nothing(command: &Command) -> Option<String> {
    let Command::Run(args) = command else { return None };
    let policy = args.safety.policy?;
    let changes =
        [Verb::Update, Verb::Replace, Verb::Delete].into_iter().any(|verb| policy.allows(verb));
    let keeps_none = args.ownership.registry == RegistryName::Noop;
    (keeps_none && changes && !args.ownership.allow_unowned_changes).then(|| {
        format!(
            "`--policy={policy}` will only create: with `--registry=noop` nobody knows whose a record is, so \
             nothing will be updated or deleted. Use `--registry=txt`, or add `--allow-unowned-changes` to \
             change whatever has a name that is wanted"
        )
    })
}

/// Returns `words` with the command before the file that every command takes.
fn command_first(mut words: Vec<String>) -> Vec<String> {
    let at = match words.first().map(String::as_str) {
        Some("--config") => 2,
        Some(word) if word.starts_with("--config=") => 1,
        _ => return words,
    };
    if words.get(at).is_some_and(|word| commands().contains(word)) {
        let command = words.remove(at);
        words.insert(0, command);
    }
    words
}

/// Returns `help`, `help COMMAND …` and `version` as the flags that ask for the same.
fn asked_in_words(mut words: Vec<String>) -> Vec<String> {
    match words.first().map(String::as_str) {
        Some("help") => {
            words.remove(0);
            words.push("--help".to_owned());
            words
        }
        Some("version") if words.len() == 1 => vec!["--version".to_owned()],
        _ => words,
    }
}

#[cfg(test)]
mod tests;
