//! Folders of real repositories, in which most files are no manifests.

use super::*;

/// Files that give no object of ours, and hide none.
const NO_OBJECTS: &[(&str, &str)] = &[
    ("kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"),
    ("bare-kustomization.yaml", "resources: [../base]\npatches:\n- path: patch.yaml\n"),
    ("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 0.1.0\n"),
    ("values.yaml", "service: {type: LoadBalancer}\nkind: Deployment\nport: 1\nport: 2\n"),
    (
        "template.yaml",
        "{{- if .Values.on }}\nkind: Service\nmetadata:\n  name: {{ .Name }}\n{{- end }}\n",
    ),
    (
        "quoted-template.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: \"{{ .Release.Name }}-web\"}\n",
    ),
    ("substituted.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: \"${NAME}\"}\n"),
    ("jinja.yml", "{% for host in hosts %}\n- {{ host }}\n{% endfor %}\n"),
    ("workflow.yml", "on: [push]\njobs:\n  a: {runs-on: \"${{ matrix.os }}\"}\n"),
    ("package.json", "{\"name\": \"shop\", \"kind\": \"library\"}"),
    ("tsconfig.json", "// no JSON\n{\"compilerOptions\": {}, }\n"),
    ("docker-compose.yml", "services:\n  web: {image: nginx}\n"),
    ("patch.yaml", "- op: replace\n  path: /spec/type\n  value: LoadBalancer\n"),
    ("tagged.yaml", "a: !Ref b\nc: !!binary aGk=\nd: .inf\n1: 123456789012345678901234567890\n"),
    ("deployment.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n bad: [\n"),
    ("empty.yaml", ""),
    ("comments.yaml", "\u{feff}# one\n---\n#\ttwo\n...\n"),
    ("scalar.yaml", "just words\n"),
    ("README.md", "apiVersion: v1\nkind: Service\nmetadata: {name: no}\n"),
];

#[test]
fn files_without_kubernetes_objects_are_passed_over_in_one_line_and_hide_nothing() {
    let mut folder = Folder::new();
    folder.write("service.yaml", TWO);
    for (name, text) in NO_OBJECTS {
        folder.write(name, text);
    }
    std::fs::write(folder.folder.path().join("binary.yaml"), b"\0\x01\x02").unwrap();
    let report = folder.manifests.load(0);
    assert_eq!(report.problems, []);
    assert_eq!(report.failure, None);
    assert_eq!(folder.names(), ["default/one", "other/two"]);
    assert!(folder.is_synced());
    let line = report.passed_over().unwrap();
    for told in ["17 files are passed over", "Chart.yaml", "…", "to be rendered first", "binary"]
    {
        assert!(line.contains(told), "{told}: {line}");
    }
    assert!(!line.contains('\n'));
}

#[test]
fn an_object_with_a_value_of_the_wrong_type_is_unreadable_and_the_others_count() {
    let mut folder = Folder::new();
    folder.write(
        "a.yaml",
        &format!(
            "{TWO}---\napiVersion: v1\nkind: Service\nmetadata:\n  name: three\n  annotations:\n    \
             backup.example.org/enabled: true\n"
        ),
    );
    let report = folder.manifests.load(0);
    assert_eq!(folder.names(), ["default/one", "other/two"]);
    let [unreadable] = &folder.unreadable()[..] else { panic!("{report:?}") };
    for told in [
        "default/three: ",
        "a.yaml:15 (document 3)",
        "`metadata.annotations[\"backup.example.org/enabled\"]`",
        "put it in quotes",
    ] {
        assert!(unreadable.contains(told), "{told}: {unreadable}");
    }
    assert!(folder.is_synced(), "only the one object is not known");
    assert_eq!(report.failure, None);
}

#[test]
fn what_is_an_object_and_cannot_be_read_is_told_with_file_line_and_next_step() {
    let meta = "apiVersion: v1\nkind: Service\nmetadata:\n  name: x\n";
    for (text, told) in [
        (format!("{meta}spec:\n  externalIPs: 5\n"), "a.yaml:6 (document 1): `spec.externalIPs`: "),
        (format!("{meta}spec: {{}}\nspec: {{}}\n"), "a.yaml:6 (document 1): `spec` is there twice"),
        (format!("{meta}  labels:\n    a: 1\n"), "`metadata.labels.a`: "),
        (format!("{meta}  annotations: [a]\n"), "`metadata.annotations`: "),
        (format!("{meta}\tspec: {{}}\n"), "a.yaml:4 (document 1): "),
        (
            meta.replace("Service", "Services"),
            "there is no kind `Services`; did you mean `Service`?",
        ),
        (meta.replace("v1", "v2"), "is read as version v1 only, not v2; write it in that version"),
    ] {
        let mut folder = Folder::for_looking();
        folder.write("a.yaml", &text);
        folder.manifests.load(0);
        let unreadable = folder.unreadable();
        assert!(unreadable.len() == 1 && unreadable[0].contains(told), "{text}: {unreadable:?}");
    }
}

