//! Values as people have them who come from ExternalDNS: taken with their meaning, or refused all at once.

use std::collections::BTreeSet;

use controller::convert::{KeyOutcome, PEER_KEYS};
use serde_json::{Value, json};

use crate::arguments::{program, read};
use crate::helm::{chart, helm};

/// Returns values with one key set, as YAML of one line.
pub(crate) fn with(key: &str, example: &str) -> Value {
    let example: Value =
        e2e::cluster::documents(&format!("v: {example}")).unwrap().remove(0)["v"].take();
    key.rsplit('.').fold(example, |inner, key| json!({ key: inner }))
}

pub(crate) fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

#[test]
fn every_key_of_the_other_chart_is_taken_or_refused_as_the_table_says() {
    let Some(helm) = helm() else { return };
    let (mut taken, mut refused) = (json!({}), json!({"txtOwnerId": "me"}));
    let mut sentences = Vec::new();
    for row in PEER_KEYS {
        match row.outcome {
            // A prefix excludes a suffix, and a text as provider a map.
            KeyOutcome::Same | KeyOutcome::Other(_)
                if ["txtSuffix", "provider"].contains(&row.key) =>
            {
                let mut alone = with(row.key, row.example);
                merge(&mut alone, json!({"txtOwnerId": "me"}));
                helm.objects(&alone.to_string());
            }
            KeyOutcome::Same | KeyOutcome::Other(_) => {
                merge(&mut taken, with(row.key, row.example));
            }
            KeyOutcome::Refused(why) => {
                merge(&mut refused, with(row.key, row.example));
                sentences.push(format!("{}: {why}", row.key));
            }
        }
    }
    helm.objects(&taken.to_string());
    let said = helm.render(&refused.to_string()).unwrap_err();
    assert!(sentences.iter().all(|sentence| said.contains(sentence)), "{said}");
}

#[test]
fn what_a_full_copy_of_the_other_charts_values_leaves_off_is_passed_over() {
    let Some(helm) = helm() else { return };
    let off = "{txtOwnerId: me, secretConfiguration: {enabled: false, mountPath: /x, data: {a: b}}, \
               cloudflare: {email: '', proxied: false}, zoneIdFilters: [], sidecars: []}";
    helm.objects(off);
}

#[test]
fn all_that_is_wrong_is_told_at_once_with_where_it_goes() {
    let Some(helm) = helm() else { return };
    let said = helm
        .render(
            "{txtOwnerId: me, provider: cloudflare, registry: dynamodb, zoneIdFilters: [Z1], foo: 1, sources: [services], \
             interval: 60, secretConfiguration: {enabled: true}, namespace: dns, aws: {region: x}, \
             image: {repository: registry.k8s.io/external-dns/external-dns}, sidecars: [{name: x}], \
             extraArgs: {aws-zone-type: public, nonsense: 1}, env: [{name: AWS_REGION, value: x}], \
             sourceNamespace: apps}",
        )
        .unwrap_err();
    for told in [
        "15 things are wrong with these values",
        "provider.name: `cloudflare` is built into ExternalDNS",
        "registry: ownership is kept in TXT records",
        "zoneIdFilters: is of Bitnami's chart",
        "foo: there is no such key",
        "did you mean `service`?",
        "interval: `60` is a number, and has to be a text",
        "secretConfiguration: no Secret is made from values",
        "namespace: the release's namespace is that of `helm --namespace`",
        "aws: is of Bitnami's chart; here it goes to `provider.aws.region`",
        "image.repository: `registry.k8s.io/external-dns/external-dns` is not Signpost's controller",
        "sidecars: is of Bitnami's chart; here it is `extraContainers`",
        "`--aws-zone-type` is not a flag of the controller: move it to provider.webhook.args",
        "`--nonsense` there is no such flag",
        "env: `AWS_REGION` is read by the provider",
        "sourceNamespace: counts with `namespaced: true` only",
        "signpost convert",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
}

#[test]
fn no_value_gives_an_error_of_the_templates() {
    let Some(helm) = helm() else { return };
    let keys = std::fs::read_to_string(chart().join("keys.json")).unwrap();
    let keys: Value = serde_json::from_str(&keys).unwrap();
    let mut paths = Vec::new();
    walk(&keys, &keys, &mut Vec::new(), &mut paths);
    assert!(paths.len() > 150, "only {} keys", paths.len());
    for wrong in [
        json!(null),
        json!("x"),
        json!(7),
        json!([null]),
        json!({"a": 1}),
        json!(true),
        json!([[1]]),
    ] {
        // The outermost keys, and apart from them what stands below.
        for is_deep in [false, true] {
            let mut values = json!({});
            let leaves = paths.iter().filter(|path| (path.len() > 1) == is_deep);
            for path in leaves {
                let value =
                    path.iter().rev().fold(wrong.clone(), |inner, key| json!({ (*key): inner }));
                merge(&mut values, value);
            }
            values["policy"] = json!("sync");
            values["txtOwnerId"] = json!("me");
            if let Err(said) = helm.render(&values.to_string()) {
                assert!(said.contains("wrong with these values"), "{wrong}: {said}");
            }
        }
    }
    // A null is nothing, and nothing is wrong with it.
    let nulls = "{txtOwnerId: me, domainFilters: null, triggerLoopOnEvent: null, provider: {webhook: null, aws: null}, \
                 serviceMonitor: null, image: null, livenessProbe: null, logLevel: null, extraArgs: null}";
    let objects = helm.objects(nulls);
    assert!(objects.arguments("signpost").contains(&"--log-level=info".to_owned()));
    assert!(
        helm.objects("{txtOwnerId: me, extraArgs: {source: crd}, sources: null}")
            .containers("signpost")
            .len()
            == 1
    );
}

/// Collects the keys of a schema, each as the way to it.
fn walk<'a>(
    root: &'a Value,
    schema: &'a Value,
    at: &mut Vec<&'a str>,
    found: &mut Vec<Vec<&'a str>>,
) {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => &root["definitions"][reference.trim_start_matches("#/definitions/")],
        None => schema,
    };
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        at.push(key);
        found.push(at.clone());
        walk(root, inner, at, found);
        at.pop();
    }
}

