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
    let names = texts.iter().map(|text| (*text).to_owned()).collect();
    let texts = TemplateTexts { names, ..TemplateTexts::default() };
    let templates =
        Templates::new(&texts, source, Shape::Typed).map_err(|error| error.to_string())?;
    templates.names_of(object).map_err(|error| error.to_string())
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
    let one = |text: &str| render(text, &pod).map(|parts| parts.join(","));
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
    // Go fails here; no record can have this name either, so it is refused in both cases.
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

#[test]
fn a_map_has_the_keys_that_the_object_gives_it_and_no_others() {
    let bare = json!({"kind": "Service", "metadata": {"name": "web"},
        "spec": {"selector": {"app": "x"}}});
    let one = |text: &str, object: &serde_json::Value| render(text, object).unwrap().join(",");
    let either = "{{if .Labels}}{{.Labels.app}}{{else}}{{.Name}}{{end}}.example.org";
    assert_eq!(one(either, &bare), "web.example.org");
    assert_eq!(one("{{len .Labels}}{{.Labels.app}}", &bare), "0<no value>");
    let keys = "{{range $k, $v := .Labels}}{{$k}}-{{$v}};{{end}}{{.Labels.gone}}";
    assert_eq!(one(keys, &service()), "team-a;<no value>");
    let selector = "{{range $k, $v := .Spec.Selector}}{{$k}}={{$v}};{{end}}{{.Spec.Selector.gone}}";
    assert_eq!(one(selector, &bare), "app=x;<no value>");
    assert_eq!(one("{{len .Spec.Selector}}{{with .Spec.Selector.gone}}x{{end}}", &bare), "1");
    assert_eq!(one("{{range $k, $v := .ObjectMeta.Annotations}}{{$k}}{{end}}", &service()), "json");
    assert_eq!(one("{{range .Labels}}x{{else}}none{{end}}", &bare), "none");
}

#[test]
fn a_key_is_looked_up_wherever_the_map_comes_from() {
    assert_eq!(one("{{$labels := .Labels}}{{$labels.team}}-{{$labels.gone}}"), "a-<no value>");
    assert_eq!(one("{{with .Labels}}{{.team}}-{{.gone}}{{end}}"), "a-<no value>");
    assert_eq!(one("{{define \"x\"}}{{.Labels.team}}{{end}}{{template \"x\" .}}"), "a");
    assert_eq!(one("{{(index .Spec.Ports 0).Name}}{{.Labels.team | printf \"-%s\"}}"), "http-a");
    assert_eq!(one("{{eq .Labels.gone \"a\"}}{{if .Labels.gone}}x{{end}}"), "false");
}

#[test]
fn a_struct_shows_its_fields_once() {
    assert_eq!(
        one("{{range $k, $v := (index .Spec.Ports 0)}}{{if eq $k \"name\"}}x{{end}}{{end}}"),
        "x"
    );
    let proxy = json!({"kind": "HTTPProxy", "metadata": {"name": "p"},
        "spec": {"virtualhost": {"fqdn": "a.example.org"}}});
    let fqdn = "{{.Spec.VirtualHost.Fqdn}},{{.Spec.virtualhost.fqdn}}";
    assert_eq!(render(fqdn, &proxy).unwrap(), ["a.example.org"]);
    assert!(render("{{.Spec.VirtualHost.Fqnd}}", &proxy).unwrap_err().contains("Fqnd"));
}

#[test]
fn the_methods_of_every_object_answer() {
    assert_eq!(one("{{.GetName}}.{{.GetNamespace}}.{{.ObjectMeta.GetName}}"), "web.default.web");
    assert_eq!(one("{{.GetLabels.team}}{{index .GetAnnotations \"gone\"}}"), "a");
    assert_eq!(one("{{range $k, $v := .GetLabels}}{{$k}}{{end}}"), "team");
    assert_eq!(
        one("{{.GetObjectKind.GroupVersionKind.Kind}}{{.GroupVersionKind.Version}}"),
        "Servicev1"
    );
    assert_eq!(one("{{.GetKind}}/{{.GetAPIVersion}}/{{.TypeMeta.Kind}}"), "Service/v1/Service");
    assert_eq!(one("{{.GetUID}}{{.GetGenerateName}}{{.GetGeneration}}"), "0");
    assert!(render("{{.GetNothing}}", &service()).unwrap_err().contains("GetNothing"));
}

#[test]
fn an_unknown_function_is_refused_wherever_it_is_called() {
    for text in [
        "{{nonsense .Name}}",
        "{{if .Labels.gone}}{{nonsense}}{{end}}",
        "{{range .Labels}}{{else}}{{.Name | nonsense}}{{end}}",
        "{{define \"x\"}}{{(nonsense).a}}{{end}}x",
    ] {
        let error = render(text, &service()).unwrap_err();
        assert!(error.contains("nonsense"), "{text}: {error}");
    }
}
