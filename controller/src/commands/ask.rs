//! Asks a running controller over its admin routes.
//!
//! What answers at `--controller` may be anything. An answer has a bound in bytes, in what it holds for its
//! length, and in rows, and so have all pages of one list together.

use anyhow::{Context as _, anyhow, bail};
use external_dns_webhook::client::{
    ClientOptions, Credentials, Transport, cause_of, doubt_of, redirect_of, shown_url,
};
use external_dns_webhook::wire;
use serde_json::Value;

use crate::args::ControllerArgs;

/// How long an answer may take.
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

/// The most bytes of an answer: a page of 1,000 rows has half of one million.
const MOST_BYTES: usize = 32 << 20;

/// The most bytes of all pages of a list: one of a million rows has as many.
const MOST_BYTES_IN_ALL: usize = 512 << 20;

/// The most rows of all pages of a list.
const MOST_ROWS: usize = 1_000_000;

/// How many rows are asked for at once.
const PAGE: usize = 1_000;

/// What to do about too much.
const WHAT_TO_DO: &str = "check that `--controller` is a controller's, or ask for less: with a name, `--namespace` or `--reason`";

/// Returns all rows that a controller tells for `query`, and the rest of the first answer.
pub(super) async fn rows(
    at: &ControllerArgs,
    path: &str,
    query: &[(&str, &str)],
) -> anyhow::Result<(Vec<Value>, Value)> {
    let (http, limit, mut left) = (client(at)?, PAGE.to_string(), MOST_BYTES_IN_ALL);
    let (mut rows, mut first) = (Vec::new(), None);
    loop {
        let offset = rows.len().to_string();
        let page = [("limit", limit.as_str()), ("offset", offset.as_str())];
        let query = [&page, query].concat();
        let mut url = url(at, path)?;
        url.query_pairs_mut().extend_pairs(query);
        let mut answer = answer(at, http.get(url), &mut left).await?;
        let page = answer.get_mut("records").map(Value::take).unwrap_or_default();
        let Value::Array(page) = page else {
            bail!("the controller's answer has no list `records`")
        };
        if page.len() > PAGE {
            bail!(
                "the controller's answer has {} rows, and {PAGE} were asked for; {WHAT_TO_DO}",
                page.len()
            );
        }
        let next = answer.get("nextOffset").map(Value::as_u64);
        let is_whole = page.len() == PAGE;
        rows.extend(page);
        let is_last = next.is_none();
        if next.is_some_and(|next| !is_whole || next != u64::try_from(rows.len()).ok()) {
            bail!("the controller's pages do not follow each other; {WHAT_TO_DO}");
        }
        if rows.len() > MOST_ROWS {
            bail!("the controller's answers have more than {MOST_ROWS} rows; {WHAT_TO_DO}");
        }
        let first = first.get_or_insert(answer);
        if is_last {
            return Ok((rows, first.take()));
        }
    }
}

/// Returns the answer to a GET.
pub(super) async fn get(
    at: &ControllerArgs,
    path: &str,
    query: &[(&str, &str)],
) -> anyhow::Result<Value> {
    let mut url = url(at, path)?;
    url.query_pairs_mut().extend_pairs(query);
    answer(at, client(at)?.get(url), &mut MOST_BYTES.clone()).await
}

/// Returns the answer to a POST.
pub(super) async fn post(at: &ControllerArgs, path: &str, body: &Value) -> anyhow::Result<Value> {
    let url = url(at, path)?;
    answer(at, client(at)?.post(url).json(body), &mut MOST_BYTES.clone()).await
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
        format!("`--controller={}` is not a URL such as `http://localhost:7979`", shown_url(base))
    })
}

/// Returns an answer of at most [`MOST_BYTES`], and of at most as many as are `left`, of which it is taken.
async fn answer(
    at: &ControllerArgs,
    request: reqwest::RequestBuilder,
    left: &mut usize,
) -> anyhow::Result<Value> {
    let answer = request.send().await.map_err(|error| {
        let cause = cause_of(&error.without_url());
        let next = doubt_of(&cause).unwrap_or(
            "start one, forward its port (`kubectl port-forward deploy/signpost 7979`), or say where it \
             is with `--controller`",
        );
        anyhow!("no controller answers at {}: {cause}; {next}", shown_url(&at.controller))
    })?;
    let status = answer.status();
    if let Some(to) = redirect_of(answer.url(), status, answer.headers()) {
        bail!(
            "`--controller={}` redirects to `{to}`, and redirects are not followed",
            shown_url(&at.controller)
        );
    }
    let body = read(answer, MOST_BYTES.min(*left)).await?;
    *left -= body.len();
    let body: Value = wire::decode_extension(&body).map_err(|error| match error {
        wire::DecodeError::TooMuch(_) => anyhow::Error::new(error)
            .context(format!("the controller's answer is refused; {WHAT_TO_DO}")),
        error => anyhow::Error::new(error).context("the controller's answer makes no sense"),
    })?;
    if !status.is_success() {
        let error = body.get("error").and_then(Value::as_str).unwrap_or("it did not say why");
        bail!("the controller refused: {error}");
    }
    Ok(body)
}

/// Reads an answer whole.
async fn read(mut answer: reqwest::Response, most: usize) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let piece = answer.chunk().await.map_err(reqwest::Error::without_url);
        let piece = piece.context("the controller's answer ends too early")?;
        let Some(piece) = piece else { return Ok(body) };
        if body.len() + piece.len() > most {
            bail!(
                "the controller's answer is refused: it has more than {most} bytes; {WHAT_TO_DO}"
            );
        }
        body.extend_from_slice(&piece);
    }
}

#[cfg(test)]
mod tests;
