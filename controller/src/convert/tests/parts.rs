//! Parts of an installation that one program had, and that belong to one of two here.

use super::*;

/// Returns an installation of pods with a container beside that of ExternalDNS.
fn beside(container: &str) -> Conversion {
    made(&format!(
        "{{kind: Deployment, apiVersion: apps/v1, spec: {{template: {{spec: {{serviceAccountName: a, containers: [{{name: main, \
         image: x/external-dns:v1, args: [--source=crd, --provider=webhook, --txt-owner-id=a]}}, {container}]}}}}}}}}"
    ))
}

#[test]
fn the_provider_is_found_among_further_containers_whatever_holds_them() {
    let container =
        "{name: a, image: 'r.example.com:5000/b@sha256:00', env: [{name: KEY, value: x}]}";
    for made in [
        beside(container),
        made(&format!(
            "{{provider: webhook, policy: sync, txtOwnerId: a, extraContainers: [{container}]}}"
        )),
        made(&format!(
            "{{provider: webhook, policy: sync, txtOwnerId: a, sidecars: [{container}]}}"
        )),
        made(&format!(
            "{{provider: {{name: webhook}}, policy: sync, txtOwnerId: a, \
             extraContainers: [{{name: other, image: c:1}}, {}]}}",
            container.replace("name: a", "name: my-webhook")
        )),
    ] {
        let webhook = &made.values["provider"]["webhook"];
        assert_eq!(webhook["image"]["repository"], "r.example.com:5000/b@sha256", "{made:#?}");
        assert_eq!(webhook["env"], json!([{"name": "KEY", "value": "x"}]));
        assert_eq!(made.values["policy"], "sync", "{made:#?}");
    }
}

#[test]
fn a_second_controller_in_a_pod_is_an_installation_of_its_own() {
    let made =
        beside("{name: private, image: 'x/external-dns:v1', args: [--source=crd, --provider=aws]}");
    assert!(!made.values.contains_key("extraContainers"), "{made:#?}");
    assert_eq!(said(&made, "container private").first().unwrap().0, Weight::Refused);
    assert_eq!(made.values["policy"], "upsert-only");
}

#[test]
fn a_probe_asks_the_port_that_it_asked() {
    let ports = "ports: [{name: http, containerPort: 8888}, {name: health, containerPort: 8080}]";
    let probe = |port: &str| {
        let made = beside(&format!(
            "{{name: webhook, image: 'a:1', {ports}, livenessProbe: {{httpGet: {{path: /, port: {port}}}}}}}"
        ));
        made.values["provider"]["webhook"]["livenessProbe"]["httpGet"]["port"].clone()
    };
    assert_eq!(probe("http"), json!(8888));
    assert_eq!(probe("health"), json!("http-webhook"));
    assert_eq!(probe("'8888'"), json!(8888));
    assert_eq!(probe("9000"), json!(9000));
    let made = beside(&format!(
        "{{name: webhook, image: 'a:1', {ports}, livenessProbe: {{httpGet: {{path: /, port: gone}}}}}}"
    ));
    assert_eq!(made.heaviest(), Some(Weight::Refused), "{made:#?}");
}

#[test]
fn a_provider_that_was_not_probed_is_not_ended_by_a_probe() {
    let webhook = beside("{name: webhook, image: a}").values["provider"]["webhook"].clone();
    assert_eq!(
        (&webhook["livenessProbe"], &webhook["readinessProbe"]),
        (&Value::Null, &Value::Null)
    );
    assert!(
        webhook.as_object().unwrap().contains_key("livenessProbe"),
        "null takes the chart's own away"
    );
    assert_eq!(webhook["image"]["pullPolicy"], "Always", "as Kubernetes has it for `latest`");
}

