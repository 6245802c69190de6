//! Keeps state where the flags say.

use anyhow::Context as _;
use kube::Client;

use crate::args::{ConfigMapName, KubernetesArgs, StateArgs};
use crate::state::{Folder, InConfigMap, Place, Releases, State};
use crate::tasks::Tasks;

/// Returns the state that the flags ask for; of a ConfigMap, nothing is read yet.
///
/// # Errors
///
/// Returns an error when the folder cannot be used or makes no sense, and when there is no way to
/// the cluster that the ConfigMap is in.
pub async fn state(args: &StateArgs, kubernetes: &KubernetesArgs) -> anyhow::Result<State> {
    let StateArgs { state_dir, state_configmap, journal_size } = args;
    if let Some(name) = state_configmap {
        let client = super::kubernetes(kubernetes)
            .await
            .context("`--state-configmap` needs a cluster to keep a ConfigMap in")?;
        let place = state_place(name, &client);
        return Ok(State::kept_in(InConfigMap::new(client, place, *journal_size)));
    }
    let Some(folder) = state_dir else { return Ok(State::nowhere()) };
    Ok(State::kept_in(Folder::open(folder, *journal_size)?))
}

/// Returns what tells of annotations on the ConfigMap that release deletions; `None` without one,
/// and when there are no `args` to say which.
///
/// `prefixes` are those of the annotations that are read.
///
/// # Errors
///
/// Returns an error when there is no way to the cluster.
pub async fn releases(
    args: Option<&StateArgs>,
    kubernetes: &KubernetesArgs,
    prefixes: Vec<String>,
    tasks: &mut Tasks,
) -> anyhow::Result<Option<Releases>> {
    let Some(name) = args.and_then(|it| it.state_configmap.as_ref()) else { return Ok(None) };
    let client = super::kubernetes(kubernetes).await?;
    let place = state_place(name, &client);
    let (releases, task) = Releases::watch(client, place, prefixes, tasks.stop());
    tasks.spawn("watch for releases", task);
    Ok(Some(releases))
}

/// Returns where the ConfigMap is: in the namespace of the Pod unless the flag says otherwise.
pub fn state_place(name: &ConfigMapName, client: &Client) -> Place {
    let ConfigMapName { namespace, name } = name;
    let namespace = namespace.clone().unwrap_or_else(|| client.default_namespace().to_owned());
    Place { namespace, name: name.clone() }
}
