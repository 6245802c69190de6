//! What manifest files become, whole, broken and changed.

use std::collections::BTreeSet;

mod law;
mod lists;
mod strange;
mod whole;

use super::*;
use controller_sources::objects::core::{Ingress, Service};
use controller_sources::objects::{KindId, Objects, Resource, Watch, kind};

const TWO: &str = "\
# two objects
apiVersion: v1
kind: Service
metadata: {name: one}
---
apiVersion: v1
kind: Service
metadata: {name: two, namespace: other}
";

struct Folder {
    folder: tempfile::TempDir,
    manifests: Manifests,
}

impl Folder {
    /// For a command that acts on what is read.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store =
            Arc::new(ObjectStore::new(Objects::new([watch(&Service::ID), watch(&Ingress::ID)])));
        let manifests = Manifests::new([folder.path().to_owned()], store);
        Self { folder, manifests }
    }

    /// For a command that only looks.
    fn for_looking() -> Self {
        let Self { folder, manifests } = Self::new();
        Self { folder, manifests: manifests.for_looking() }
    }

    /// What a new process finds here.
    fn afresh(self) -> Self {
        let Self { folder, manifests: _ } = self;
        let manifests = Manifests::new([folder.path().to_owned()], Self::new().manifests.store);
        Self { folder, manifests }
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn names(&self) -> Vec<String> {
        let objects = self.manifests.store.read();
        objects
            .list::<Service>()
            .map(|object| format!("{}/{}", object.meta.namespace, object.meta.name))
            .collect()
    }

    fn unreadable(&self) -> Vec<String> {
        let objects = self.manifests.store.read();
        let kind = Service::ID;
        let each = objects.unreadable(&kind);
        each.map(|(namespace, name, error)| format!("{namespace}/{name}: {error}")).collect()
    }

    fn is_synced(&self) -> bool {
        self.manifests.store.read().gap(&Service::ID, "").is_none()
    }
}

fn watch(id: &KindId) -> Watch {
    Watch {
        kind: kind(id).unwrap().clone(),
        namespaces: BTreeSet::new(),
        label_selector: String::new(),
        keep_raw: false,
        sources: BTreeSet::new(),
        is_optional: false,
    }
}

#[test]
fn documents_lists_and_json_are_all_read() {
    let mut folder = Folder::new();
    folder.write("a.yaml", TWO);
    folder.write(
        "b.json",
        r#"{"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "three"}}]}"#,
    );
    folder.write("c.yml", "apiVersion: v1\nkind: ServiceList\nitems:\n- metadata: {name: four}\n");
    folder.write("notes.txt", "not: [a manifest");
    let report = folder.manifests.load(0);
    assert_eq!(report.problems, []);
    assert_eq!(report.unreadable, []);
    assert_eq!(folder.names(), ["default/four", "default/one", "default/three", "other/two"]);
    assert!(folder.is_synced());
}

#[test]
fn a_broken_document_is_named_and_deletes_nothing() {
    let mut folder = Folder::new();
    folder.write("a.yaml", TWO);
    folder.manifests.load(0);
    let broken = TWO.replace("{name: two, namespace: other}", "{name: two");
    folder.write("a.yaml", &broken);
    let report = folder.manifests.load(1);
    assert_eq!(folder.names(), ["default/one", "other/two"]);
    assert!(!folder.is_synced());
    let problem = &report.problems[0];
    assert_eq!(problem.document, 2);
    assert!(problem.line >= 8, "{problem}");
    folder.write("a.yaml", TWO.split("---").next().unwrap());
    assert_eq!(folder.manifests.load(2).problems, []);
    assert_eq!(folder.names(), ["default/one"]);
    assert!(folder.is_synced());
}

