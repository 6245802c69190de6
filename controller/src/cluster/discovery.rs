//! In which version an API server has a kind: the first that can be read, or the words for none.

use std::collections::BTreeSet;

use kube::Client;

/// What an API server says of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Served {
    /// It has the kind in this version.
    As {
        /// The first of the versions looked for that it has.
        version: String,
        /// The kind as it spells it, such as `TCPRoute`.
        kind: String,
    },
    /// It has the kind in none of the versions looked for: which those were, which it has instead,
    /// and what to do.
    Not(String),
    /// It does not say: listing what it has is forbidden.
    Forbidden,
}

/// Finds out in which of `versions`, the preferred one first, the API server has `plural` of `group`.
///
/// The core group is empty.
///
/// # Errors
///
/// The API server cannot be asked.
pub async fn served(
    client: &Client,
    group: &str,
    plural: &str,
    versions: &[impl AsRef<str>],
) -> Result<Served, kube::Error> {
    for version in versions.iter().map(AsRef::as_ref) {
        match kind_in(client, group, version, plural).await {
            Ok(Some(kind)) => return Ok(Served::As { version: version.to_owned(), kind }),
            Ok(None) => {}
            Err(kube::Error::Api(status)) if status.is_forbidden() => return Ok(Served::Forbidden),
            Err(error) => return Err(error),
        }
    }
    let versions: Vec<_> = versions.iter().map(AsRef::as_ref).collect();
    Ok(Served::Not(absent(client, group, plural, &versions).await))
}

/// Returns the kind behind `plural` in one version; `None` when it is not there.
async fn kind_in(
    client: &Client,
    group: &str,
    version: &str,
    plural: &str,
) -> Result<Option<String>, kube::Error> {
    let found = if group.is_empty() {
        client.list_core_api_resources(version).await
    } else {
        client.list_api_group_resources(&format!("{group}/{version}")).await
    };
    match found {
        Ok(list) => {
            Ok(list.resources.into_iter().find(|row| row.name == plural).map(|row| row.kind))
        }
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the words for a kind that is there in none of `versions`.
///
/// What else the API server has is told as far as it says.
async fn absent(client: &Client, group: &str, plural: &str, versions: &[&str]) -> String {
    let looked_for = versions.join(" or ");
    if group.is_empty() {
        return format!("the API server does not have `{plural}` as {looked_for}");
    }
    let not_there = format!("the API server does not have `{plural}.{group}` as {looked_for}");
    let install = "is its custom resource installed?";
    let Ok(groups) = client.list_api_groups().await else {
        return format!("{not_there}; {install}");
    };
    let Some(served) = groups.groups.into_iter().find(|other| other.name == group) else {
        return format!("{not_there}, nor anything else of that group; {install}");
    };
    let served: Vec<String> = served.versions.into_iter().map(|version| version.version).collect();
    let mut others = BTreeSet::new();
    for version in served.iter().filter(|version| !versions.contains(&version.as_str())) {
        if let Ok(Some(_)) = kind_in(client, group, version, plural).await {
            others.insert(version.as_str());
        }
    }
    if others.is_empty() {
        return format!(
            "{not_there}; of that group it has {}, without it; {install}",
            served.join(", ")
        );
    }
    let others = Vec::from_iter(others).join(", ");
    format!(
        "{not_there}, only as {others}; install a release of the custom resource that serves one \
         of the versions looked for"
    )
}
