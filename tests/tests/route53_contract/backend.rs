//! Starts the three back ends, each on a port of its own and with nothing in it.

use std::{path::Path, time::Duration};

use anyhow::Context;
use aws_sdk_route53::{
    Client,
    config::{BehaviorVersion, Config, Credentials, Region, retry::RetryConfig},
};
use e2e::{
    child::{Child, free_port},
    outside::installed,
};
use tempfile::TempDir;

/// How long a Python program may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A stand-in from the Python package index.
pub(crate) struct Outside {
    /// The real SDK, pointed at it.
    pub(crate) client: Client,
    // In this order: the program ends before its folder goes.
    _program: Child,
    _folder: TempDir,
}

/// Starts moto's server, or returns `None` on a machine without it.
pub(crate) async fn moto() -> anyhow::Result<Option<Outside>> {
    let Some(program) = installed("SIGNPOST_MOTO_SERVER", "the contract suite against moto") else {
        return Ok(None);
    };
    let start = async |port: &str| {
        let arguments = ["-H", "127.0.0.1", "-p", port];
        start(&program, &arguments, &[], port, "/moto-api/").await
    };
    on_some_port(start).await.map(Some)
}

/// Starts ministack, or returns `None` on a machine without it.
pub(crate) async fn ministack() -> anyhow::Result<Option<Outside>> {
    let Some(program) = installed("SIGNPOST_MINISTACK", "the contract suite against ministack")
    else {
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
    start: impl AsyncFn(&str) -> anyhow::Result<Outside>,
) -> anyhow::Result<Outside> {
    if let Ok(outside) = start(&free_port()?.to_string()).await {
        return Ok(outside);
    }
    start(&free_port()?.to_string()).await
}

async fn start(
    program: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
    port: &str,
    health: &str,
) -> anyhow::Result<Outside> {
    let folder = tempfile::tempdir().context("failed to make a temporary folder")?;
    let log = folder.path().join("log");
    let mut child = Child::start(program, arguments, variables, log)?;
    let endpoint = format!("http://127.0.0.1:{port}");
    let question = format!("{endpoint}{health}");
    child
        .until_ready(PATIENCE, || async {
            matches!(reqwest::get(&question).await, Ok(answer) if answer.status().is_success())
        })
        .await?;
    Ok(Outside { client: client(&endpoint), _program: child, _folder: folder })
}

/// Returns the real SDK, pointed at `endpoint`, that asks once and does not retry.
pub(crate) fn client(endpoint: &str) -> Client {
    let credentials = Credentials::new("contract", "not-a-secret", None, None, "contract suite");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}
