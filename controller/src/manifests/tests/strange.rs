//! Objects that are not quite what they were meant to be: nothing of theirs is taken for gone.

use super::*;

const WEB: &str = "\
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  annotations:
    external-dns.kubernetes.io/hostname: web.example.com
";

/// Reads one file with care; returns what is unreadable, and whether all is known otherwise.
fn read(text: &str) -> (Vec<String>, bool, ManifestReport) {
    let mut folder = Folder::new();
    folder.write("a.yaml", text);
    let report = folder.manifests.load(0);
    let objects = folder.manifests.store.read();
    let mut unreadable = Vec::new();
    let mut is_known = true;
    for kind in [Service::ID, Ingress::ID] {
        let each = objects.unreadable(&kind);
        unreadable.extend(each.map(|(at, name, why)| format!("{kind}/{at}/{name}: {why}")));
        is_known &= objects.gap(&kind, "").is_none();
    }
    drop(objects);
    (unreadable, is_known, report)
}

#[test]
fn a_kind_in_a_group_where_it_is_not_read_is_unreadable_and_told_with_the_right_one() {
    for (was, is, next) in [
        ("v1", "apps/v1", "`Service v1`"),
        ("v1", "k8s.io/v1", "`Service v1`"),
        ("v1", "core.k8s.io/v1", "`Service v1`"),
        (
            "v1\nkind: Service",
            "extensions/v1beta1\nkind: Ingress",
            "`Ingress networking.k8s.io/v1`",
        ),
        ("v1\nkind: Service", "networking.k8s/v1\nkind: Ingress", "`Ingress networking.k8s.io/v1`"),
        ("v1\nkind: Service", "apps/v1\nkind: service", "`Service v1`"),
    ] {
        let (unreadable, is_known, _) = read(&WEB.replace(was, is));
        assert!(is_known, "{is}");
        let [one] = &unreadable[..] else { panic!("{is}: {unreadable:?}") };
        assert!(one.contains("/shop/web: ") && one.contains(next), "{is}: {one}");
    }
}

#[test]
fn a_kind_of_another_project_with_the_same_name_hides_nothing_and_is_listed() {
    let text = WEB.replace("v1", "serving.knative.dev/v1");
    let (unreadable, is_known, report) = read(&text);
    assert_eq!((unreadable, is_known), (Vec::new(), true));
    assert_eq!(report.unread_kinds, ["Service.serving.knative.dev/v1".to_owned()].into());
    // It wants a name, and no source reads it.
    assert_eq!(
        report.unread_objects,
        ["Service.serving.knative.dev/v1 shop/web".to_owned()].into()
    );
    let (.., report) = read(&WEB.replace("v1\nkind: Service", "apps/v1\nkind: Deployment"));
    assert_eq!(report.unread_objects, ["Deployment.apps/v1 shop/web".to_owned()].into());
}

#[test]
fn what_looks_like_a_list_and_is_none_hides_what_it_has() {
    let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  \
                metadata: {name: web}\n";
    assert!(read(list).1);
    for text in [
        list.replace("List", "list"),
        list.replace("List", "LIST"),
        list.replace("List", "Lists"),
        list.replace("kind: List\n", ""),
        list.replace("items", "item"),
        list.replace("items", "Items"),
        "apiVersion: v1\nkind: List\n".to_owned(),
        "apiVersion: v1\nkind: ServiceList\n".to_owned(),
        "apiVersion: v1\nkind: List\nitems: {}\n".to_owned(),
    ] {
        let (.., report) = read(&text);
        assert!(!read(&text).1, "{text}: {report:?}");
        assert!(report.failure.is_some(), "{text}");
    }
    for text in [
        "apiVersion: v1\nkind: List\nitems: []\n",
        "apiVersion: v1\nkind: List\nitems:\n",
        "apiVersion: v1\nkind: List\nitems: [null]\n",
        "items: [a, b]\n",
        "kind: shopping\nitems: [{name: milk}]\n",
        "apiVersion: v1\nkind: Lists\nitems: [{apiVersion: apps/v1, kind: Deployment}]\n",
    ] {
        let (unreadable, is_known, report) = read(text);
        assert_eq!((unreadable, is_known), (Vec::new(), true), "{text}: {report:?}");
    }
    assert_eq!(read("apiVersion: v1\nkind: List\nitems: [null]\n").2.passed, []);
}

