//! Keeps state where the flags say.

use anyhow::Context as _;
use kube::Client;
use tokio::time::Instant;

use super::access::ClusterAccess;
use crate::args::{ConfigMapName, StateArgs};
use crate::state::{Approvals, Folder, InConfigMap, Place, State};
use crate::tasks::Tasks;

/// Returns the state that the flags ask for; nothing is read yet.
///
/// # Errors
///
/// Returns an error when there is no way to the cluster that the ConfigMap is in.
pub async fn state(args: &StateArgs, kubernetes: &ClusterAccess) -> anyhow::Result<State> {
    let StateArgs { state_dir, state_configmap, history_size } = args;
    if let Some(name) = state_configmap {
        let client = super::kubernetes(kubernetes)
            .await
            .context("`--state-configmap` needs a cluster to keep a ConfigMap in")?;
        let place = state_place(name, &client);
        return Ok(State::kept_in(InConfigMap::new(client, place, *history_size)));
    }
    let Some(folder) = state_dir else { return Ok(State::nowhere()) };
    Ok(State::kept_in(Folder::repairing(folder, *history_size)))
}

/// Returns the state that a controller keeps where the flags say; it is read, and not repaired.
///
/// # Errors
///
/// Returns an error when there is no history, when it cannot be read, and when it makes no sense.
pub async fn state_of_another(
    args: &StateArgs,
    kubernetes: &ClusterAccess,
) -> anyhow::Result<State> {
    let mut state = if let Some(folder) = &args.state_dir {
        let has_history = Folder::has_history(folder);
        anyhow::ensure!(has_history, "there is no history in `--state-dir={}`", folder.display());
        State::kept_in(Folder::open(folder, args.history_size)?)
    } else {
        if let Some(name) = &args.state_configmap {
            let client = super::kubernetes(kubernetes).await?;
            let place = state_place(name, &client);
            anyhow::ensure!(
                InConfigMap::is_there(&client, &place).await?,
                "there is no history in `--state-configmap={place}`: there is no such ConfigMap"
            );
        }
        state(args, kubernetes).await?
    };
    state.read(Instant::now()).await?;
    Ok(state)
}

/// Returns what tells of annotations on the ConfigMap that approve deletions; `None` without one,
/// and when there are no `args` to say which.
///
/// `prefixes` are those of the annotations that are read.
///
/// # Errors
///
/// Returns an error when there is no way to the cluster.
pub async fn approvals(
    args: Option<&StateArgs>,
    kubernetes: &ClusterAccess,
    prefixes: Vec<String>,
    tasks: &mut Tasks,
) -> anyhow::Result<Option<Approvals>> {
    let Some(name) = args.and_then(|args| args.state_configmap.as_ref()) else { return Ok(None) };
    let client = super::kubernetes(kubernetes).await?;
    let place = state_place(name, &client);
    let (approvals, task) = Approvals::watch(client, place, prefixes, tasks.stop());
    tasks.spawn("watch for approvals", task);
    Ok(Some(approvals))
}

/// Returns the namespace of a ConfigMap that is named without one; `None` when there is no such, and when
/// there is no way to the cluster that would say.
pub async fn state_namespace(args: &StateArgs, kubernetes: &ClusterAccess) -> Option<String> {
    args.state_configmap.as_ref().filter(|name| name.namespace.is_none())?;
    let client = super::kubernetes(kubernetes).await.ok()?;
    Some(client.default_namespace().to_owned())
}

/// Returns where the ConfigMap is: in the namespace of the Pod unless the flag says otherwise.
pub fn state_place(name: &ConfigMapName, client: &Client) -> Place {
    let ConfigMapName { namespace, name } = name;
    let namespace = namespace.clone().unwrap_or_else(|| client.default_namespace().to_owned());
    Place { namespace, name: name.clone() }
}
