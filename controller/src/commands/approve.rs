//! `signpost approve`: lets deletions go that the deletion guard holds.

use std::process::ExitCode;

use serde_json::json;

use super::{ask, print};
use crate::args::ApproveArgs;

/// Tells the running controller to make exactly the deletions that the hash stands for.
///
/// # Errors
///
/// Returns an error when no controller answers, or other deletions are held than those.
pub async fn run(args: ApproveArgs) -> anyhow::Result<ExitCode> {
    let ApproveArgs { hash, controller, log: _ } = args;
    let body = json!({ "hash": hash });
    ask::post(&controller, "/v1/approve", &body).await?;
    print::text("Approved: the next sync makes these deletions, and it starts now.\n")?;
    Ok(ExitCode::SUCCESS)
}
