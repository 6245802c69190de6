//! The way to the cluster, and what is read there.

use anyhow::Context as _;
use daemon::Complaints;
use kube::Client;

use super::desired_state::access;
use super::options;
use crate::args::{ElectionArgs, KubernetesArgs, SourceArgs, TemplateArgs};
use controller_sources as sources;
use controller_sources::objects::Watch;

use crate::cluster;

/// Returns a client for the cluster that the flags name; nothing is asked of it yet.
///
/// # Errors
///
/// Returns an error when there is no way to a cluster.
pub async fn kubernetes(args: &KubernetesArgs) -> anyhow::Result<Client> {
    cluster::client(&access(args)).await.context("there is no way to a cluster")
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
