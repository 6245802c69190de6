//! Asks the API server what we may do.

use std::collections::BTreeMap;
use std::time::Duration;

use daemon::chain;
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::api::PostParams;
use kube::{Api, Client};

use controller_sources::objects::Watch;

use super::grant::{self, Account};
use super::permission::{self, Permission};
use super::{Finding, Outcome};
use crate::api_server::told;
use crate::app;
use crate::args::{ElectionArgs, EventArgs, KubernetesArgs, StateArgs};
use crate::cluster::{Served, served as served_version};

/// How long one question may take.
const QUESTION: Duration = Duration::from_secs(10);

/// What the controller does in the cluster beside reading objects; where it does, the cluster may say.
pub(super) struct Uses {
    /// What is read.
    pub(super) watches: Vec<Watch>,
    /// Which Events are made.
    pub(super) events: EventArgs,
    /// Whether it is one of several.
    pub(super) election: ElectionArgs,
    /// Where state is kept.
    pub(super) state: StateArgs,
}

/// Returns what became of each need, and the YAML that grants what is missing.
pub(super) async fn check(
    kubernetes: &KubernetesArgs,
    mut permissions: Vec<Permission>,
    uses: &Uses,
) -> (Vec<Finding>, String) {
    let reach = "reach the API server".to_owned();
    let client = match app::kubernetes(&kubernetes.into()).await {
        Ok(client) => client,
        Err(error) => {
            return (
                vec![Finding::fails(reach, String::new(), chain(error.as_ref()))],
                String::new(),
            );
        }
    };
    let place = match version(&client).await {
        Ok(version) => Finding::works(reach, String::new(), format!("version {version}")),
        Err(error) => return (vec![Finding::fails(reach, String::new(), error)], String::new()),
    };
    let Uses { watches, events, election, state } = uses;
    let own = app::myself(state, &client).and_then(|myself| myself.namespace);
    permissions.extend(permission::of_events(events, watches, own));
    if election.leader_elect {
        permissions.extend(permission::of_lease(
            &app::lease_namespace(election, &client),
            &election.leader_elect_name,
        ));
    }
    if let Some(name) = &state.state_configmap {
        permissions.extend(permission::of_state(&app::state_place(name, &client)));
    }
    let (mut findings, mut missing) = (vec![place], Vec::new());
    let mut served = BTreeMap::new();
    for permission in &permissions {
        let kind = (permission.group.clone(), permission.resource.clone());
        if !served.contains_key(&kind) {
            served.insert(kind.clone(), is_served(&client, permission).await);
        }
        let (outcome, told) = match (served.get(&kind), may(&client, permission).await) {
            (_, Err(error)) => (Outcome::Missing, error),
            (Some(Err(why)), Ok(_)) => (lacking(permission), why.clone()),
            (_, Ok(true)) => (Outcome::Works, "allowed".to_owned()),
            (_, Ok(false)) => {
                missing.push(permission);
                (lacking(permission), "denied".to_owned())
            }
        };
        let what = format!("{} {}", permission.verb, permission.kind());
        findings.push(Finding { what, place: permission.place(), outcome, told });
    }
    let account = if missing.is_empty() { None } else { who_am_i(&client).await };
    let grant = grant::yaml(&missing, account.as_ref());
    (findings, grant)
}

fn lacking(permission: &Permission) -> Outcome {
    if permission.is_optional { Outcome::Lacking } else { Outcome::Missing }
}

async fn version(client: &Client) -> Result<String, String> {
    Ok(answered(client.apiserver_version()).await?.git_version)
}

/// Tells whether the API server has the kind in a version that is read; when it does not say, yes.
///
/// # Errors
///
/// It has not: which versions were looked for, and which are there.
async fn is_served(client: &Client, permission: &Permission) -> Result<(), String> {
    let Permission { group, resource, versions, .. } = permission;
    if group.is_empty() || versions.is_empty() {
        return Ok(());
    }
    let asked =
        tokio::time::timeout(QUESTION, served_version(client, group, resource, versions)).await;
    match asked {
        Ok(Ok(Served::Not(why))) => Err(why),
        Ok(Ok(Served::As { .. } | Served::Forbidden) | Err(_)) | Err(_) => Ok(()),
    }
}

async fn may(client: &Client, permission: &Permission) -> Result<bool, String> {
    let Permission { namespace, group, resource, name, part, verb, versions: _, is_optional: _ } =
        permission;
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let attributes = ResourceAttributes {
        group: Some(group.clone()),
        namespace: if resource == "namespaces" { None } else { some(namespace) },
        name: some(name),
        resource: Some(resource.clone()),
        subresource: some(part),
        verb: Some((*verb).to_owned()),
        ..ResourceAttributes::default()
    };
    let review = SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec {
            resource_attributes: Some(attributes),
            ..SelfSubjectAccessReviewSpec::default()
        },
        ..SelfSubjectAccessReview::default()
    };
    let api = Api::<SelfSubjectAccessReview>::all(client.clone());
    let answer = answered(api.create(&PostParams::default(), &review)).await?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}

/// Returns who we are to the API server; `None` when it does not tell.
async fn who_am_i(client: &Client) -> Option<Account> {
    let api = Api::<SelfSubjectReview>::all(client.clone());
    let question = SelfSubjectReview::default();
    let answer = answered(api.create(&PostParams::default(), &question)).await.ok()?;
    Some(Account::of(&answer.status?.user_info?.username?))
}

async fn answered<T>(question: impl Future<Output = Result<T, kube::Error>>) -> Result<T, String> {
    match tokio::time::timeout(QUESTION, question).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(told(&error)),
        Err(_) => Err(format!("no answer within {} seconds", QUESTION.as_secs())),
    }
}