#[test]
fn where_the_proxy_is_both_programs_are_told() {
    let text = |provider: &str| {
        format!(
            "{{provider: {{name: {provider}}}, policy: sync, txtOwnerId: a, env: [{{name: HTTPS_PROXY, value: 'http://p:1'}}, \
             {{name: no_proxy, value: a}}, {{name: OTHER, value: b}}, {{name: GOGC, value: '50'}}]}}"
        )
    };
    let names = |value: &Value| {
        let list = value.as_array().into_iter().flatten();
        list.map(|variable| variable["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let aws = made(&text("aws"));
    assert_eq!(names(&aws.values["env"]), ["HTTPS_PROXY", "no_proxy", "OTHER"]);
    assert_eq!(names(&aws.values["provider"]["webhook"]["env"]), ["HTTPS_PROXY", "no_proxy"]);
    assert_eq!(said(&aws, "GOGC").first().unwrap().0, Weight::Note);
    // There it was the controller's alone.
    let webhook = made(&text("webhook"));
    assert!(names(&webhook.values["provider"]["webhook"]["env"]).is_empty(), "{webhook:#?}");
}

#[test]
fn a_variable_goes_to_the_program_whose_arguments_refer_to_it() {
    let made = made(
        "{policy: sync, txtOwnerId: $(CLUSTER), extraArgs: ['--aws-assume-role=$(ROLE)', '--aws-zone-tags=c=$(CLUSTER)', \
         '--fqdn-template=$$(X)'], env: [{name: ROLE, valueFrom: {secretKeyRef: {name: a, key: b}}}, {name: CLUSTER, value: c}]}",
    );
    assert_eq!(made.heaviest(), None, "{made:#?}");
    assert_eq!(made.values["env"], json!([{"name": "CLUSTER", "value": "c"}]));
    let theirs = made.values["provider"]["webhook"]["env"].as_array().unwrap();
    assert_eq!(theirs.len(), 2, "{theirs:?}");
}

#[test]
fn a_key_that_bitnamis_chart_passes_over_restricts_nothing() {
    let made =
        made("{provider: aws, aws: {region: x}, namespaced: true, policy: sync, txtOwnerId: a}");
    assert!(!made.values.contains_key("namespaced"), "{made:#?}");
    assert_eq!(
        made.values["sourceNamespaces"],
        json!([crate::args::OPEN]),
        "it may be the other chart's"
    );
    assert_eq!(made.values["policy"], "upsert-only");
    let may_be_either = self::made("{provider: aws, namespace: apps, policy: sync, txtOwnerId: a}");
    assert_eq!(may_be_either.values["sourceNamespaces"], json!([crate::args::OPEN]));
    assert_eq!(said(&may_be_either, "namespace").first().unwrap().0, Weight::Refused);
    assert_eq!(may_be_either.values["policy"], "upsert-only");
}

#[test]
fn bitnamis_keys_count_as_they_do_there() {
    let made = made(
        "{provider: aws, aws: {preferCNAME: 'false', evaluateTargetHealth: false}, policy: sync, txtOwnerId: a, \
         serviceTypeFilter: [LoadBalancer], managedRecordTypesFilters: [A, TXT], extraArgs: {events: '', dry-run: false, min-ttl: 5m}, \
         rbac: {serviceAccountName: old, serviceAccountAnnotations: {a: b}}, networkPolicy: {enabled: true, allowExternal: true}, \
         metrics: {googlePodMonitor: {enabled: false, interval: ''}}, forceTxtOwnerId: false, containerPorts: {http: 7979}}",
    );
    assert_eq!(made.heaviest(), Some(Weight::Note), "{made:#?}");
    assert_eq!(made.provider, ["--no-aws-evaluate-target-health", "--aws-prefer-cname"]);
    for word in [
        "--events",
        "--dry-run",
        "--min-ttl=5m",
        "--service-type-filter=LoadBalancer",
        "--managed-record-types=TXT",
    ] {
        assert!(made.controller.contains(&word.to_owned()), "{word}: {made:#?}");
    }
    assert_eq!(made.values["serviceAccount"], json!({"name": "old", "annotations": {"a": "b"}}));
}

#[test]
fn terraform_has_deployments_and_add_ons_too() {
    let deployment = r#"
        resource "kubernetes_deployment_v1" "dns" {
          metadata { name = "external-dns" }
          spec {
            selector { match_labels = { app = "external-dns" } }
            template {
              metadata { labels = { app = "external-dns" } }
              spec {
                service_account_name = "dns"
                container {
                  name = "external-dns"
                  image = "registry.k8s.io/external-dns/external-dns:v0.15.0"
                  args = ["--source=service", "--provider=aws", "--policy=sync", "--txt-owner-id=me"]
                  env {
                    name = "AWS_ACCESS_KEY_ID"
                    value_from { secret_key_ref { 
                      name = "aws"
                      key = "id"
                    } }
                  }
                  security_context { run_as_user = 1000 }
                }
                toleration { operator = "Exists" }
                volume { 
                  name = "x"
                  empty_dir {}
                }
              }
            }
          }
        }"#;
    let made = made(deployment);
    assert_eq!(made.values["policy"], "sync", "{made:#?}");
    assert_eq!(made.values["securityContext"], json!({"runAsUser": 1000}));
    assert_eq!(made.values["tolerations"], json!([{"operator": "Exists"}]));
    assert_eq!(made.values["extraVolumes"], json!([{"name": "x", "emptyDir": {}}]));
    let env = &made.values["provider"]["webhook"]["env"];
    assert_eq!(env[0]["valueFrom"]["secretKeyRef"]["key"], "id");
    let addon = "resource \"aws_eks_addon\" \"dns\" {\n addon_name = \"external-dns\"\n cluster_name = var.c\n \
                 configuration_values = jsonencode({policy = \"sync\", txtOwnerId = \"me\", domainFilters = [\"a.org\"]})\n}";
    let addon = self::made(addon);
    assert_eq!(
        (&addon.values["policy"], addon.heaviest()),
        (&json!("sync"), Some(Weight::Changed)),
        "{addon:#?}"
    );
}

#[test]
fn what_no_chart_knows_may_be_computed_elsewhere() {
    let release = |name: &str| {
        made(&format!(
            "resource \"helm_release\" \"external_dns\" {{\n set {{\n name = \"{name}\"\n value = var.x\n }}\n \
             set {{\n name = \"policy\"\n value = \"sync\"\n }}\n set {{\n name = \"txtOwnerId\"\n value = \"me\"\n }}\n}}"
        ))
    };
    assert_eq!(release("wait-for").values["policy"], "sync");
    assert_eq!(release("domainFilters[0]").values["policy"], "upsert-only");
}

#[test]
fn what_only_says_where_the_objects_are_is_sent_there() {
    for (text, told) in [
        (
            "{kind: Kustomization, apiVersion: kustomize.config.k8s.io/v1beta1, resources: [a]}",
            "kustomize build .",
        ),
        (
            "{kind: Kustomization, apiVersion: kustomize.toolkit.fluxcd.io/v1, spec: {path: ./dns}}",
            "kustomize build ./dns",
        ),
        (
            "{kind: Application, apiVersion: argoproj.io/v1alpha1, spec: {source: {path: apps/dns}}}",
            "kustomize build apps/dns",
        ),
        ("{{- if .Values.x }}\na: b\n{{- end }}\n", "it is a template, and not what it makes"),
        (
            "domainFilters:\n%{ for d in domains ~}\n- ${d}\n%{ endfor ~}\n",
            "it is a template, and not what it makes",
        ),
    ] {
        let said = convert(text).unwrap_err();
        assert!(said.contains(told), "{text}: {said}");
    }
}

#[test]
fn a_variable_takes_along_those_that_it_refers_to_and_stands_behind_them() {
    let made = made(
        "{policy: sync, txtOwnerId: me, provider: {name: aws}, extraArgs: ['--aws-assume-role=$(ROLE)', '--label-filter=at=$(SITE)'], \
         env: [{name: SITE, value: a}, {name: NAME, value: 'dns-$(SITE)'}, {name: ROLE, value: 'role/$(NAME)'}, {name: OWN, value: x}]}",
    );
    let names = |env: &Value| -> Vec<String> {
        env.as_array()
            .unwrap()
            .iter()
            .map(|variable| variable["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&made.values["env"]), ["SITE", "OWN"], "{made:#?}");
    assert_eq!(names(&made.values["provider"]["webhook"]["env"]), ["SITE", "NAME", "ROLE"]);
    assert_eq!(made.heaviest(), None, "{made:#?}");
}

#[test]
fn a_variable_that_refers_to_one_that_is_not_there_is_told() {
    let made = made(
        "{policy: sync, txtOwnerId: me, env: [{name: AWS_REGION, value: '$(REGION)'}, {name: A, value: '$$(B)$(KUBERNETES_SERVICE_HOST)'}]}",
    );
    let about = said(&made, "$(REGION)");
    assert!(about.iter().any(|(_, text)| text.contains("`AWS_REGION=$(REGION)`")), "{made:#?}");
    assert!(said(&made, "$(B)").is_empty() && said(&made, "$(KUBERNETES_SERVICE_HOST)").is_empty());
}

#[test]
fn a_template_that_only_helm_could_fill_in_is_told_in_the_words_of_the_provider_too() {
    for template in
        ["{{ .Release.Namespace }}", "{{ printf \"%s\" .Chart.Name }}", "{{- include \"x\" . -}}"]
    {
        let text = serde_json::to_string(&format!("--aws-zone-tags=a={template}")).unwrap();
        let made = made(&format!(
            "{{policy: sync, txtOwnerId: me, provider: {{name: aws}}, extraArgs: [{text}]}}"
        ));
        let about = said(&made, "extraArgs");
        assert!(about.iter().any(|(_, said)| said.contains(template)), "{template}: {made:#?}");
    }
    let made = made(
        "{policy: sync, txtOwnerId: me, provider: {name: aws}, zone: b, extraArgs: ['--aws-zone-tags=a={{ .Values.zone }}{{ \"c\" }}']}",
    );
    assert_eq!(made.provider, ["--aws-zone-tags=a=bc"], "{made:#?}");
}

#[test]
fn numbers_that_terraform_has_as_text_are_numbers_in_kubernetes() {
    let made = made(
        r#"resource "kubernetes_deployment_v1" "external_dns" {
             metadata { name = "external-dns" }
             spec {
               replicas = "1"
               template {
                 spec {
                   host_pid = false
                   security_context { fs_group = "65534" }
                   container {
                     name  = "external-dns"
                     image = "registry.k8s.io/external-dns/external-dns:v0.20.0"
                     args  = ["--source=service", "--provider=aws", "--policy=sync", "--txt-owner-id=me"]
                     security_context { run_as_user = "65532" }
                     volume_mount {
                       name       = "ca"
                       mount_path = "/ca"
                     }
                   }
                   volume {
                     name = "ca"
                     secret {
                       secret_name  = "ca"
                       default_mode = "0400"
                       items {
                         key  = "a"
                         path = "b"
                         mode = "0444"
                       }
                     }
                   }
                   toleration {
                     key                = "a"
                     operator           = "Exists"
                     toleration_seconds = "60"
                   }
                 }
               }
             }
           }"#,
    );
    let values = Value::Object(made.values.clone());
    let secret = &values["extraVolumes"][0]["secret"];
    assert_eq!(
        (&secret["defaultMode"], &secret["items"][0]["mode"]),
        (&json!(256), &json!(292)),
        "{values:#}"
    );
    assert_eq!(values["podSecurityContext"]["fsGroup"], 65534, "{values:#}");
    assert_eq!(values["securityContext"]["runAsUser"], 65532, "{values:#}");
    assert_eq!(values["tolerations"][0]["tolerationSeconds"], 60, "{values:#}");
    assert!(!made.remarks.iter().any(|remark| remark.place.contains("host")), "{made:#?}");
}

#[test]
fn a_number_is_written_as_the_chart_takes_it_and_as_the_program_does() {
    for (flag, bad) in [
        (
            "aws-batch-change-size",
            ["1e1", "inf", "0x10", "1_000", "1.5", "-1", "99999999999999999999"],
        ),
        ("aws-requests-per-second", ["1e1", "inf", "NaN", "0x10", "1_000", "-1", ".5"]),
    ] {
        for text in bad {
            let made =
                made(&format!("--source=service --provider=aws --txt-owner-id=me --{flag}={text}"));
            assert!(made.provider.is_empty(), "{flag}={text}: {made:#?}");
            let about = said(&made, &format!("--{flag}"));
            assert!(about.iter().any(|(_, said)| said.contains("it takes a number")), "{made:#?}");
        }
        let word = format!("--{flag}=10");
        assert_eq!(
            made(&format!("--source=service --provider=aws --txt-owner-id=me {word}")).provider,
            [word]
        );
    }
    let fraction = "--aws-requests-per-second=2.5";
    assert_eq!(
        made(&format!("--source=service --provider=aws --txt-owner-id=me {fraction}")).provider,
        [fraction]
    );
}

#[test]
fn objects_of_another_group_are_not_read_and_what_they_made_is_not_deleted() {
    let other = "externaldns.nginx.org/v1";
    let flag = format!("--crd-source-apiversion={other}");
    let (aws, owned) = (json!({"name": "aws"}), json!("me"));
    let of_chart = |more: Value| {
        let mut values =
            json!({"provider": aws, "policy": "sync", "txtOwnerId": owned, "sources": ["crd"]});
        values.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        made(&values.to_string())
    };
    let words = "--source=crd --provider=aws --policy=sync --txt-owner-id=me";
    for (made, place) in [
        (made(&format!("{words} {flag}")), "--crd-source-apiversion"),
        (made(&format!("{words} --crd-source-kind=Name")), "--crd-source-kind"),
        (of_chart(json!({"extraArgs": [flag]})), "--crd-source-apiversion"),
        (
            of_chart(json!({"env": [{"name": "EXTERNAL_DNS_CRD_SOURCE_KIND", "value": "Name"}]})),
            "EXTERNAL_DNS_CRD_SOURCE_KIND",
        ),
        (
            of_chart(json!({"provider": "aws", "crd": {"create": true, "apiversion": other}})),
            "crd.apiversion",
        ),
    ] {
        let (weight, text) = *said(&made, place).first().unwrap();
        assert_eq!(weight, Weight::Refused, "{made:#?}");
        assert!(text.contains("`unstructured`") && text.contains("copies"), "{text}");
        assert_eq!(made.values["policy"], "upsert-only", "{made:#?}");
    }
    for made in [
        made(&format!(
            "{words} --crd-source-apiversion=externaldns.k8s.io/v1alpha1 --crd-source-kind=DNSEndpoint"
        )),
        of_chart(
            json!({"provider": "aws", "crd": {"create": false, "apiversion": "", "kind": ""}}),
        ),
    ] {
        assert!(made.heaviest() <= Some(Weight::Note), "{made:#?}");
        assert_eq!(made.values["policy"], "sync", "{made:#?}");
    }
}

#[test]
fn zones_are_chosen_by_the_expressions_that_choose_names() {
    let expression = "--regex-domain-filter=(^|[.])example[.]org$";
    for values in [
        json!({"provider": {"name": "aws"}, "domainFilters": ["example.com"], "extraArgs": [expression]}),
        json!({"provider": "aws", "aws": {"zoneType": "public"}, "domainFilters": ["example.com"],
               "regexDomainFilter": "(^|[.])example[.]org$"}),
    ] {
        let made = made(&values.to_string());
        assert!(made.controller.contains(&expression.to_owned()), "{made:#?}");
        assert!(made.provider.contains(&expression.to_owned()), "{made:#?}");
        assert!(!made.provider.contains(&"--domain-filter=example.com".to_owned()), "{made:#?}");
    }
}

#[test]
fn an_expression_that_keeps_out_takes_no_lists_away() {
    let exclusion = "^internal[.]";
    for (values, place) in [
        (
            json!({"provider": {"name": "aws"}, "policy": "sync", "txtOwnerId": "me", "domainFilters": ["example.com"],
                   "extraArgs": [format!("--regex-domain-exclusion={exclusion}")]}),
            "--regex-domain-exclusion",
        ),
        (
            json!({"provider": "aws", "aws": {"zoneType": "public"}, "policy": "sync", "txtOwnerId": "me",
                   "excludeDomains": ["dev.example.com"], "regexDomainExclusion": exclusion}),
            "extraArgs.regex-domain-exclusion",
        ),
    ] {
        let made = made(&values.to_string());
        assert!(!made.controller.iter().any(|word| word.contains(exclusion)), "{made:#?}");
        assert!(made.provider.iter().any(|word| word.ends_with("example.com")), "{made:#?}");
        assert_eq!(said(&made, place).first().unwrap().0, Weight::Changed, "{made:#?}");
    }
    let both = made(&format!(
        "--source=service --provider=aws --policy=sync --txt-owner-id=me --domain-filter=example.com \
         --regex-domain-filter=org$ --regex-domain-exclusion={exclusion}"
    ));
    assert!(both.provider.contains(&format!("--regex-domain-exclusion={exclusion}")), "{both:#?}");
}
