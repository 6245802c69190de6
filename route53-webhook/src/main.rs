//! Runs the sidecar: reads the command line, and says on one line why it could not.

use std::io::Write as _;
use std::process::ExitCode;

use route53_webhook::{app, args};

fn main() -> ExitCode {
    let (args, values) = match args::Args::from_process() {
        Ok(read) => read,
        Err(error) => return error.report(),
    };
    // One thread: a sidecar has one controller to answer, and the memory that listing a big zone
    // takes for a moment is then taken from one heap again and again, not from one for each thread.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(app::run(args, values));
            // Looking up a name cannot be stopped, and must not keep us.
            runtime.shutdown_background();
            result
        }
        Err(error) => Err(anyhow::Error::new(error).context("the runtime cannot be started")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do about a standard error that cannot be written to.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