#[test]
fn what_may_be_an_object_is_unknown_to_commands_that_act_and_passed_over_by_commands_that_look() {
    for text in [
        // A slip in a key, in the name, or in the whole.
        "apiVerson: v1\nkind: Service\nmetadata: {name: one}\n",
        "apiVersion: v1\nknd: Service\nmetadata: {name: one}\n",
        "apiVersion: v1\nkind: Service\nmetadata: {nmae: one}\n",
        "apiVersion: v1\nkind: Service\n",
        "apiVersion: v1\nki",
        "this: is: no: yaml\n",
    ] {
        let mut careful = Folder::new();
        careful.write("a.yaml", text);
        let report = careful.manifests.load(0);
        assert!(!careful.is_synced(), "{text}");
        assert!(report.failure.is_some_and(|failure| failure.contains("a.yaml")), "{text}");
    }
    let mut looking = Folder::for_looking();
    looking.write("patch.yaml", "apiVersion: v1\nkind: Service\nmetadata: {labels: {a: b}}\n");
    looking.write("odd.yaml", "this: is: no: yaml\n");
    let report = looking.manifests.load(0);
    assert_eq!((report.problems, report.failure), (Vec::new(), None));
    assert!(looking.is_synced());
}

#[test]
fn only_the_kind_of_an_object_without_a_name_is_not_known() {
    let mut folder = Folder::new();
    folder.write("a.yaml", "apiVersion: v1\nkind: Service\nmetadata: {generateName: web-}\n");
    let report = folder.manifests.load(0);
    assert!(report.problems[0].error.contains("give it a `name`"), "{report:?}");
    assert!(!folder.is_synced());
    assert!(folder.manifests.store.read().gap(&Ingress::ID, "").is_none());
}

#[test]
fn a_template_that_says_its_name_hides_that_object_where_records_could_go() {
    let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: shop\n\
                spec:\n  ports: {{ .Values.ports }}\n";
    let mut folder = Folder::new();
    folder.write("a.yaml", text);
    folder.manifests.load(0);
    assert!(folder.unreadable()[0].starts_with("shop/web: "), "{:?}", folder.unreadable());
    assert!(folder.is_synced());
    let mut folder = Folder::for_looking();
    folder.write("a.yaml", text);
    let report = folder.manifests.load(0);
    assert_eq!((folder.unreadable(), report.passed.len()), (Vec::new(), 1));
}

#[test]
fn a_file_that_breaks_keeps_what_it_had_in_this_process_and_the_next() {
    let broken = "apiVersion: v1\nkind: Service\nmetadata:\n  name: one\n bad: [\n";
    for text in [broken, "", "\u{feff}{{ template }}", "- this: is: no: yaml"] {
        let mut folder = Folder::new();
        folder.write("a.yaml", TWO);
        folder.manifests.load(0);
        folder.write("a.yaml", text);
        folder.manifests.load(1);
        assert!(folder.names().contains(&"other/two".to_owned()), "{text}");
    }
    let mut folder = Folder::new();
    folder.write("a.yaml", broken);
    folder = folder.afresh();
    let report = folder.manifests.load(0);
    assert!(folder.unreadable()[0].starts_with("default/one: "), "{report:?}");
    assert!(folder.is_synced(), "the text says which object it is");
}

#[test]
fn an_object_that_is_taken_out_of_a_file_is_gone() {
    let mut folder = Folder::new();
    folder.write("a.yaml", TWO);
    folder.manifests.load(0);
    folder.write("a.yaml", "# nothing here any more\n");
    folder.manifests.load(1);
    assert_eq!(folder.names(), Vec::<String>::new());
    assert!(folder.is_synced());
}

#[test]
fn links_are_followed_once_and_hidden_folders_and_those_of_packages_are_not_looked_into() {
    let mut folder = Folder::new();
    let at = |name: &str| folder.folder.path().join(name);
    for hidden in [".git", "node_modules/x", "real"] {
        std::fs::create_dir_all(at(hidden)).unwrap();
        std::fs::write(at(hidden).join("a.yaml"), TWO).unwrap();
    }
    std::os::unix::fs::symlink("..", at("real/up")).unwrap();
    std::os::unix::fs::symlink("a.yaml", at("real/again.yaml")).unwrap();
    std::os::unix::fs::symlink("nowhere", at("dangling.yaml")).unwrap();
    let report = folder.manifests.load(0);
    assert_eq!((report.problems.as_slice(), report.repeated.as_slice()), (&[][..], &[][..]));
    assert_eq!(folder.names(), ["default/one", "other/two"]);
    assert!(folder.is_synced() && report.passed_over().unwrap().contains("dangling.yaml"));
}

#[test]
fn a_file_whose_link_leads_nowhere_now_keeps_what_it_had() {
    let mut folder = Folder::new();
    folder.write("data", TWO);
    std::os::unix::fs::symlink("data", folder.folder.path().join("a.yaml")).unwrap();
    folder.manifests.load(0);
    std::fs::remove_file(folder.folder.path().join("data")).unwrap();
    let report = folder.manifests.load(1);
    assert_eq!(folder.names(), ["default/one", "other/two"]);
    assert!(report.problems[0].error.contains("cannot be read"), "{report:?}");
}