#[test]
fn an_object_in_two_files_is_named_and_the_first_is_used() {
    let mut folder = Folder::new();
    folder.write("a.yaml", TWO);
    folder.write("b.yaml", TWO);
    let report = folder.manifests.load(0);
    assert_eq!((report.problems.len(), report.repeated.len()), (0, 2));
    let told = report.repeats().unwrap();
    assert!(told.contains("a.yaml, which is used, and in ") && told.contains("b.yaml"), "{told}");
    assert!(folder.is_synced());
}

#[test]
fn a_removed_file_takes_its_objects_along() {
    let mut folder = Folder::new();
    folder.write("a.yaml", TWO);
    folder.manifests.load(0);
    std::fs::remove_file(folder.folder.path().join("a.yaml")).unwrap();
    folder.manifests.load(1);
    assert_eq!(folder.names(), Vec::<String>::new());
}

#[test]
fn a_file_is_one_change_whatever_it_has_and_no_change_when_it_has_the_same() {
    let mut folder = Folder::new();
    folder.write("all.yaml", TWO);
    folder.manifests.load(0);
    let changes = folder.manifests.store.subscribe();
    let count = *changes.borrow();
    let third = "---\napiVersion: v1\nkind: Service\nmetadata: {name: three}\n";
    let texts = [
        // Something comes and something goes.
        TWO.replace("name: one", "name: four") + third,
        // Some of it cannot be read any more.
        TWO.replace("{name: one}", "{name: one") + third,
        "# nothing\n".to_owned(),
    ];
    for (expected, text) in (count + 1..).zip(texts) {
        for _again in 0..2 {
            folder.write("all.yaml", &text);
            folder.manifests.load(0);
            assert_eq!(*changes.borrow(), expected, "{text}");
        }
    }
}

#[test]
fn a_missing_folder_is_not_an_empty_one() {
    let mut folder = Folder::new();
    folder.write("a.yaml", TWO);
    folder.manifests.load(0);
    let path = folder.folder.path().to_owned();
    folder.folder.close().unwrap();
    let report = folder.manifests.load(1);
    assert_eq!(report.problems[0].hides, Hides::Everything);
    assert_eq!(report.problems[0].file, path);
    let objects = folder.manifests.store.read();
    assert_eq!(objects.list::<Service>().count(), 2);
    assert!(objects.gap(&Service::ID, "").is_some());
}

#[test]
fn kinds_that_no_source_reads_are_told_and_old_versions_too() {
    let mut folder = Folder::new();
    folder.write(
        "a.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n---\n\
         apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: web}\n---\n\
         apiVersion: networking.k8s.io/v1beta1\nkind: Ingress\nmetadata: {name: web}\n",
    );
    let report = folder.manifests.load(0);
    assert!(report.unread_kinds.contains("Deployment.apps/v1"));
    assert_eq!((report.problems.len(), report.unreadable.len()), (0, 2));
    let [group, old] = &report.unreadable[..] else { panic!("{report:?}") };
    assert!(group.error.contains("it is read as `Ingress networking.k8s.io/v1` only"), "{group}");
    assert!(old.error.contains("is read as version v1 only, not v1beta1"), "{old}");
}

#[tokio::test]
async fn a_file_replaced_by_renaming_is_noticed() {
    let folder = Folder::new();
    folder.write("a.yaml", TWO);
    let path = folder.folder.path().to_owned();
    let store = Arc::clone(&folder.manifests.store);
    let mut changed = store.subscribe();
    let replaced = async {
        while store.read().list::<Service>().count() < 2 {
            changed.changed().await.unwrap();
        }
        std::fs::write(path.join(".a.swp"), TWO.replace("one", "new")).unwrap();
        std::fs::rename(path.join(".a.swp"), path.join("a.yaml")).unwrap();
        while store.read().get::<Service>("default", "new").is_none() {
            changed.changed().await.unwrap();
        }
    };
    let watch = folder.manifests.watch(|| 0, ManifestReport::default(), |_| {});
    tokio::select! {
        it = watch => match it {},
        it = tokio::time::timeout(std::time::Duration::from_secs(20), replaced) => it.unwrap(),
    }
}
