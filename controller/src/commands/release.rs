//! `signpost release`: lets deletions go that the deletion guard holds.

use std::process::ExitCode;

use serde_json::json;

use super::{ask, print};
use crate::args::ReleaseArgs;

/// Tells the running controller to make exactly the deletions that the hash stands for.
///
/// # Errors
///
/// Returns an error when no controller answers, or other deletions are held than those.
pub async fn run(args: ReleaseArgs) -> anyhow::Result<ExitCode> {
    let ReleaseArgs { hash, controller, log: _ } = args;
    let body = json!({ "hash": hash });
    ask::post(&controller, "/v1/approve", &body).await?;
    print::text("Released: the next pass makes these deletions, and it starts now.\n")?;
    Ok(ExitCode::SUCCESS)
}