#[test]
fn a_template_that_says_kind_and_name_hides_that_object_in_every_form() {
    let flow = "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, \
                spec: {type: {{ .Values.type }}}}";
    let json = "{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {\"name\": \"web\", \
                \"namespace\": \"shop\"}, \"spec\": {\"type\": {{ .Values.type | quote }}}}";
    let block = WEB.replace("kind: Service", "kind: Service\n{{- if .Values.on }}");
    let list = format!(
        "apiVersion: v1\nkind: List\nitems:\n- {}  spec: {{type: {{{{ .T }}}}}}\n",
        WEB.replace('\n', "\n  ")
    );
    for text in [flow.to_owned(), json.to_owned(), block, list] {
        let (unreadable, is_known, report) = read(&text);
        assert!(is_known && report.failure.is_none(), "{text}: {report:?}");
        let [one] = &unreadable[..] else { panic!("{text}: {unreadable:?}") };
        assert!(one.contains("services/shop/web: ") && one.contains("template"), "{one}");
    }
}

#[test]
fn a_template_of_which_only_the_namespace_is_open_hides_the_name_in_every_namespace() {
    for namespace in ["{{ .Release.Namespace }}", "\"{{ .Release.Namespace }}\"", "${NS}", "$NS"] {
        let (unreadable, is_known, report) =
            read(&WEB.replace("namespace: shop", &format!("namespace: {namespace}")));
        assert!(is_known, "{report:?}");
        let [one] = &unreadable[..] else { panic!("{namespace}: {unreadable:?} {report:?}") };
        assert!(one.starts_with("services/*/web: "), "{one}");
    }
}

#[test]
fn a_key_in_the_wrong_place_or_with_a_slip_makes_an_object_unreadable() {
    let ingress =
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: shop}\n";
    for (text, told) in [
        (WEB.replace("  annotations:\n  ", "annotations:\n"), "write it under `metadata`"),
        (WEB.replace("annotations", "anotations"), "did you mean `annotations`?"),
        (WEB.replace("annotations", "Annotations"), "did you mean `annotations`?"),
        (format!("{ingress}rules: [{{host: a}}]\n"), "write it under `spec`"),
        (format!("{ingress}spec: {{rule: [{{host: a}}]}}\n"), "did you mean `rules`?"),
        (format!("{ingress}spec: {{rules: [{{Host: a}}]}}\n"), "did you mean `host`?"),
        (format!("{ingress}spec: {{rules: [[a]]}}\n"), "a list stands where a map belongs"),
        (format!("{ingress}spec: {{rules: [{{host: a}}, null]}}\n"), "a null stands where a map"),
        (format!("{ingress}spec: []\n"), "a list stands where a map belongs"),
        (format!("{WEB}spec: [LoadBalancer]\n"), "a list stands where a map belongs"),
    ] {
        let (unreadable, is_known, report) = read(&text);
        assert!(is_known, "{text}: {report:?}");
        let [one] = &unreadable[..] else { panic!("{text}: {unreadable:?} {report:?}") };
        assert!(one.contains("/shop/web: ") && one.contains(told), "{one}");
    }
    for text in [
        format!("{WEB}x-common: &a {{b: c}}\n"),
        format!("{ingress}spec: {{defaultBackend: {{}}, rules: [{{host: a, http: {{}}}}]}}\n"),
    ] {
        assert_eq!(read(&text).0, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn an_annotation_without_a_value_is_there_and_empty() {
    for value in ["", "~", "null"] {
        let mut folder = Folder::new();
        folder.write("a.yaml", &WEB.replace("web.example.com", value));
        folder.manifests.load(0);
        let objects = folder.manifests.store.read();
        let service: &Service = objects.get("shop", "web").unwrap();
        let annotation = service.meta.annotations.get("external-dns.kubernetes.io/hostname");
        assert_eq!(annotation, Some(""), "{value:?}");
    }
}

#[test]
fn a_pipe_a_device_and_a_file_without_an_end_are_no_manifests_and_never_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let large = folder.path().join("large.yaml");
    std::fs::File::create(&large).unwrap().set_len((128 << 20) + 1).unwrap();
    for (path, said) in [
        (pipe.as_path(), "it is a pipe, and not a file; name a file"),
        (Path::new("/dev/zero"), "it is a device, and not a file; name a file"),
        (large.as_path(), "it is larger than any file that is read; split it"),
    ] {
        let store = Folder::new().manifests.store;
        let mut manifests = Manifests::new([path.to_owned()], store);
        let report = manifests.load(0);
        let told: Vec<_> = report.unreadable.iter().chain(&report.problems).collect();
        assert!(told.iter().any(|problem| problem.error == said), "{told:?}");
        assert!(report.failure.is_some(), "nothing is deleted for it");
    }
}
