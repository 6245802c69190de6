//! A provider in this process that holds nothing and remembers what it was asked to adjust: all
//! that the sources of a controller ask for, before anything is planned.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use external_dns_webhook::{Adjusted, Applied, Changes, Endpoint, Provider, ProviderError, server};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A provider that remembers the bodies of `POST /adjustendpoints`.
pub struct Recorder {
    address: SocketAddr,
    asked: Asked,
    _server: JoinSet<()>,
}

type Asked = Arc<Mutex<Vec<Vec<Endpoint>>>>;

struct Recording(Asked);

impl Recorder {
    /// Starts a provider that has been asked for nothing yet.
    ///
    /// # Errors
    ///
    /// When there is no port to listen on.
    pub async fn start() -> anyhow::Result<Self> {
        let asked = Asked::default();
        let provider = Arc::new(Recording(Arc::clone(&asked)));
        let router: Router = server::router(provider, server::ServerOptions::default());
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mut server = JoinSet::new();
        server.spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self { address, asked, _server: server })
    }

    /// Returns `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns what each `POST /adjustendpoints` so far asked for, oldest first.
    pub fn asked(&self) -> Vec<Vec<Endpoint>> {
        lock(&self.asked).clone()
    }
}

impl Provider for Recording {
    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        Ok(Vec::new())
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        lock(&self.0).push(desired.clone());
        Ok(Adjusted { endpoints: desired, refused: Vec::new() })
    }

    async fn apply(&self, _: Changes) -> Result<Applied, ProviderError> {
        Ok(Applied::default())
    }
}

fn lock(asked: &Asked) -> MutexGuard<'_, Vec<Vec<Endpoint>>> {
    asked.lock().unwrap_or_else(PoisonError::into_inner)
}
