//! The flags about what outlives the process.

use std::path::PathBuf;
use std::str::FromStr;

use super::way_back::quoted;

/// What outlives the process.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "State")]
#[group(skip)]
pub struct StateArgs {
    /// Folder for the history of changes (for `signpost rollback`), for when targets were lost, and
    /// for how many records there were; without one or a ConfigMap, all are forgotten at the end.
    #[arg(long, value_name = "DIR", conflicts_with = "state_configmap")]
    pub state_dir: Option<PathBuf>,
    /// ConfigMap for the same, made if it is not there; the namespace is the Pod's by default.
    #[arg(long, value_name = "[NAMESPACE/]NAME")]
    pub state_configmap: Option<ConfigMapName>,
    /// How many writes the history keeps; a ConfigMap keeps fewer when they are large.
    #[arg(long, value_name = "COUNT", default_value_t = 500)]
    pub history_size: usize,
}

impl StateArgs {
    /// Returns the flag that says where the history is, as another command takes it; `None` when
    /// nothing is kept. `place` is the namespace of a ConfigMap that is named without one.
    pub fn flag(&self, place: Option<&str>) -> Option<String> {
        let Self { state_dir, state_configmap, history_size: _ } = self;
        let folder = state_dir.as_ref().map(|folder| format!("--state-dir={}", folder.display()));
        let in_configmap = |ConfigMapName { namespace, name }: &ConfigMapName| {
            let namespace = namespace.as_deref().or(place);
            let namespace = namespace.map(|namespace| format!("{namespace}/")).unwrap_or_default();
            format!("--state-configmap={namespace}{name}")
        };
        state_configmap.as_ref().map(in_configmap).or(folder).map(quoted)
    }
}

/// Which ConfigMap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigMapName {
    /// Its namespace; `None` for the Pod's, or that of the kubeconfig.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// The text does not name a ConfigMap.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the name of a ConfigMap, as NAME or NAMESPACE/NAME")]
pub struct NotAName;

impl FromStr for ConfigMapName {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let (namespace, name) = match text.split_once('/') {
            Some((namespace, name)) => (Some(namespace.to_owned()), name),
            None => (None, text),
        };
        let is_name = |name: &str| {
            !name.is_empty()
                && name.chars().all(|character| {
                    character.is_ascii_lowercase()
                        || character.is_ascii_digit()
                        || ".-".contains(character)
                })
        };
        if !is_name(name) || namespace.as_deref().is_some_and(|namespace| !is_name(namespace)) {
            return Err(NotAName);
        }
        Ok(Self { namespace, name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configmap_may_be_named_with_its_namespace() {
        let parsed = |text: &str| text.parse::<ConfigMapName>();
        let name = "signpost.state".to_owned();
        assert_eq!(
            parsed("dns/signpost.state"),
            Ok(ConfigMapName { namespace: Some("dns".to_owned()), name: name.clone() })
        );
        assert_eq!(parsed("signpost.state"), Ok(ConfigMapName { namespace: None, name }));
        for text in ["", "/", "dns/", "/name", "a/b/c", "Name", "my name"] {
            assert_eq!(parsed(text), Err(NotAName), "{text}");
        }
    }
}
