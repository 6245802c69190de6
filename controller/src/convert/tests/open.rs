//! What something else fills in, or the cluster adds, is neither judged nor taken for a setting.

use super::*;

const PLACES: [&str; 7] = [
    "<path:kv/data/dns#owner>",
    "ref+vault://kv/dns#/owner",
    "ENC[AES256_GCM,data:abc=,iv:x,tag:y,type:str]",
    "${OWNER}",
    "$OWNER",
    "((owner))",
    "#{owner}#",
];

#[test]
fn what_another_tool_fills_in_is_never_judged_and_deletes_nothing() {
    for place in PLACES {
        for key in ["txtOwnerId", "labelFilter", "txtPrefix"] {
            let values = json!({"provider": {"name": "aws"}, "policy": "sync", "txtOwnerId": "me", key: place});
            let made = made(&values.to_string());
            assert_eq!(made.values[key], place, "{made:#?}");
            assert_eq!(made.values["policy"], "upsert-only", "{key}: {place}");
            assert_eq!(made.heaviest(), Some(Weight::Changed), "{key}: {place}: {made:#?}");
        }
        for (key, value) in [
            ("policy", json!(place)),
            ("interval", json!(place)),
            ("namespaced", json!(place)),
            ("sources", json!([place])),
            ("provider", json!(place)),
            ("extraArgs", json!({"aws-zone-type": place})),
        ] {
            let mut values =
                json!({"provider": {"name": "aws"}, "policy": "sync", "txtOwnerId": "me"});
            values[key] = value;
            let made = made(&values.to_string());
            assert_eq!(made.heaviest(), Some(Weight::Refused), "{key}: {place}: {made:#?}");
            assert_eq!(made.values["policy"], "upsert-only", "{key}: {place}");
            assert!(!made.to_string().contains("no release of ExternalDNS has"), "{made:#?}");
        }
        // On these no record hangs.
        let values = json!({"provider": {"name": "aws"}, "policy": "sync", "txtOwnerId": "me",
            "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": place}}});
        let made = made(&values.to_string());
        assert_eq!(
            (made.heaviest(), &made.values["policy"]),
            (Some(Weight::Changed), &json!("sync")),
            "{place}: {made:#?}"
        );
    }
}

#[test]
fn what_only_looks_like_it_is_taken_as_it_is() {
    for (flag, text) in [
        ("regex-domain-filter", "^(a|b)[.]org$"),
        ("fqdn-template", "{{ range $i, $NAME := .Labels }}x{{ end }}"),
        ("label-filter", "a in (b,c)"),
    ] {
        let words = ["--source=service", "--provider=aws", "--policy=sync", "--txt-owner-id=me"]
            .map(str::to_owned);
        let words: Vec<String> = words.into_iter().chain([format!("--{flag}={text}")]).collect();
        let made = made(&serde_json::to_string(&words).unwrap());
        assert!(made.heaviest() <= Some(Weight::Note), "{text}: {made:#?}");
        assert_eq!(made.values["policy"], "sync", "{text}");
    }
}

#[test]
fn a_template_of_the_program_is_none_of_helm() {
    let template = "{{.Name}}.{{.Namespace}}.example.com";
    let expected = format!("--fqdn-template={template}");
    for values in [
        json!({"provider": "aws", "aws": {"region": "x"}, "fqdnTemplates": [template]}),
        json!({"provider": "aws", "aws": {"region": "x"}, "extraArgs": {"fqdn-template": template}}),
        json!({"provider": {"name": "aws"}, "extraArgs": {"fqdn-template": template}}),
        json!({"provider": {"name": "aws"}, "extraArgs": [expected]}),
    ] {
        let made = made(&values.to_string());
        assert!(made.controller.contains(&expected), "{made:#?}");
        assert_ne!(made.heaviest(), Some(Weight::Refused), "{made:#?}");
    }
    let unread =
        made("{provider: aws, aws: {region: x}, policy: sync, txtOwnerId: '{{ .Release.Name }}'}");
    assert_eq!(unread.values["txtOwnerId"], "{{ \"{{\" }} .Release.Name }}", "{unread:#?}");
    assert!(unread.controller.contains(&"--txt-owner-id={{ .Release.Name }}".to_owned()));
}

