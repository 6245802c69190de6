//! Lists, streams and encodings: what `kubectl` and other tools write.

use std::fmt::Write as _;

use super::*;

/// A Service as an API server gives it, in JSON.
fn full(number: usize) -> String {
    format!(
        "{{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {{\"name\": \"s{number}\", \
         \"namespace\": \"shop\", \"uid\": \"{number:08}-0000-4000-8000-000000000000\", \
         \"resourceVersion\": \"{number}\", \"labels\": {{\"app\": \"s{number}\", \"tier\": \"web\"}}, \
         \"annotations\": {{\"external-dns.kubernetes.io/hostname\": \"s{number}.example.com\"}}}}, \
         \"spec\": {{\"type\": \"LoadBalancer\", \"clusterIP\": \"10.0.0.1\", \"ports\": [{{\"name\": \
         \"http\", \"port\": 80, \"protocol\": \"TCP\", \"targetPort\": 8080}}, {{\"name\": \"https\", \
         \"port\": 443, \"protocol\": \"TCP\", \"targetPort\": 8443}}], \"selector\": {{\"app\": \
         \"s{number}\"}}, \"sessionAffinity\": \"None\", \"ipFamilies\": [\"IPv4\"]}}, \"status\": \
         {{\"loadBalancer\": {{\"ingress\": [{{\"ip\": \"192.0.2.1\"}}]}}}}}}"
    )
}

#[test]
fn a_list_of_thousands_is_read_as_json_and_as_yaml() {
    let mut json = "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [".to_owned();
    let mut yaml = "apiVersion: v1\nkind: List\nitems:\n".to_owned();
    for number in 0..4_000 {
        let separator = if number == 0 { "" } else { ",\n" };
        write!(json, "{separator}{}", full(number)).unwrap();
        writeln!(yaml, "- {}", full(number)).unwrap();
    }
    json.push_str("]}");
    for (name, text) in [("list.json", &json), ("list.yaml", &yaml), ("json.yaml", &json)] {
        let mut folder = Folder::for_looking();
        folder.write(name, text);
        let report = folder.manifests.load(0);
        assert_eq!((report.objects, report.failure), (4_000, None), "{name}");
    }
}

#[test]
fn what_aliases_make_of_a_small_file_is_bounded() {
    let mut laughs =
        "apiVersion: v1\nkind: Service\nmetadata: {name: x}\na: &a [lol, lol]\n".to_owned();
    for (before, next) in ('a'..='y').zip('b'..='z') {
        let all = vec![format!("*{before}"); 9].join(", ");
        writeln!(laughs, "{next}: &{next} [{all}]").unwrap();
    }
    let long = "x".repeat(100_000);
    let all = ["*a"].repeat(2_000).join(", ");
    let wide =
        format!("apiVersion: v1\nkind: Service\nmetadata: {{name: y}}\na: &a {long}\nb: [{all}]\n");
    let brackets = 100_000;
    let deep = format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: z}}\na: {}{}\n",
        "[".repeat(brackets),
        "]".repeat(brackets)
    );
    for text in [laughs, wide, deep] {
        let mut folder = Folder::for_looking();
        folder.write("a.yaml", &text);
        folder.write("b.yaml", TWO);
        let report = folder.manifests.load(0);
        assert!(report.failure.is_some_and(|failure| failure.contains("a.yaml")));
        assert_eq!(folder.names(), ["default/one", "other/two"]);
    }
}

#[test]
fn one_block_may_be_repeated_in_many_objects() {
    let mut text = "apiVersion: v1\nkind: List\nlabels: &labels {a: b}\nitems:\n".to_owned();
    for number in 0..500 {
        writeln!(
            text,
            "- {{apiVersion: v1, kind: Service, metadata: {{name: s{number}, labels: *labels}}}}"
        )
        .unwrap();
    }
    let mut folder = Folder::for_looking();
    folder.write("a.yaml", &text);
    assert_eq!(folder.manifests.load(0).objects, 500);
}

#[test]
fn an_item_of_a_list_that_cannot_be_read_is_named_and_the_others_count() {
    let mut folder = Folder::for_looking();
    folder.write(
        "list.yaml",
        "apiVersion: v1\nkind: ServiceList\nitems:\n- metadata: {name: one}\n- metadata:\n    \
         name: two\n  spec:\n    ports:\n    - port: 80\n      nodePort: many\n- metadata: {name: \
         three}\n  spec: {}\n  spec: {}\n- metadata: {name: four}\n",
    );
    folder.manifests.load(0);
    assert_eq!(folder.names(), ["default/four", "default/one"]);
    let unreadable = folder.unreadable();
    assert!(unreadable[0].contains("list.yaml:13 (document 1)"), "{unreadable:?}");
    let told = "list.yaml:10 (document 1): `items[1].spec.ports[0].nodePort`: ";
    assert!(unreadable[1].contains(told), "{unreadable:?}");
}

#[test]
fn json_objects_may_stand_one_after_another() {
    for (name, separator) in
        [("a.json", "\n"), ("a.yaml", ""), ("a.yaml", "\n---\n"), ("a.yml", "\n\n")]
    {
        let mut folder = Folder::for_looking();
        folder.write(name, &[full(1), full(2)].join(separator));
        assert_eq!(folder.manifests.load(0).objects, 2, "{name} {separator:?}");
    }
    let mut folder = Folder::for_looking();
    folder.write("a.json", &format!("{}\n{}\n{{\"kind\": \"Service\", ", full(1), full(2)));
    let report = folder.manifests.load(0);
    assert_eq!(folder.names(), ["shop/s1", "shop/s2"]);
    assert!(report.failure.unwrap().contains("a.json:3 (document 3)"));
}

#[test]
fn markers_with_a_title_marks_of_encodings_and_line_ends_of_windows_are_read() {
    let service =
        |name: &str| format!("apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n");
    let wide: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(service("wide").encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let mut folder = Folder::for_looking();
    folder.write("bom.yaml", &format!("\u{feff}{}", service("bom")));
    folder.write(
        "crlf.yaml",
        &format!("%YAML 1.2\r\n---\r\n{}", service("crlf")).replace('\n', "\r\n"),
    );
    folder.write(
        "titles.yaml",
        &format!(
            "---\ttitle: one\n{}--- # Source: chart/a.yaml\n{}---no space\n{}#\ttab\n",
            service("title"),
            service("comment"),
            service("close")
        ),
    );
    std::fs::write(folder.folder.path().join("wide.yaml"), wide).unwrap();
    let report = folder.manifests.load(0);
    assert_eq!(report.problems, []);
    let names = ["bom", "close", "comment", "crlf", "title", "wide"];
    assert_eq!(folder.names(), names.map(|name| format!("default/{name}")));
}

#[test]
fn bytes_that_are_not_utf_8_spoil_only_their_document() {
    let mut folder = Folder::new();
    let text = format!("{TWO}---\napiVersion: v1\nkind: Service\nmetadata:\n  name: three # ");
    let bytes = [text.as_bytes(), b"caf\xe9\n"].concat();
    std::fs::write(folder.folder.path().join("a.yaml"), bytes).unwrap();
    folder.manifests.load(0);
    assert_eq!(folder.names(), ["default/one", "other/two"]);
    assert!(folder.unreadable()[0].starts_with("default/three: "), "{:?}", folder.unreadable());
}
