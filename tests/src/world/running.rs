//! The programs of the product, each running: two emulators, the sidecars and the controller.
//!
//! Each is a process of its own, wired as in production: controller → HTTP → sidecar → AWS SDK →
//! a Route 53 API on a socket.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use external_dns_webhook::client::{self, Client};
use external_dns_webhook::{Endpoint, Provider};
use serde_json::Value;

use crate::process::{Process, Program};
use crate::programs;

/// A running Route 53 API.
#[derive(Debug)]
pub struct Route53 {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// Where it answers DNS.
    pub dns: SocketAddr,
    process: Process,
}

/// A running name server that takes DNS UPDATE.
#[derive(Debug)]
pub struct NameServer {
    /// Where it answers DNS, and takes updates.
    pub dns: SocketAddr,
    process: Process,
}

/// A running sidecar.
#[derive(Debug)]
pub struct Sidecar {
    /// Where the provider API is: `http://127.0.0.1:PORT`.
    pub url: String,
    /// Where health and metrics are: `http://127.0.0.1:PORT`.
    pub admin: String,
    /// The process.
    pub process: Process,
}

/// A running controller.
#[derive(Debug)]
pub struct Controller {
    /// Where health, metrics and the plan are: `http://127.0.0.1:PORT`.
    pub admin: String,
    /// The process.
    pub process: Process,
}

impl Route53 {
    /// Starts a Route 53 API with a zone; `state` is a file that it keeps its records in.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn start(zone: &str, state: Option<&Path>, log: Option<PathBuf>) -> anyhow::Result<Self> {
        let mut program = Program::new(programs::ROUTE53).args([
            "--listen",
            "127.0.0.1:0",
            "--dns",
            "127.0.0.1:0",
            "--zone",
            zone,
        ]);
        if let Some(state) = state {
            program = program.args(["--state".to_owned(), state.display().to_string()]);
        }
        let mut process = logging(program, log).start()?;
        let announced = process.announced()?;
        let address = |key: &str| {
            announced.get(key).and_then(Value::as_str).with_context(|| format!("no {key}"))
        };
        let url = format!("http://{}", address("listen")?);
        let dns = address("dns")?.parse()?;
        Ok(Self { url, dns, process })
    }

    /// Returns everything it holds, in a form that is equal exactly when the zones are.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub async fn state(&self) -> anyhow::Result<Value> {
        json(&format!("{}/_emulator/state", self.url)).await
    }

    /// Returns the calls of one operation, oldest first.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub async fn calls(&self, operation: &str) -> anyhow::Result<Vec<Value>> {
        let url = format!("{}/_emulator/calls?operation={operation}", self.url);
        let answer = json(&url).await?;
        Ok(answer.get("calls").and_then(Value::as_array).cloned().unwrap_or_default())
    }

    /// Adds faults, in the syntax of its command line.
    ///
    /// # Errors
    ///
    /// When it does not know one of them.
    pub async fn fail(&self, faults: &[&str]) -> anyhow::Result<()> {
        let url = format!("{}/_emulator/faults", self.url);
        let body = serde_json::json!({ "faults": faults });
        post(&url, &body).await
    }

    /// Ends all faults.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub async fn repair(&self) -> anyhow::Result<()> {
        reqwest::Client::new()
            .delete(format!("{}/_emulator/faults", self.url))
            .send()
            .await?
            .error_for_status()?;
        Ok(())
    }

    /// Puts records into a zone, as another client would.
    ///
    /// # Errors
    ///
    /// When it refuses them.
    pub async fn put(&self, zone: &str, records: &Value) -> anyhow::Result<()> {
        let url = format!("{}/_emulator/zones", self.url);
        post(&url, &serde_json::json!({ "name": zone, "records": records })).await
    }

    /// Returns the process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}

impl NameServer {
    /// The name of the key that may read and write.
    const KEY: &str = "demo";
    /// Its secret: nothing that is served is anybody's.
    const SECRET: &str = "bm90aGluZyB0aGF0IG5lZWRzIHRvIGJlIGtlcHQ=";

    /// Starts a name server with a zone; `state` is a file that it keeps its records in.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn start(zone: &str, state: &Path, log: Option<PathBuf>) -> anyhow::Result<Self> {
        let (key, secret) = (Self::KEY, Self::SECRET);
        let program = Program::new(programs::NAME_SERVER).args([
            "--listen=127.0.0.1:0".to_owned(),
            format!("--zone={zone}"),
            format!("--key={key}:{secret}"),
            format!("--state={}", state.display()),
        ]);
        let mut process = logging(program, log).start()?;
        let announced = process.announced()?;
        let dns = announced.get("dns").and_then(Value::as_str).context("no dns")?.parse()?;
        Ok(Self { dns, process })
    }

    /// Starts the provider for name servers on it.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn provider(&self, zone: &str, log: Option<PathBuf>) -> anyhow::Result<Sidecar> {
        let program = Program::new(programs::NAME_SERVERS)
            .args(["--listen", "127.0.0.1:0", "--metrics-address", "127.0.0.1:0", "--announce"])
            .args([format!("--rfc2136-host={}", self.dns), format!("--rfc2136-zone={zone}")])
            .env("EXTERNAL_DNS_RFC2136_TSIG_KEYNAME", Self::KEY)
            .env("EXTERNAL_DNS_RFC2136_TSIG_SECRET", Self::SECRET);
        Sidecar::run(&logging(program, log))
    }

    /// Returns the process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}

