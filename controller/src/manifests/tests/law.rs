//! What no slip of the fingers does: take an object's records without a word.

use proptest::prelude::*;

use super::*;

/// A manifest whose name stands in one place.
const MANIFEST: &str = "\
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    external-dns.kubernetes.io/hostname: web.example.com
spec:
  type: LoadBalancer
";

proptest! {
    #[test]
    fn one_wrong_character_never_takes_an_object_silently(
        at in 0..MANIFEST.len(),
        how in 0..3_usize,
        with in proptest::char::ranges(vec!['!'..='~', ' '..=' ', '\n'..='\n', '\t'..='\t', 'ä'..='ä'].into()),
    ) {
        let name = MANIFEST.find("web\n").unwrap();
        // Another name is another object.
        prop_assume!(!(name..=name + 3).contains(&at));
        let (before, after) = MANIFEST.split_at(at);
        let rest = after.get(1..).unwrap();
        let text = match how {
            0 => format!("{before}{rest}"),
            1 => format!("{before}{with}{rest}"),
            _ => format!("{before}{with}{after}"),
        };
        let mut folder = Folder::new();
        folder.write("a.yaml", &text);
        let report = folder.manifests.load(0);
        let key = ObjectKey { kind: Service::ID, namespace: "default".into(), name: "web".into() };
        let is_there = folder.manifests.store.read().contains(&key);
        prop_assert!(is_there || !folder.is_synced(), "{text}\n{report:?}");
    }
}
