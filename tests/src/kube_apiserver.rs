//! Starts a real kube-apiserver with an etcd of its own, as controller-runtime's envtest does.
//!
//! What makes Kubernetes more than an API is absent: no controller manager, so nothing fills
//! endpoints, finishes the deletion of a namespace or collects garbage, and no scheduler or node.
//! Tests write the status and the slices that those would have written.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use tokio::sync::OnceCell;

use crate::{
    child::{Child, free_port},
    outside::installed,
};

/// The user whom no role is bound to, for tests of what our chart's roles allow.
pub const PLAIN_USER: &str = "signpost";

/// Where the API server makes its certificate and key, under its folder.
const CERTIFICATES: &str = "certificates";

/// Who has which token, under the same folder.
const TOKENS: &str = "tokens.csv";

/// How often a start is tried: each may lose its ports to another process.
const ATTEMPTS: usize = 3;

/// How long etcd or the API server may take to become ready on a busy machine.
const DEADLINE: Duration = Duration::from_mins(2);

/// Who may do what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authorization {
    /// The administrator everything, others what roles grant them, as in every real cluster.
    Rbac,
    /// Everyone everything.
    AlwaysAllow,
}

/// A running API server; dropping it ends it and its etcd and removes their files.
#[derive(Debug)]
pub struct ApiServer {
    /// `https://127.0.0.1:PORT`.
    pub url: String,
    /// The bearer token of an administrator (group `system:masters`).
    pub token: String,
    /// The bearer token of [`PLAIN_USER`].
    pub plain_token: String,
    /// The certificates to trust, a PEM file.
    pub ca: PathBuf,
    /// A kubeconfig for the administrator.
    pub kubeconfig: PathBuf,
    /// A kubeconfig for [`PLAIN_USER`].
    pub plain_kubeconfig: PathBuf,
    // In this order: the API server ends before its etcd, and etcd's end removes the folder.
    _server: Child,
    _etcd: Child,
}

/// Returns the folder with `kube-apiserver` and `etcd`, or `None` on a machine without one.
///
/// It is `KUBEBUILDER_ASSETS`, as for controller-runtime's envtest; `.ci/kube-assets` makes one.
///
/// # Panics
///
/// With `CI=true` and no such folder.
pub fn assets() -> Option<PathBuf> {
    installed("KUBEBUILDER_ASSETS", "against a real kube-apiserver")
}

/// Returns the API server that all tests of one binary share, or `None` where [`assets`] has none.
///
/// It ends with the process. A test keeps to a namespace of its own.
///
/// # Panics
///
/// With `CI=true` and no [`assets`].
///
/// # Errors
///
/// When it cannot be started.
pub async fn shared() -> anyhow::Result<Option<&'static ApiServer>> {
    static SERVER: OnceCell<ApiServer> = OnceCell::const_new();
    let Some(assets) = assets() else { return Ok(None) };
    let server = SERVER.get_or_try_init(|| ApiServer::start(&assets, Authorization::Rbac)).await?;
    Ok(Some(server))
}

impl ApiServer {
    /// Starts etcd and kube-apiserver from `assets` and waits until the latter is ready.
    ///
    /// # Errors
    ///
    /// When one of them ends early or is not ready in time, with what it printed last.
    pub async fn start(assets: &Path, authorization: Authorization) -> anyhow::Result<Self> {
        let mut attempt = 1;
        loop {
            match Self::attempt(assets, authorization).await {
                Err(error) if attempt < ATTEMPTS && lost_its_port(&error) => attempt += 1,
                outcome => return outcome,
            }
        }
    }

    async fn attempt(assets: &Path, authorization: Authorization) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("signpost-kube-")
            .tempdir()
            .context("failed to make a temporary folder")?
            .keep();
        let (etcd, etcd_url) = start_etcd(assets, &folder).await?;

        let (token, plain_token) = ("token-of-admin".to_owned(), "token-of-signpost".to_owned());
        let tokens = folder.join(TOKENS);
        let users = format!(
            "{token},admin,admin,system:masters\n{plain_token},{PLAIN_USER},{PLAIN_USER},\n"
        );
        fs::write(&tokens, users).context("failed to write the token file")?;

