//! What templates make of objects, as Go's would.

use serde_json::json;

use super::*;

fn render(text: &str, object: &serde_json::Value) -> Result<Vec<String>, String> {
    run(&[text], "service", object)
}

fn run(
    texts: &[&str],
    source: &'static str,
    object: &serde_json::Value,
) -> Result<Vec<String>, String> {
    let names = texts.iter().map(|it| (*it).to_owned()).collect();
    let texts = TemplateTexts { names, ..TemplateTexts::default() };
    let templates = Templates::new(&texts, source, Shape::Typed).map_err(|it| it.to_string())?;
    templates.names_of(object).map_err(|it| it.to_string())
}

fn service() -> serde_json::Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "web", "namespace": "default", "labels": {"team": "a"},
            "annotations": {"json": "{\"host\": \"j.example.org\"}"}},
        "spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.1",
            "ports": [{"name": "http", "port": 80}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
    })
}

fn one(text: &str) -> String {
    render(text, &service()).unwrap().join(",")
}

#[test]
fn an_object_answers_to_go_names_and_to_json_names() {
    assert_eq!(one("{{.Name}}.{{.Namespace}}"), "web.default");
    assert_eq!(one("{{.Kind}}.{{.APIVersion}}.{{.ObjectMeta.Name}}"), "Service.v1.web");
    assert_eq!(one("{{.Spec.ClusterIP}} {{.Spec.clusterIP}}"), "10.0.0.1 10.0.0.1");
    assert_eq!(
        one("{{range .Status.LoadBalancer.Ingress}}{{.IP}}{{.Hostname}}{{end}}"),
        "192.0.2.1"
    );
    assert_eq!(one("{{.Metadata.Labels.team}}.{{.Object.metadata.name}}"), "a.web");
    assert_eq!(one("{{range .Spec.Ports}}{{.Name}}-{{.Port}}-{{.NodePort}}{{end}}"), "http-80-0");
}

#[test]
fn what_is_not_set_is_zero_and_what_does_not_exist_is_an_error() {
    assert_eq!(one("x{{.Spec.ExternalName}}"), "x");
    assert_eq!(one("{{range .Spec.ExternalIPs}}x{{else}}none{{end}}"), "none");
    assert!(render("{{.Spec.Nonsense}}", &service()).unwrap_err().contains("Nonsense"));
    assert!(render("{{.Calibre}}", &service()).unwrap_err().contains("Calibre"));
}

#[test]
fn fields_of_kubernetes_types_are_zero_when_they_are_not_set() {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c"}]},
    });
    let one = |text: &str| render(text, &pod).map(|it| it.join(","));
    let empty = [
        "Spec.DNSPolicy",
        "Spec.RestartPolicy",
        "Spec.SchedulerName",
        "Status.HostIP",
        "Status.NominatedNodeName",
        "GenerateName",
        "ObjectMeta.ResourceVersion",
    ];
    for field in empty {
        assert_eq!(one(&format!("x{{{{.{field}}}}}")).as_deref(), Ok("x"), "{field}");
    }
    assert_eq!(one("{{.Spec.HostPID}}-{{.Generation}}-{{len .Finalizers}}").unwrap(), "false-0-0");
    let container = "{{range .Spec.Containers}}{{.Name}}-{{.Image}}-{{.TTY}}-{{len .Env}}{{end}}";
    assert_eq!(one(container).unwrap(), "c--false-0");
    assert_eq!(one("{{if .Spec.SecurityContext}}set{{else}}not{{end}}").unwrap(), "not");
    assert_eq!(one("{{if .Spec.Priority}}set{{else}}not{{end}}").unwrap(), "not");
    assert_eq!(one("{{index .Spec.NodeSelector \"a\"}}x").unwrap(), "x");
    // Go fails here; nobody can have this name either, so it is refused in both cases.
    assert_eq!(one("{{.Spec.SecurityContext.RunAsUser}}").unwrap(), "<no value>");
    assert!(one("{{.Spec.Hostnames}}").unwrap_err().contains("Hostnames"));
}

#[test]
fn a_key_that_a_map_does_not_have_is_no_error() {
    assert_eq!(one("{{.Labels.team}}-{{.Labels.gone}}"), "a-<no value>");
    assert_eq!(one("x{{index .Labels \"gone\"}}"), "x");
    assert_eq!(one("{{hasKey .Labels \"team\"}}-{{hasKey .Labels \"gone\"}}"), "true-false");
}

#[test]
fn the_functions_take_their_arguments_in_the_documented_order() {
    assert_eq!(one("{{contains .Name \"we\"}}"), "true");
    assert_eq!(one("{{trimPrefix .Name \"w\"}}{{trimSuffix .Name \"b\"}}"), "ebwe");
    assert_eq!(one("{{trim \"  a \"}}{{toLower \"AB\"}}"), "aab");
    assert_eq!(one("{{replace \"e\" \"i\" .Name}}{{.Name | replace \"w\" \"v\"}}"), "wibveb");
    assert_eq!(
        one("{{isIPv4 \"192.0.2.1\"}}{{isIPv6 \"::ffff:192.0.2.1\"}}{{isIPv4 \"x\"}}"),
        "truetruefalse"
    );
    assert_eq!(one("{{(fromJson (index .Annotations \"json\")).host}}"), "j.example.org");
    assert_eq!(one("{{with fromJson \"nonsense\"}}x{{else}}nil{{end}}"), "nil");
    assert_eq!(
        one("{{if and (eq .Kind \"Service\") (not false)}}{{printf \"%s.x\" .Name}}{{end}}"),
        "web.x"
    );
}

#[test]
fn a_template_can_ask_which_source_runs_it() {
    let text = "{{if isSource \"Service\"}}yes{{else}}no{{end}}";
    assert_eq!(run(&[text], "service", &service()).unwrap(), ["yes"]);
    assert_eq!(run(&[text], "node", &service()).unwrap(), ["no"]);
    assert!(render("{{isSource \"nonsense\"}}", &service()).is_err());
}

#[test]
fn what_comes_out_is_split_trimmed_sorted_and_unique() {
    let names = render("b.example.org. , a.example.org,,b.example.org", &service()).unwrap();
    assert_eq!(names, ["a.example.org", "b.example.org"]);
    let names = run(&["{{.Name}}.a", "{{.Name}}.b"], "service", &service()).unwrap();
    assert_eq!(names, ["web.a", "web.b"]);
    assert!(run(&[" "], "service", &service()).unwrap().is_empty());
}

#[test]
fn a_bad_template_names_its_flag_and_place() {
    let error = run(&["ok", "{{.Name"], "service", &service()).unwrap_err();
    assert!(error.starts_with("--fqdn-template[1] \"{{.Name\": "), "{error}");
    let twice = "{{define \"a\"}}x{{end}}";
    let error = run(&[twice, twice], "service", &service()).unwrap_err();
    assert!(error.contains("`a` is defined twice"), "{error}");
}

#[test]
fn words_in_capitals_keep_their_go_names() {
    let object = json!({"kind": "X", "metadata": {"name": "x"},
        "spec": {"dnsNames": ["a"], "url": "u", "hostnames": ["h"], "tls": 1}});
    let texts = TemplateTexts {
        names: vec!["{{index .Spec.DNSNames 0}}{{.Spec.URL}}{{index .Spec.Hostnames 0}}{{.Spec.TLS}}{{.Spec.gone}}".into()],
        ..TemplateTexts::default()
    };
    let templates = Templates::new(&texts, "unstructured", Shape::Untyped).unwrap();
    assert_eq!(templates.names_of(&object).unwrap(), ["auh1<no value>"]);
}