#[test]
fn a_template_that_nobody_made_anything_of_is_not_taken() {
    let made = made(
        "[--source=service, --provider=aws, --policy=sync, '--txt-owner-id={{ .Values.owner }}']",
    );
    assert_eq!(said(&made, "--txt-owner-id").first().unwrap().0, Weight::Refused, "{made:#?}");
    assert_eq!(
        (&made.values["txtOwnerId"], &made.values["policy"]),
        (&json!("CHANGE-ME"), &json!("upsert-only"))
    );
}

#[test]
fn a_variable_that_the_charts_own_flag_overrides_is_told() {
    let from = json!({"configMapKeyRef": {"name": "a", "key": "b"}});
    for flag in flags::ALWAYS_WRITTEN {
        let name = format!("EXTERNAL_DNS_{}", flag.to_uppercase().replace('-', "_"));
        let env = json!([{"name": name, "valueFrom": from}]);
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [
            {"image": "external-dns", "args": ["--source=service", "--policy=sync", "--txt-owner-id=me"], "env": env},
        ]}});
        let of_pod = made(&pod.to_string());
        assert_eq!(said(&of_pod, &name).first().unwrap().0, Weight::Refused, "{of_pod:#?}");
        assert!(!of_pod.values.contains_key("env"), "{of_pod:#?}");
        // The other chart writes these flags, too, but for one.
        let chart = made(&json!({"provider": {"name": "aws"}, "env": env}).to_string());
        let expected = if flag == "events" { Weight::Refused } else { Weight::Note };
        assert_eq!(said(&chart, &name).first().unwrap().0, expected, "{chart:#?}");
    }
    let from = made("{provider: aws, policy: sync, txtOwnerId: me, extraEnvVarsCM: x}");
    assert!(
        said(&from, "envFrom").iter().any(|(_, text)| text.contains("`EXTERNAL_DNS_REGISTRY`")),
        "{from:#?}"
    );
}

#[test]
fn what_a_cluster_adds_to_a_pod_is_no_setting_and_its_role_is_told() {
    let mount = |name: &str| json!({"name": name, "mountPath": "/x"});
    let added = json!([
        {"name": "AWS_ROLE_ARN", "value": "arn:aws:iam::111122223333:role/dns"},
        {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"},
        {"name": "AWS_STS_REGIONAL_ENDPOINTS", "value": "regional"},
        {"name": "AWS_DEFAULT_REGION", "value": "eu-west-1"},
        {"name": "AWS_REGION", "value": "eu-west-1"},
    ]);
    let mounts = json!([mount("kube-api-access-abcde"), mount("aws-iam-token"), mount("own")]);
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "external-dns-1", "namespace": "dns"}, "spec": {
        "containers": [
            {"name": "external-dns", "image": "external-dns", "env": added, "volumeMounts": mounts,
             "args": ["--source=service", "--provider=aws", "--policy=sync", "--txt-owner-id=me"]},
            {"name": "other", "image": "other:1", "env": added, "volumeMounts": mounts},
        ],
        "volumes": [{"name": "kube-api-access-abcde", "projected": {}}, {"name": "aws-iam-token", "projected": {}}, {"name": "own", "emptyDir": {}}],
        "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}],
        "serviceAccountName": "external-dns",
    }});
    let made = made(&pod.to_string());
    let printed = Value::Object(made.values.clone()).to_string();
    for name in ["AWS_", "kube-api-access", "aws-iam-token", "not-ready"] {
        assert!(!printed.contains(name), "{name}: {printed}");
    }
    assert!(said(&made, "AWS_ROLE_ARN").first().unwrap().1.contains("role/dns"), "{made:#?}");
    assert_eq!(
        (made.heaviest(), &made.values["policy"]),
        (Some(Weight::Note), &json!("sync")),
        "{made:#?}"
    );
    // Where a person wrote it, it is a setting.
    let by_hand = self::made(
        "{provider: aws, policy: sync, txtOwnerId: me, env: [{name: AWS_ROLE_ARN, value: a}, {name: AWS_WEB_IDENTITY_TOKEN_FILE, value: /t}]}",
    );
    assert_eq!(by_hand.values["provider"]["webhook"]["env"].as_array().unwrap().len(), 2);
}