impl Sidecar {
    /// Starts the sidecar on a Route 53 API.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn start(
        route53: &Route53,
        arguments: &[&str],
        log: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        Self::listening(route53, "127.0.0.1:0", arguments, log)
    }

    /// Starts the sidecar at an address, such as that of one that was killed.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn listening(
        route53: &Route53,
        listen: &str,
        arguments: &[&str],
        log: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        let program = Self::program(&route53.url, listen, arguments)
            .env("AWS_ACCESS_KEY_ID", "demo")
            .env("AWS_SECRET_ACCESS_KEY", "demo");
        Self::run(&logging(program, log))
    }

    /// Returns the sidecar's program for an AWS at `url`, without credentials.
    pub fn program(url: &str, listen: &str, arguments: &[&str]) -> Program {
        Program::new(programs::SIDECAR)
            .args(["--listen", listen, "--metrics-address", "127.0.0.1:0", "--announce"])
            .args(arguments.iter().copied())
            .env("AWS_ENDPOINT_URL", url)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_REGION", "us-east-1")
    }

    /// Starts the sidecar as `program` says.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn run(program: &Program) -> anyhow::Result<Self> {
        let mut process = program.start()?;
        let announced = process.announced()?;
        let url = |key: &str| {
            let address = announced.get(key).and_then(Value::as_str);
            address.map(|address| format!("http://{address}")).with_context(|| format!("no {key}"))
        };
        Ok(Self { url: url("listen")?, admin: url("metrics")?, process })
    }

    /// Returns what the provider API lists.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub async fn records(&self) -> anyhow::Result<Vec<Endpoint>> {
        let client = Client::new(&client::ClientOptions {
            url: self.url.clone(),
            ..client::ClientOptions::default()
        })?;
        Ok(client.records().await?)
    }

    /// Returns `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }
}

impl Controller {
    /// Returns the controller's program, with the flags that every start has: `--policy=sync`, too,
    /// unless the arguments or a file that they name say which.
    pub fn program(sidecar_url: &str, arguments: &[&str]) -> Program {
        let is_said = |word: &&str| word.starts_with("--policy") || word.starts_with("--config");
        let policy = (!arguments.iter().any(is_said)).then_some("--policy=sync");
        Program::new(programs::SIGNPOST)
            .args([
                "run".to_owned(),
                format!("--webhook-provider-url={sidecar_url}"),
                "--metrics-address=127.0.0.1:0".to_owned(),
                "--announce".to_owned(),
            ])
            .args(policy)
            .args(arguments.iter().copied())
    }

    /// Starts the controller.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn start(
        sidecar_url: &str,
        arguments: &[&str],
        log: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        Self::announced(logging(Self::program(sidecar_url, arguments), log).start()?)
    }

    /// Returns the controller that runs as `process`, when it has said where it listens.
    ///
    /// # Errors
    ///
    /// When it does not say so.
    pub fn announced(mut process: Process) -> anyhow::Result<Self> {
        let announced = process.announced()?;
        let address = announced.get("metrics").and_then(Value::as_str).context("no metrics")?;
        Ok(Self { admin: format!("http://{address}"), process })
    }

    /// Returns whether it is ready, and what it says about that.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub async fn ready(&self) -> anyhow::Result<(bool, String)> {
        let answer = reqwest::get(format!("{}/readyz?verbose", self.admin)).await?;
        Ok((answer.status().is_success(), answer.text().await?))
    }

    /// Returns the address of a path of its pages, probes and metrics.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.admin)
    }

    /// Returns its answer to `GET` of a path, whatever its status.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub async fn get(&self, path: &str) -> anyhow::Result<reqwest::Response> {
        Ok(reqwest::get(self.url(path)).await?)
    }
}

fn logging(program: Program, log: Option<PathBuf>) -> Program {
    match log {
        Some(file) => program.log_to(file),
        None => program,
    }
}

async fn json(url: &str) -> anyhow::Result<Value> {
    Ok(reqwest::get(url).await?.error_for_status()?.json().await?)
}

async fn post(url: &str, body: &Value) -> anyhow::Result<()> {
    let answer = reqwest::Client::new().post(url).json(body).send().await?;
    if !answer.status().is_success() {
        anyhow::bail!("{url} answered: {}", answer.text().await?);
    }
    Ok(())
}
