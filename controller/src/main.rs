//! The `signpost` program: reads its arguments, does what they ask, says what went wrong.

use std::io::Write as _;
use std::process::ExitCode;

use controller::args::{self, Command, OwnershipAction, Parsed};
use controller::{commands, telemetry};

/// Status of every failure, usage included; 2 is what `plan` says when there are changes.
const FAILURE: u8 = 1;

fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "this is the edge where configuration is read")]
    let lookup = |name: &str| std::env::var(name).ok();
    let words = std::env::args_os().skip(1).map(|it| it.to_string_lossy().into_owned()).collect();
    match args::parse(words, &lookup) {
        Parsed::Print(text) => {
            // A closed pipe is no failure of ours.
            let _ = write!(std::io::stdout().lock(), "{text}");
            ExitCode::SUCCESS
        }
        Parsed::Usage(text) => {
            complain(&format!("{text}\n\nTry `signpost --help`."));
            ExitCode::from(FAILURE)
        }
        Parsed::Run(cli, warnings) => run(cli.command, &warnings),
    }
}

fn run(command: Command, warnings: &[String]) -> ExitCode {
    let log = match &command {
        Command::Run(args) => args.log,
        Command::Endpoints(args) => args.log,
        Command::Plan(args) => args.log,
        Command::Check(args) => args.log,
        Command::Explain(args) => args.plan.log,
        Command::Release(args) => args.log,
        Command::Undo(args) => args.log,
        Command::Ownership(args) => match &args.action {
            OwnershipAction::Audit(args) => args.log,
            OwnershipAction::Release(args) => args.log,
        },
    };
    telemetry::start(log);
    for warning in warnings {
        tracing::warn!(flag = warning.as_str(), "A flag has no effect");
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("cannot start: {error}"));
            return ExitCode::from(FAILURE);
        }
    };
    let done = runtime.block_on(async {
        match command {
            Command::Run(args) => commands::run::run(*args).await,
            Command::Endpoints(args) => commands::endpoints::run(*args).await,
            Command::Plan(args) => commands::plan::run(*args).await,
            Command::Check(args) => commands::check::run(*args).await,
            Command::Explain(args) => commands::explain::run(*args).await,
            Command::Release(args) => commands::release::run(args).await,
            Command::Undo(args) => commands::undo::run(*args).await,
            Command::Ownership(args) => commands::ownership::run(args).await,
        }
    });
    // Reading standard input for manifests cannot be interrupted, so it is not waited for.
    runtime.shutdown_background();
    match done {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::from(FAILURE)
        }
    }
}

/// Says on standard error what went wrong; the chain of causes stands in one line.
fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "signpost: {text}");
}
