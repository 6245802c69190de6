//! One run of the command of a kubeconfig, by the protocol of [credential plugins].
//!
//! [credential plugins]: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins

use std::io::IsTerminal as _;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daemon::CommandFailure;
use jiff::Timestamp;
use kube::config::{AuthInfo, ExecConfig, ExecInteractiveMode};
use serde::Deserialize;
use tokio::process::Command;

use super::NoToken;

/// What a command gave.
pub(super) struct Given {
    pub(super) token: Option<String>,
    pub(super) identity: Option<Identity>,
    /// When it ends; `None` when it does not say so.
    pub(super) expires: Option<Timestamp>,
}

/// A client's certificate and its key, as PEM.
#[derive(PartialEq, Eq)]
pub(super) struct Identity {
    certificate: String,
    key: String,
}

impl Identity {
    /// Has a client made of `auth` show this.
    pub(super) fn put_into(&self, auth: &mut AuthInfo) {
        auth.client_certificate = None;
        auth.client_key = None;
        auth.client_certificate_data = Some(STANDARD.encode(&self.certificate));
        auth.client_key_data = Some(STANDARD.encode(&self.key).into());
    }
}

/// What a command prints, as far as it matters.
#[derive(Deserialize)]
struct ExecCredential {
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// Runs the command, and returns what it gave; nothing of what it printed is in an error.
pub(super) async fn run(exec: &ExecConfig, most: Duration) -> Result<Given, NoToken> {
    let name = || exec.command.clone().unwrap_or_default();
    let (command, is_asking) = command(exec);
    let (status, printed) = match daemon::run_bounded(command, !is_asking, most).await {
        Err(CommandFailure::Silent(waited)) => {
            return Err(NoToken::Silent { command: name(), waited });
        }
        Err(CommandFailure::NotRun(error)) => {
            return Err(NoToken::NotRun { command: name(), why: daemon::chain(&error) });
        }
        Ok(done) => done,
    };
    if !status.success() {
        return Err(NoToken::Failed { command: name(), status });
    }
    given(&printed).ok_or_else(|| NoToken::nothing(exec))
}

/// Returns the command, and whether it may ask the person who is there.
fn command(exec: &ExecConfig) -> (Command, bool) {
    let is_asking =
        exec.interactive_mode != Some(ExecInteractiveMode::Never) && std::io::stdin().is_terminal();
    let mut spec = serde_json::json!({ "interactive": is_asking });
    if exec.provide_cluster_info
        && let (Some(spec), Some(cluster)) = (spec.as_object_mut(), &exec.cluster)
        && let Ok(cluster) = serde_json::to_value(cluster)
    {
        let _ = spec.insert("cluster".to_owned(), cluster);
    }
    let info = serde_json::json!({
        "apiVersion": exec.api_version, "kind": "ExecCredential", "spec": spec,
    });
    let mut command = Command::new(exec.command.as_deref().unwrap_or_default());
    command.args(exec.args.iter().flatten());
    for variable in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
            command.env(name, value);
        }
    }
    command.env("KUBERNETES_EXEC_INFO", info.to_string());
    // What it complains of is for the person; its token it prints to standard output.
    command.stdin(if is_asking { Stdio::inherit() } else { Stdio::null() });
    command.stderr(Stdio::inherit());
    (command, is_asking)
}

/// Returns what is in an `ExecCredential`; `None` when there is none, or no credential in it.
fn given(printed: &[u8]) -> Option<Given> {
    let text = std::str::from_utf8(printed).ok()?;
    let status = serde_saphyr::from_str::<ExecCredential>(text).ok()?.status?;
    let Status { expiration_timestamp, token, client_certificate_data, client_key_data } = status;
    let expires = match expiration_timestamp {
        // So far away that it is no end: the last year that is told with four digits.
        Some(text) if text.starts_with("9999-") => None,
        Some(text) => Some(text.parse().ok()?),
        None => None,
    };
    let identity = match (client_certificate_data, client_key_data) {
        (Some(certificate), Some(key)) => Some(Identity { certificate, key }),
        _ => None,
    };
    let token = token.filter(|token| !token.is_empty());
    (token.is_some() || identity.is_some()).then_some(Given { token, identity, expires })
}