/// Flags as people have them in `extraArgs`.
const FLAGS: [&str; 31] = [
    "--zone-id-filter=Z1",
    "--aws-zone-type=public",
    "--aws-batch-change-size=100",
    "--no-aws-evaluate-target-health",
    "--cloudflare-proxied",
    "--azure-config-file=/x",
    "--google-project=x",
    "--dynamodb-table=x",
    "--dynamodb-region=x",
    "--provider=aws",
    "--provider=inmemory",
    "--registry=dynamodb",
    "--registry=aws-sd",
    "--policy=nonsense",
    "--webhook-server",
    "--zone-name-filter=a.org",
    "--tls-ca=/x",
    "--connector-source-server=x",
    "--istio-ingress-gateway=x",
    "--source=connector",
    "--interval=60",
    "--managed-record-types=AB",
    "--log-level=warn",
    "--once=maybe",
    "--max-deletes=many",
    "--min-ttl=5m",
    "--txt-cache-interval=1h",
    "--crd-source-kind=DNSEndpoint",
    "--fqdn-template=a.example.com",
    "--kube-api-qps=20",
    "--gateway-label-filter=a=b",
];

#[test]
fn a_flag_that_renders_also_starts() {
    let Some(helm) = helm() else { return };
    let base = ["--source=service", "--txt-owner-id=me"];
    let mut refused = BTreeSet::new();
    let said =
        helm.render(&json!({"txtOwnerId": "me", "extraArgs": FLAGS}).to_string()).unwrap_err();
    for flag in FLAGS {
        let policy = (!flag.starts_with("--policy")).then_some("--policy=sync");
        let words =
            base.into_iter().chain(policy).chain([flag]).map(str::to_owned).collect::<Vec<_>>();
        let name = flag.split('=').next().unwrap();
        if read("signpost", &words).status.success() {
            assert!(
                !said.contains(&format!("`{name}`"))
                    || FLAGS.iter().filter(|other| other.starts_with(name)).count() > 1,
                "{flag}: {said}"
            );
        } else {
            assert!(
                said.contains(&format!("`{name}`")),
                "{flag} renders and does not start: {said}"
            );
            refused.insert(flag);
        }
    }
    assert!(refused.len() > 20, "{refused:?}");
    let taken: Vec<_> = FLAGS.into_iter().filter(|flag| !refused.contains(flag)).collect();
    helm.objects(&json!({"txtOwnerId": "me", "extraArgs": taken}).to_string());
    let said = helm.render("{txtOwnerId: me, extraArgs: {interval: null, events: 5}}").unwrap_err();
    assert!(said.contains("`--interval` needs a value"), "{said}");
    assert!(said.contains("`--events` is on or off, and not `5`"), "{said}");
    let variables = "{txtOwnerId: me, env: [{name: EXTERNAL_DNS_AWS_ZONE_TYPE, value: public}, \
                     {name: EXTERNAL_DNS_INTERVAL, value: '5'}, {name: EXTERNAL_DNS_OF_NOBODY, value: x}]}";
    let said = helm.render(variables).unwrap_err();
    assert!(said.contains("2 things") && said.contains("EXTERNAL_DNS_AWS_ZONE_TYPE"), "{said}");
}

