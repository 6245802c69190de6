//! Runs the provider process.

use std::process::ExitCode;

use rfc2136_webhook::app;

fn main() -> ExitCode {
    daemon::run(app::run)
}
