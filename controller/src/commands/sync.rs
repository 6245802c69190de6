//! `signpost sync`: has the running controller look at everything now.

use std::process::ExitCode;

use serde_json::json;

use super::{ask, print};
use crate::args::SyncArgs;

/// Asks the running controller for a full sync.
///
/// # Errors
///
/// Returns an error when no controller answers, or the one that does stands by.
pub async fn run(args: SyncArgs) -> anyhow::Result<ExitCode> {
    let SyncArgs { controller, log: _ } = args;
    ask::post(&controller, "/v1/sync", &json!({})).await?;
    print::text("Asked for: a full sync starts now; `signpost status` shows what it finds.\n")?;
    Ok(ExitCode::SUCCESS)
}
