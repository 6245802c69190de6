//! Runs the sidecar.

use std::process::ExitCode;

use route53_webhook::app;

fn main() -> ExitCode {
    daemon::run(app::run)
}