#[test]
fn the_namespace_of_a_pod_is_known_where_its_object_says_it() {
    let pod = |metadata: Value| {
        let env = json!([{"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}}]);
        made(&json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [
            {"image": "external-dns", "env": env, "args": ["--source=service", "--provider=aws", "--policy=sync", "--txt-owner-id=me",
             "--namespace=$(POD_NAMESPACE)"]},
        ]}}).to_string())
    };
    let said = pod(json!({"namespace": "dns"}));
    assert_eq!(
        (said.heaviest(), &said.values["sourceNamespaces"]),
        (Some(Weight::Note), &json!(["dns"])),
        "{said:#?}"
    );
    let values = made(
        "{provider: {name: aws}, policy: sync, txtOwnerId: me, extraArgs: {namespace: $(NS)}, \
         env: [{name: NS, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}]}",
    );
    assert_eq!(
        (values.heaviest(), &values.values["namespaced"]),
        (None, &json!(true)),
        "{values:#?}"
    );
    let unsaid = pod(json!({}));
    assert_eq!(
        (unsaid.heaviest(), &unsaid.values["namespaced"]),
        (Some(Weight::Note), &json!(true)),
        "{unsaid:#?}"
    );
}

#[test]
fn where_a_webhook_provider_was_counts_with_one_only() {
    let url = "--webhook-provider-url=http://other:8888";
    let made = |provider: &str| {
        made(&format!(
            "--source=service {url} --provider={provider} --policy=sync --txt-owner-id=me"
        ))
    };
    let aws = made("aws");
    assert_eq!(aws.values["provider"], json!({"name": "aws"}), "{aws:#?}");
    assert_eq!(said(&aws, "--webhook-provider-url").first().unwrap().0, Weight::Note);
    assert_eq!(made("webhook").values["provider"]["url"], "http://other:8888");
}

#[test]
fn the_account_that_every_namespace_has_is_not_made() {
    for values in [
        "{provider: aws, aws: {region: x}, rbac: {serviceAccountName: default}}",
        "{provider: {name: aws}, serviceAccount: {name: default}}",
    ] {
        let made = made(values);
        assert_eq!(
            made.values["serviceAccount"],
            json!({"create": false, "name": "default"}),
            "{made:#?}"
        );
        assert_eq!(said(&made, "serviceAccount.name").first().unwrap().0, Weight::Changed);
    }
    let gateways = made(
        "{provider: aws, istioIngressGateways: [istio-system/istio-ingressgateway], policy: sync, txtOwnerId: me}",
    );
    assert!(
        gateways.to_string().contains("each Istio Gateway is answered by the Services"),
        "{gateways:#?}"
    );
}

#[test]
fn a_text_that_cannot_be_read_may_hold_filters_so_nothing_starts_without_them() {
    let release = |body: &str| {
        format!(
            "resource \"helm_release\" \"external_dns\" {{\n  chart = \"external-dns\"\n  \
             repository = \"https://kubernetes-sigs.github.io/external-dns/\"\n{body}\n}}\n"
        )
    };
    let pod = |command: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, spec: {{containers: [{{name: external-dns, image: 'x/external-dns:v0.14.0', command: {command}}}]}}}}"
        )
    };
    let known = "values = [yamlencode({ policy = \"sync\", txtOwnerId = \"me\" })]";
    for text in [
        release(
            "  values = [<<-EOT\n    policy: sync\n    extraArgs:\n      - --x=${var.a ? \"b\" : \"c\"}\n  EOT\n  ]",
        ),
        release("  values = [\"just a text\"]"),
        release(&format!(
            "  {known}\n  dynamic \"set\" {{\n    for_each = var.all\n    content {{\n      name = set.key\n      value = set.value\n    }}\n  }}"
        )),
        format!(
            "module \"external_dns\" {{\n  source = \"x/eks-external-dns/aws\"\n  settings = {{ policy = \"sync\" }}\n  {known}\n}}\n"
        ),
        pod("[sh, -c, 'exec external-dns $(cat /etc/flags)']"),
        pod("[sh, -c, 'run-it --source=service']"),
        pod("[/start, --source=service, --provider=aws, --policy=sync, --txt-owner-id=me]"),
    ] {
        let made = made(&text);
        assert_eq!(made.values["domainFilters"], json!([crate::args::OPEN]), "{text}: {made:#?}");
        assert_eq!(made.values["policy"], "upsert-only", "{text}");
        assert_eq!(said(&made, "domainFilters").first().unwrap().0, Weight::Refused, "{text}");
    }
    let read = release(&format!("  {known}"));
    assert!(!made(&read).values.contains_key("domainFilters"), "{read}");
}
