//! The `signpost` program: reads its arguments, does what they ask, says what went wrong.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory as _;
use controller::app::{self, FlagReader};
use controller::args::{self, Cli, Command, Environment, OwnershipAction, Parsed, RunArgs};
use controller::{commands, logging};
use daemon::{FlagValues, Log, shortened};
use external_dns_webhook::Printable;

/// Status of every failure, usage included; 2 is what `plan` says when there are changes.
const FAILURE: u8 = 1;

/// Threads that serve and listen, beside the one that makes syncs.
///
/// Neither needs more, and on a node of 64 cores one for each would keep memory for itself.
const WORKERS: usize = 2;

fn main() -> ExitCode {
    allocator::configure(std::env::vars_os().map(|(name, _)| name));
    let words: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    if args::is_run(&words) {
        daemon::catch_signals();
    }
    // Before flags are read: some of them are tried at once.
    if let Err(error) = daemon::check_authorities() {
        complain(&error);
        return ExitCode::from(FAILURE);
    }
    match parse(&words) {
        Parsed::Print(text) => {
            // A closed pipe is no failure of ours.
            let _ = write!(std::io::stdout().lock(), "{text}");
            ExitCode::SUCCESS
        }
        Parsed::Usage(text) => {
            let says_how = text.contains("--help");
            let next = format!("\n\nTry `{} --help`.", called());
            let next = if says_how { "" } else { &next };
            // What is missing may stand in a variable that nothing reads.
            let told = [vec![text], misspelt()].concat().join("\n\n");
            complain(&format!("{told}{next}"));
            ExitCode::from(FAILURE)
        }
        Parsed::Run(cli, mut warnings, values) => {
            if cli.command.of_run().is_some() {
                warnings.extend(misspelt());
            }
            let file = cli.config;
            let flag_reader = |log| {
                let read = Box::new(move || run_args(&words));
                FlagReader { file, values, read, log }
            };
            run(cli.command, &warnings, flag_reader)
        }
    }
}

/// Returns what to know of variables that nothing reads and that look as if they were meant for us.
fn misspelt() -> Vec<String> {
    let cli = Cli::command();
    let Some(run) = cli.find_subcommand("run") else { return Vec::new() };
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    args::misspelt(run, names)
}

/// Returns what a person typed to run us.
fn called() -> &'static str {
    args::called(Path::new(&std::env::args_os().next().unwrap_or_default()))
}

fn parse(words: &[String]) -> Parsed {
    #[expect(clippy::disallowed_methods, reason = "this is the edge where configuration is read")]
    let lookup = |name: &str| std::env::var(name).ok();
    let environment = Environment {
        lookup: &lookup,
        read: &|path| Ok(input_files::read_text(path)?),
        rules: &app::rules,
    };
    args::parse_as(called(), words.to_vec(), &environment)
}

/// Reads the flags of `run` once more.
fn run_args(words: &[String]) -> Result<(RunArgs, FlagValues), String> {
    match parse(words) {
        Parsed::Usage(text) | Parsed::Print(text) => Err(text),
        Parsed::Run(cli, _, values) => match cli.command {
            Command::Run(args) => Ok((*args, values)),
            _ => Err("only `run` reads its flags again".to_owned()),
        },
    }
}

fn run(
    command: Command,
    warnings: &[String],
    flag_reader: impl FnOnce(Log) -> FlagReader,
) -> ExitCode {
    let log = match &command {
        Command::Run(args) => args.log,
        Command::Endpoints(args) => args.log,
        Command::Plan(args) => args.plan.log,
        Command::Check(args) => args.log,
        Command::Explain(args) => args.plan.log,
        Command::Status(args) => args.log,
        Command::History(args) => args.log,
        Command::Completion(args) => args.log,
        Command::Man(args) => args.log,
        Command::Approve(args) => args.log,
        Command::Sync(args) => args.log,
        Command::Rollback(args) => args.log,
        Command::Conformance(args) => args.log,
        Command::Convert(args) => args.log,
        Command::Ownership(args) => match &args.action {
            OwnershipAction::Audit(args) => args.log,
            OwnershipAction::Migrate(args) => args.plan.log,
            OwnershipAction::Adopt(args) => args.plan.log,
            OwnershipAction::Disown(args) => args.log,
        },
    };
    let log = logging::start(log);
    for warning in warnings {
        tracing::warn!(flag = warning.as_str(), "A flag has no effect");
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("cannot start: {error}"));
            return ExitCode::from(FAILURE);
        }
    };
    let done = runtime.block_on(async {
        match command {
            Command::Run(args) => commands::run::run(*args, flag_reader(log)).await,
            Command::Endpoints(args) => commands::endpoints::run(*args).await,
            Command::Plan(args) => commands::plan::run(*args).await,
            Command::Check(args) => commands::check::run(*args).await,
            Command::Explain(args) => Box::pin(commands::explain::run(*args)).await,
            Command::History(args) => Box::pin(commands::history::run(args)).await,
            Command::Completion(args) => commands::shell::completion(&args),
            Command::Man(args) => commands::shell::man(&args),
            Command::Status(args) => commands::status::run(args).await,
            Command::Approve(args) => commands::approve::run(args).await,
            Command::Sync(args) => commands::sync::run(args).await,
            Command::Rollback(args) => commands::rollback::run(*args).await,
            Command::Ownership(args) => commands::ownership::run(args).await,
            Command::Convert(args) => commands::convert::run(&args),
            Command::Conformance(args) => commands::conformance::run(*args).await,
        }
    });
    // Reading standard input for manifests cannot be interrupted, so it is not waited for.
    runtime.shutdown_background();
    match done {
        Ok(code) => code,
        Err(error) => {
            complain(&Printable(daemon::chain(error.as_ref())).to_string());
            ExitCode::from(FAILURE)
        }
    }
}

/// Says on standard error what went wrong, in as many lines as `text` has.
fn complain(text: &str) {
    // What others said, such as an API server, is no longer here than in the log.
    let shown = |line: &str| Printable(&shortened(line)).to_string();
    let text: Vec<_> = text.split('\n').map(shown).collect();
    let _ = writeln!(std::io::stderr().lock(), "signpost: {}", text.join("\n"));
}
