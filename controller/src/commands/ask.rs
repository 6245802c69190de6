//! Asks a running controller over its admin routes.

use anyhow::{Context as _, bail};
use external_dns_webhook::client::{ClientOptions, Credentials, Transport, redirect_of};
use serde_json::Value;

use crate::args::ControllerArgs;

/// How long an answer may take.
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

/// Returns the answer to a GET.
pub(super) async fn get(
    at: &ControllerArgs,
    path: &str,
    query: &[(&str, &str)],
) -> anyhow::Result<Value> {
    let mut url = url(at, path)?;
    url.query_pairs_mut().extend_pairs(query);
    answer(at, client(at)?.get(url)).await
}

/// Returns the answer to a POST.
pub(super) async fn post(at: &ControllerArgs, path: &str, body: &Value) -> anyhow::Result<Value> {
    let url = url(at, path)?;
    answer(at, client(at)?.post(url).json(body)).await
}

fn client(at: &ControllerArgs) -> anyhow::Result<reqwest::Client> {
    let ControllerArgs {
        controller,
        controller_token_file,
        controller_ca_file,
        controller_cert_file,
        controller_key_file,
    } = at.clone();
    let credentials = Credentials {
        token_file: controller_token_file,
        ca_file: controller_ca_file,
        certificate_file: controller_cert_file,
        key_file: controller_key_file,
    };
    let options = ClientOptions {
        url: controller,
        timeout: TIMEOUT,
        credentials,
        ..ClientOptions::default()
    };
    let transport = Transport::new(&options);
    Ok(transport.context("the controller's flags, `--controller…`, cannot be used")?.http())
}

fn url(at: &ControllerArgs, path: &str) -> anyhow::Result<reqwest::Url> {
    let base = at.controller.trim_end_matches('/');
    reqwest::Url::parse(&format!("{base}{path}")).with_context(|| {
        format!("`--controller={base}` is not a URL such as `http://localhost:7979`")
    })
}

async fn answer(at: &ControllerArgs, request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
    let answer = request.send().await.with_context(|| {
        format!(
            "no controller answers at {}; start one, forward its port 7979, or use `--controller`",
            at.controller
        )
    })?;
    let status = answer.status();
    if let Some(to) = redirect_of(answer.url(), status, answer.headers()) {
        bail!(
            "`--controller={}` redirects to `{to}`, and redirects are not followed",
            at.controller
        );
    }
    let body: Value = answer.json().await.context("the controller's answer makes no sense")?;
    if !status.is_success() {
        let error = body.get("error").and_then(Value::as_str).unwrap_or("it did not say why");
        bail!("the controller refused: {error}");
    }
    Ok(body)
}
