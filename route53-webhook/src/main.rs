//! Runs the sidecar: reads the command line, and says on one line why it could not.

use std::io::Write as _;
use std::process::ExitCode;

use route53_webhook::{app, args};

// One thread: a sidecar has one controller to answer, and the memory that listing a big zone takes
// for a moment is then taken from one heap again and again, not from one for each thread.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (args, given) = match args::Args::from_process() {
        Ok(read) => read,
        Err(error) => return error.report(),
    };
    match app::run(args, given).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do about a standard error that cannot be written to.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