#[test]
fn a_credentials_file_is_mounted_where_the_provider_runs() {
    let Some(helm) = helm() else { return };
    for mode in ["sidecar", "deployment"] {
        let objects = helm.objects(&format!(
            "{{txtOwnerId: me, extraVolumes: [{{name: c, secret: {{secretName: s}}}}, {{name: own, emptyDir: {{}}}}], \
             extraVolumeMounts: [{{name: c, mountPath: /aws}}, {{name: own, mountPath: /aws-not}}], \
             provider: {{mode: {mode}, deployment: {{allowAnyone: true}}, webhook: {{env: [{{name: AWS_SHARED_CREDENTIALS_FILE, value: /aws/credentials}}]}}}}}}"
        ));
        let mounts = |name: &str| objects.containers(name)[0]["volumeMounts"].to_string();
        assert!(mounts("webhook").contains(r#""/aws""#), "{mode}: {}", mounts("webhook"));
        assert!(!mounts("signpost").contains(r#""/aws""#), "{mode}: {}", mounts("signpost"));
        assert!(mounts("signpost").contains("/aws-not"), "{mode}: {}", mounts("signpost"));
        let pods = objects.of("Deployment");
        let pod = pods
            .into_iter()
            .find(|pod| {
                pod["spec"]["template"]["spec"]["containers"].to_string().contains("\"webhook\"")
            })
            .unwrap();
        assert!(
            pod["spec"]["template"]["spec"]["volumes"].to_string().contains(r#""secretName":"s""#),
            "{mode}"
        );
    }
}

#[test]
fn each_container_has_the_token_that_it_needs_and_no_other() {
    let Some(helm) = helm() else { return };
    let objects = helm.objects(
        "{txtOwnerId: me, serviceAccount: {annotations: {eks.amazonaws.com/role-arn: 'arn:aws:iam::111122223333:role/x'}}, \
         podAnnotations: {team: dns}}",
    );
    let pod = &objects.only("Deployment")["spec"]["template"];
    assert_eq!(pod["spec"]["automountServiceAccountToken"], false);
    // What the webhooks of EKS look at, for IRSA and for Pod Identity.
    assert_eq!(pod["metadata"]["annotations"]["eks.amazonaws.com/skip-containers"], "signpost");
    assert_eq!(pod["metadata"]["annotations"]["team"], "dns");
    let token = "/var/run/secrets/kubernetes.io/serviceaccount";
    let mounts = |name: &str| objects.containers(name)[0]["volumeMounts"].to_string();
    assert!(mounts("signpost").contains(token) && !mounts("webhook").contains(token));
    let volumes = pod["spec"]["volumes"].to_string();
    for part in ["serviceAccountToken", "kube-root-ca.crt", "metadata.namespace"] {
        assert!(volumes.contains(part), "{volumes}");
    }
    let none = helm.objects("{txtOwnerId: me, automountServiceAccountToken: false}");
    assert!(!none.only("Deployment").to_string().contains("serviceAccountToken\":{"));
    let other = helm.objects(
        "{txtOwnerId: me, provider: {name: webhook, webhook: {image: {repository: a/b, tag: v1}}}}",
    );
    assert!(!other.only("Deployment").to_string().contains("skip-containers"));
}

#[test]
fn an_image_of_another_maker_starts_as_it_did_and_ours_hardened() {
    let Some(helm) = helm() else { return };
    let context = |values: &str| {
        let objects = helm.objects(&format!("{{txtOwnerId: me, provider: {values}}}"));
        objects.containers("webhook")[0].get("securityContext").cloned().unwrap_or_default()
    };
    let image = "name: webhook, webhook: {image: {repository: a/b, tag: v1}";
    assert_eq!(context(&format!("{{{image}}}}}")), Value::Null);
    assert_eq!(
        context(&format!("{{{image}, securityContext: {{runAsUser: 1000}}}}}}")),
        json!({"runAsUser": 1000})
    );
    let ours = context("{webhook: {securityContext: {runAsUser: 1000}}}");
    assert_eq!((&ours["runAsUser"], &ours["readOnlyRootFilesystem"]), (&json!(1000), &json!(true)));
}

#[test]
fn labels_and_arguments_are_rendered_once_and_as_written() {
    let Some(helm) = helm() else { return };
    let rendered = helm
        .render(
            "{txtOwnerId: me, commonLabels: {team: a, app.kubernetes.io/name: b}, podLabels: {team: b}, \
             serviceAccount: {labels: {team: c}}, provider: {webhook: {args: ['--domain-filter={{.Name}}']}}}",
        )
        .unwrap();
    for object in rendered.split("\n---\n") {
        let mut keys = BTreeSet::new();
        let pod = object.split("\n  template:").nth(1).unwrap_or_default();
        let labels = pod.lines().skip_while(|line| !line.contains("labels:")).skip(1);
        for line in labels.take_while(|line| line.starts_with("        ")) {
            assert!(keys.insert(line.split(':').next().unwrap()), "twice: {line}\n{pod}");
        }
    }
    let objects = crate::helm::Objects(e2e::cluster::documents(&rendered).unwrap());
    let deployment = objects.only("Deployment");
    assert_eq!(deployment["spec"]["template"]["metadata"]["labels"]["team"], "b");
    assert_eq!(deployment["metadata"]["labels"]["app.kubernetes.io/name"], "signpost");
    assert!(objects.arguments("webhook").contains(&"--domain-filter={{.Name}}".to_owned()));
    let templates = "{txtOwnerId: '{{ .Release.Name }}-1', extraArgs: {fqdn-template: ['{{.Name}}.example.com', \
                     '{{ \"{{\" }}.Name}}.example.org'], default-targets: '{{ .Release.Namespace }}.example.com'}}";
    let words = helm.objects(templates).arguments("signpost");
    for expected in [
        "--txt-owner-id=signpost-1",
        "--fqdn-template={{.Name}}.example.com",
        "--fqdn-template={{.Name}}.example.org",
        "--default-targets=dns.example.com",
    ] {
        assert!(words.contains(&expected.to_owned()), "{words:?}");
    }
}

#[test]
fn a_release_of_the_other_chart_keeps_its_names_and_selectors() {
    let Some(helm) = helm() else { return };
    let objects = |release: &str, values: &str| {
        let chart = chart();
        let arguments = ["template", release, chart.to_str().unwrap(), "--namespace", "dns"];
        let further = ["--kube-version", "1.33.0", "--set", "policy=upsert-only", "--values", "-"];
        let output = helm.run(&[&arguments[..], &further].concat(), values);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        crate::helm::Objects(
            e2e::cluster::documents(&String::from_utf8(output.stdout).unwrap()).unwrap(),
        )
    };
    for (release, values, name) in [
        ("external-dns", "{}", "external-dns"),
        ("external-dns-private", "{}", "external-dns-private"),
        ("dns", "{nameOverride: external-dns}", "dns-external-dns"),
        ("x", "{fullnameOverride: x, nameOverride: external-dns}", "x"),
    ] {
        let objects = objects(release, values);
        assert_eq!(objects.only("ServiceAccount")["metadata"]["name"], name);
        assert_eq!(objects.only("Service")["metadata"]["name"], name);
        let deployment = objects.only("Deployment");
        assert_eq!(deployment["metadata"]["name"], name);
        let selector = json!({"app.kubernetes.io/name": "external-dns", "app.kubernetes.io/instance": release});
        assert_eq!(deployment["spec"]["selector"]["matchLabels"], selector);
        assert_eq!(objects.only("ClusterRole")["metadata"]["name"], format!("dns:{name}"));
    }
}

#[test]
fn a_network_policy_guards_a_provider_of_its_own_unless_it_is_turned_off() {
    let Some(helm) = helm() else { return };
    let policies = |values: &str| {
        helm.objects(&format!("{{txtOwnerId: me, {values}}}")).of("NetworkPolicy").len()
    };
    let own = "provider: {mode: deployment, deployment: {allowAnyone: true}}";
    assert_eq!(policies(own), 2);
    assert_eq!(policies(&format!("{own}, networkPolicy: {{enabled: false}}")), 0);
    assert_eq!(policies("interval: 1m"), 0);
    assert_eq!(policies("networkPolicy: {enabled: true}"), 1);
}

#[test]
fn our_programs_are_started_from_our_images_only() {
    let Some(helm) = helm() else { return };
    for image in [
        "registry.k8s.io/external-dns/external-dns",
        "mirror/signpost/external-dns",
        "bitnami/external-dns",
        "nginx",
    ] {
        let said = helm
            .render(&format!("{{txtOwnerId: me, image: {{repository: {image}}}}}"))
            .unwrap_err();
        assert!(said.contains("is not Signpost's controller"), "{image}: {said}");
    }
    let said = helm
        .render("{txtOwnerId: me, provider: {webhook: {image: {repository: a/b-webhook}}}}")
        .unwrap_err();
    assert!(said.contains("is not `route53-webhook`"), "{said}");
    let mirrors = "{txtOwnerId: me, image: {repository: r.example.com:5000/mirror/signpost-controller}, \
                   provider: {webhook: {image: {repository: mirror/route53-webhook}}}}";
    let objects = helm.objects(mirrors);
    assert_eq!(program(objects.containers("webhook")[0]["image"].as_str().unwrap()), None);
}
