//! The two Route 53 stand-ins that others wrote, each on a port of its own and with nothing in it.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use tempfile::TempDir;

use crate::child::{Child, free_port};
use crate::outside::installed;

/// How long a Python program may take to start on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);

/// A stand-in from the Python package index.
#[derive(Debug)]
pub struct StandIn {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    // In this order: the program ends before its folder goes.
    _program: Child,
    _folder: TempDir,
}

/// Starts moto's server, or returns `None` on a machine without it; `what` is left out then.
///
/// # Errors
///
/// When it does not start.
pub async fn moto(what: &str) -> anyhow::Result<Option<StandIn>> {
    let Some(program) = installed("SIGNPOST_MOTO_SERVER", what) else {
        return Ok(None);
    };
    let start = async |port: &str| {
        let arguments = ["-H", "127.0.0.1", "-p", port];
        start(&program, &arguments, &[], port, "/moto-api/").await
    };
    on_some_port(start).await.map(Some)
}

/// Starts ministack, or returns `None` on a machine without it; `what` is left out then.
///
/// # Errors
///
/// When it does not start.
pub async fn ministack(what: &str) -> anyhow::Result<Option<StandIn>> {
    let Some(program) = installed("SIGNPOST_MINISTACK", what) else {
        return Ok(None);
    };
    let start = async |port: &str| {
        let variables = [("GATEWAY_PORT", port), ("BIND_HOST", "127.0.0.1")];
        start(&program, &[], &variables, port, "/_ministack/health").await
    };
    on_some_port(start).await.map(Some)
}

/// Tries again with another port, because the first may have been taken in the meantime.
async fn on_some_port(
    start: impl AsyncFn(&str) -> anyhow::Result<StandIn>,
) -> anyhow::Result<StandIn> {
    if let Ok(standin) = start(&free_port()?.to_string()).await {
        return Ok(standin);
    }
    start(&free_port()?.to_string()).await
}

async fn start(
    program: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
    port: &str,
    health: &str,
) -> anyhow::Result<StandIn> {
    let folder = tempfile::tempdir().context("failed to make a temporary folder")?;
    let log = folder.path().join("log");
    let mut child = Child::start(program, arguments, variables, log)?;
    let url = format!("http://127.0.0.1:{port}");
    let question = format!("{url}{health}");
    child
        .until_ready(DEADLINE, || async {
            matches!(reqwest::get(&question).await, Ok(answer) if answer.status().is_success())
        })
        .await?;
    Ok(StandIn { url, _program: child, _folder: folder })
}
