//! Why objects do not want what they once did, as far as the objects that are known tell.

use std::collections::{BTreeMap, BTreeSet};

use controller_sources::objects::{KindId, ObjectKey, Objects, kind};
use controller_sources::{ObjectScope, SOURCES};
use external_dns_webhook::{CanonicalName, ObjectRef};

use super::DesiredState;
use crate::records::Unwanted;

/// A kind of objects that a source reads names from.
struct ReadKind {
    /// The first part of their `resource` labels.
    label: String,
    kind: KindId,
    /// By which labels the API server selects them; empty for all.
    label_selector: String,
}

impl DesiredState {
    /// Returns why each of these objects does not want what it once did, by their `resource` labels. What it
    /// costs follows how many there are, and how much they want.
    pub fn unwanted(&self, asked: &BTreeSet<ObjectRef>) -> BTreeMap<ObjectRef, Unwanted> {
        let mut told = BTreeMap::new();
        if asked.is_empty() {
            return told;
        }
        let objects = self.store.read();
        let kinds = self.read_kinds(&objects);
        let mut there = BTreeMap::new();
        for object in asked {
            match self.absent(&objects, &kinds, object) {
                Ok(key) => drop(there.insert(object, key)),
                Err(absent) => drop(told.insert(object.clone(), absent)),
            }
        }
        let desired = self.collect(&ObjectScope::Only(there.values().cloned().collect()), &[]);
        let mut names: BTreeMap<&ObjectRef, BTreeSet<&CanonicalName>> = BTreeMap::new();
        for endpoint in &desired.endpoints {
            if let Some(object) = endpoint.labels.resource() {
                names.entry(object).or_default().insert(endpoint.dns_name.canonical());
            }
        }
        for (object, key) in there {
            let wants = || Unwanted::Wants(Vec::new());
            let unwanted = match names.get(object) {
                Some(names) => Unwanted::Wants(names.iter().copied().cloned().collect()),
                None => self.left_out_as(&objects, &key).unwrap_or_else(wants),
            };
            told.insert(object.clone(), unwanted);
        }
        told
    }

    /// Returns the key of an object that is there.
    ///
    /// # Errors
    ///
    /// Returns why it is not, as far as that is known.
    fn absent(
        &self,
        objects: &Objects,
        kinds: &[ReadKind],
        object: &ObjectRef,
    ) -> Result<ObjectKey, Unwanted> {
        let namespace = object.namespace().unwrap_or_default();
        let mut why = Unwanted::NoSource(kinds_in_words(object.kind()));
        for ReadKind { label, kind, label_selector } in kinds {
            if !label.eq_ignore_ascii_case(object.kind()) {
                continue;
            }
            let (namespace, name) = (namespace.to_owned(), object.name().to_owned());
            let key = ObjectKey { kind: kind.clone(), namespace, name };
            if objects.contains(&key) {
                return Ok(key);
            }
            why = match self.left_out_as(objects, &key) {
                Some(left_out) => left_out,
                None if objects.gap(kind, &key.namespace).is_some() => Unwanted::NotSeen,
                None if !label_selector.is_empty() => {
                    Unwanted::GoneOr(format!("--label-filter={label_selector}"))
                }
                None => Unwanted::Gone,
            };
        }
        Err(why)
    }

    fn left_out_as(&self, objects: &Objects, key: &ObjectKey) -> Option<Unwanted> {
        let mut statuses = self.sources.iter().flat_map(|source| source.left_out_of(objects, key));
        Some(Unwanted::LeftOut(statuses.next()?.reason.to_string()))
    }

    fn read_kinds(&self, objects: &Objects) -> Vec<ReadKind> {
        let mut kinds = Vec::new();
        for watch in objects.watches() {
            let (kind, name) = (watch.kind.id(), String::from("any"));
            let any = ObjectKey { kind: kind.clone(), namespace: name.clone(), name };
            let labels = self.sources.iter().filter_map(|source| source.resource(&any));
            kinds.extend(labels.map(|label| ReadKind {
                label: label.kind().to_owned(),
                kind: kind.clone(),
                label_selector: watch.label_selector.clone(),
            }));
        }
        kinds
    }
}

/// Returns how people call the objects whose `resource` labels begin with `label`, and the source that would
/// read them.
fn kinds_in_words(label: &str) -> String {
    let mut plural = None;
    let mut sources = Vec::new();
    for source in SOURCES {
        for read in source.reads.iter().filter(|read| read.label == Some(label)) {
            plural = plural.or_else(|| kind(&read.kind).map(|kind| kind.plural.as_ref()));
            sources.push(format!("--source={}", source.name));
        }
    }
    sources.dedup();
    let plural = plural.map_or_else(|| format!("`{label}`"), str::to_owned);
    if sources.is_empty() { plural } else { format!("{plural} ({})", sources.join(", ")) }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command, RunArgs};

    const SERVICE: &str = r"
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  annotations: {external-dns.kubernetes.io/hostname: new.example.com}
spec: {type: LoadBalancer, clusterIP: 10.0.0.1}
status: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}
";

    /// Says why `object` does not want what it did, with these flags.
    async fn told(object: &str, flags: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("web.yaml");
        std::fs::write(&file, SERVICE).unwrap();
        let manifests = format!("--manifests={}", file.display());
        let given = ["signpost", "run", &manifests].into_iter().chain(flags.iter().copied());
        let Command::Run(args) = Cli::try_parse_from(given).unwrap().command else {
            panic!("another command")
        };
        let RunArgs { sources, templates, transforms, manifests, kubernetes, .. } = *args;
        let desired_state =
            DesiredState::new(sources, templates, &transforms, manifests, kubernetes).unwrap();
        desired_state.once().await.unwrap();
        let object = ObjectRef::from(object);
        desired_state.unwanted(&[object.clone()].into())[&object].sentence(&object)
    }

    #[tokio::test]
    async fn a_flag_that_leaves_an_object_out_is_told_and_only_what_is_gone_is_called_gone() {
        let (there, gone) = ("service/shop/web", "service/shop/other");
        let sources = "--source=service";
        assert_eq!(told(gone, &[sources]).await, "service/shop/other is gone");
        assert_eq!(told(there, &[sources]).await, "service/shop/web wants new.example.com now");
        assert_eq!(
            told(there, &[sources, "--label-filter=team=b"]).await,
            "service/shop/web is there, and it is left out: --label-filter=team=b does not match its \
             labels"
        );
        assert_eq!(
            told(there, &["--source=ingress"]).await,
            "no source reads services (--source=service) any more, such as service/shop/web"
        );
        let elsewhere = told(there, &[sources, "--namespace=default"]).await;
        assert!(elsewhere.contains("does not read the namespace `shop`"), "{elsewhere}");
    }
}