        let port = free_port()?;
        let url = format!("https://127.0.0.1:{port}");
        let arguments = server_arguments(&folder, &etcd_url, port, authorization);
        let log = folder.join("kube-apiserver.log");
        let mut server = Child::start(&assets.join("kube-apiserver"), arguments, &[], log)?;
        let ca = folder.join(CERTIFICATES).join("apiserver.crt");
        server.until_ready(DEADLINE, || ready(&url, &ca, &token)).await?;

        let kubeconfig = folder.join("kubeconfig");
        let plain_kubeconfig = folder.join("kubeconfig-plain");
        for (path, token) in [(&kubeconfig, &token), (&plain_kubeconfig, &plain_token)] {
            fs::write(path, render_kubeconfig(&url, &ca, token))
                .with_context(|| format!("failed to write `{}`", path.display()))?;
        }
        Ok(Self {
            url,
            token,
            plain_token,
            ca,
            kubeconfig,
            plain_kubeconfig,
            _server: server,
            _etcd: etcd,
        })
    }
}

async fn start_etcd(assets: &Path, folder: &Path) -> anyhow::Result<(Child, String)> {
    let url = format!("http://127.0.0.1:{}", free_port()?);
    let arguments = [
        "--data-dir".into(),
        folder.join("etcd").into_os_string(),
        "--listen-client-urls".into(),
        url.clone().into(),
        "--advertise-client-urls".into(),
        url.clone().into(),
        "--listen-peer-urls".into(),
        "http://127.0.0.1:0".into(),
        // What a test wrote need not survive a power cut.
        "--unsafe-no-fsync".into(),
    ];
    let mut etcd = Child::start_in(folder.to_owned(), &assets.join("etcd"), arguments, &[])?;
    let health = format!("{url}/health");
    etcd.until_ready(DEADLINE, || async {
        matches!(reqwest::get(&health).await, Ok(answer) if answer.status().is_success())
    })
    .await?;
    Ok((etcd, url))
}

fn server_arguments(
    folder: &Path,
    etcd_url: &str,
    port: u16,
    authorization: Authorization,
) -> Vec<String> {
    let certificates = folder.join(CERTIFICATES);
    // The server makes this key for itself before it reads it as the service accounts' key, which
    // saves us making one.
    let key = certificates.join("apiserver.key");
    let authorization = match authorization {
        Authorization::Rbac => "RBAC",
        Authorization::AlwaysAllow => "AlwaysAllow",
    };
    vec![
        format!("--etcd-servers={etcd_url}"),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--secure-port={port}"),
        format!("--cert-dir={}", certificates.display()),
        format!("--service-account-key-file={}", key.display()),
        format!("--service-account-signing-key-file={}", key.display()),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        "--service-cluster-ip-range=10.96.0.0/12".to_owned(),
        format!("--authorization-mode={authorization}"),
        format!("--token-auth-file={}", folder.join(TOKENS).display()),
        // Pods may be created although no controller makes the namespace's service account.
        "--disable-admission-plugins=ServiceAccount".to_owned(),
        // A loopback address cannot be an endpoint of the service `kubernetes`.
        "--endpoint-reconciler-type=none".to_owned(),
        "--event-ttl=1h".to_owned(),
        "--profiling=false".to_owned(),
    ]
}

async fn ready(url: &str, ca: &Path, token: &str) -> bool {
    let answer = async {
        let roots = reqwest::Certificate::from_pem_bundle(&fs::read(ca)?)?;
        let client = reqwest::Client::builder().tls_certs_only(roots).build()?;
        anyhow::Ok(client.get(format!("{url}/readyz")).bearer_auth(token).send().await?)
    };
    matches!(answer.await, Ok(answer) if answer.status().is_success())
}

fn lost_its_port(error: &anyhow::Error) -> bool {
    format!("{error:#}").contains("address already in use")
}

fn render_kubeconfig(url: &str, ca: &Path, token: &str) -> String {
    let ca = ca.display();
    format!(
        "\
apiVersion: v1
kind: Config
current-context: test
contexts: [{{name: test, context: {{cluster: test, user: test, namespace: default}}}}]
clusters: [{{name: test, cluster: {{server: \"{url}\", certificate-authority: \"{ca}\"}}}}]
users: [{{name: test, user: {{token: \"{token}\"}}}}]
"
    )
}
