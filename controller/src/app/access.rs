//! The way to the cluster, and what is read there.

use std::sync::Arc;

use anyhow::Context as _;
use daemon::Complaints;
use kube::Client;
use tokio::sync::OnceCell;

use super::options;
use crate::args::{ElectionArgs, KubernetesArgs, SourceArgs, TemplateArgs};
use controller_sources as sources;
use controller_sources::objects::Watch;

use crate::cluster::{self, AccessError, Connection, CredentialTrouble};

/// The cluster that the flags name, and the one connection to it that all share who ask the same.
///
/// What a kubeconfig's user shows is asked for once: a command that gives it may ask a person, and has a bound on
/// its time that would count for each.
#[derive(Clone)]
pub struct ClusterAccess {
    access: Arc<cluster::Access>,
    connection: Arc<OnceCell<Connection>>,
}

impl ClusterAccess {
    /// Returns a client for the cluster; nothing is asked of it yet.
    ///
    /// # Errors
    ///
    /// Returns an error when there is no way to the cluster.
    pub async fn client(&self) -> Result<Client, AccessError> {
        // It is large, and awaited in many places.
        let connect = || Box::pin(cluster::connect(&self.access));
        Ok(self.connection.get_or_try_init(connect).await?.client.clone())
    }

    /// Returns why what the kubeconfig's user shows cannot be had anew; `None` when it can, and when nothing was
    /// asked of the cluster yet.
    pub fn trouble(&self) -> Option<CredentialTrouble> {
        self.connection.get()?.trouble()
    }

    /// Returns the same cluster with a connection of its own.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self { access: Arc::clone(&self.access), connection: Arc::default() }
    }
}

impl From<&KubernetesArgs> for ClusterAccess {
    fn from(args: &KubernetesArgs) -> Self {
        let KubernetesArgs { server, kubeconfig, kube_api_request_timeout, request_timeout } = args;
        let access = cluster::Access {
            server: server.clone(),
            kubeconfig: kubeconfig.clone(),
            request_timeout: request_timeout.unwrap_or(*kube_api_request_timeout).0,
        };
        Self { access: Arc::new(access), connection: Arc::default() }
    }
}

impl From<KubernetesArgs> for ClusterAccess {
    fn from(args: KubernetesArgs) -> Self {
        Self::from(&args)
    }
}

/// Returns a client for the cluster; nothing is asked of it yet.
///
/// # Errors
///
/// Returns an error when there is no way to a cluster.
pub async fn kubernetes(cluster: &ClusterAccess) -> anyhow::Result<Client> {
    cluster.client().await.context("there is no way to a cluster")
}

/// Returns what is watched for the sources that the flags name.
///
/// # Errors
///
/// Returns an error that names the flag whose value makes no sense.
pub fn watches(sources: SourceArgs, templates: TemplateArgs) -> anyhow::Result<Vec<Watch>> {
    let names = sources.source.clone();
    let options = Complaints::none_of(|wrong| options::source_options(sources, templates, wrong))?;
    Ok(sources::kinds_watched(&names, &options)?)
}

/// Returns the namespace of the Lease: what the flag says, or that of the Pod.
pub fn lease_namespace(args: &ElectionArgs, client: &Client) -> String {
    let given = args.leader_elect_namespace.as_str();
    if given.is_empty() { client.default_namespace().to_owned() } else { given.to_owned() }
}
