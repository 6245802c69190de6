//! How the halves of a release know each other, and whom the controller may ask about.

use serde_json::Value;

use crate::helm::{Objects, helm};

/// Returns what a container mounts of Secrets, as `secret/key` at its path.
fn secrets(objects: &Objects, container: &str) -> Vec<String> {
    let holds = |deployment: &&Value| {
        let containers = deployment["spec"]["template"]["spec"]["containers"].as_array().unwrap();
        containers.iter().any(|found| found["name"] == container)
    };
    let deployment = objects.of("Deployment").into_iter().find(holds).unwrap();
    let spec = &deployment["spec"]["template"]["spec"];
    let volumes = spec["volumes"].as_array().unwrap();
    let secret = |volume: &&Value| volume["secret"].is_object();
    let mut found = Vec::new();
    for volume in volumes.iter().filter(secret) {
        let mounts = objects.containers(container).first().unwrap()["volumeMounts"].clone();
        let mount = mounts.as_array().unwrap().iter().find(|mount| mount["name"] == volume["name"]);
        let folder = mount.unwrap()["mountPath"].as_str().unwrap();
        for item in volume["secret"]["items"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let (name, key) = (text(&volume["secret"]["secretName"]), text(&item["key"]));
            found.push(format!("{folder}/{} = {name}/{key}", text(&item["path"])));
        }
    }
    found.sort();
    found
}

#[test]
fn each_half_gets_the_files_of_the_other_and_never_its_key() {
    let Some(helm) = helm() else { return };
    let objects = helm.objects(
        "{txtOwnerId: me, provider: {mode: deployment, deployment: {token: {secretName: word, \
         secretKey: it}, tls: {secretName: server, clientSecretName: client}}}}",
    );
    assert_eq!(
        secrets(&objects, "signpost"),
        [
            "/run/secrets/controller-tls/tls.crt = client/tls.crt",
            "/run/secrets/controller-tls/tls.key = client/tls.key",
            "/run/secrets/provider-tls/ca.crt = server/ca.crt",
            "/run/secrets/provider-token/token = word/it",
        ]
    );
    assert_eq!(
        secrets(&objects, "webhook"),
        [
            "/run/secrets/controller-tls/ca.crt = client/ca.crt",
            "/run/secrets/provider-tls/tls.crt = server/tls.crt",
            "/run/secrets/provider-tls/tls.key = server/tls.key",
            "/run/secrets/provider-token/token = word/it",
        ]
    );
    let words = objects.arguments("signpost");
    let url = "--webhook-provider-url=https://signpost-provider:8888";
    assert!(words.iter().any(|word| word == url), "{words:?}");
}

#[test]
fn probes_speak_tls_where_their_port_does() {
    let Some(helm) = helm() else { return };
    let schemes = |values: &str, container: &str| {
        let objects = helm.objects(values);
        let container = objects.containers(container).first().copied().cloned().unwrap();
        ["livenessProbe", "readinessProbe"]
            .map(|probe| container[probe]["httpGet"]["scheme"].as_str().unwrap_or("-").to_owned())
    };
    let files = "metrics-cert-file: /a, metrics-key-file: /b";
    let controller = format!("{{txtOwnerId: me, extraArgs: {{{files}}}}}");
    let provider = format!("{{txtOwnerId: me, provider: {{webhook: {{args: {{{files}}}}}}}}}");
    let variable = "{txtOwnerId: me, env: [{name: EXTERNAL_DNS_METRICS_CERT_FILE, value: /a}]}";
    assert_eq!(schemes(&controller, "signpost"), ["HTTPS", "HTTPS"]);
    assert_eq!(schemes(&controller, "webhook"), ["-", "-"]);
    assert_eq!(schemes(&provider, "webhook"), ["HTTPS", "HTTPS"]);
    assert_eq!(schemes(&provider, "signpost"), ["-", "-"]);
    assert_eq!(schemes(variable, "signpost"), ["HTTPS", "HTTPS"]);
}

#[test]
fn the_controller_may_ask_about_tokens_where_that_is_wanted_and_nowhere_else() {
    let Some(helm) = helm() else { return };
    let asks = |values: &str| {
        let objects = helm.objects(values);
        objects.of("ClusterRole").iter().any(|role| {
            let rules = role["rules"].to_string();
            rules.contains("tokenreviews") && rules.contains("subjectaccessreviews")
        })
    };
    assert!(!asks("{txtOwnerId: me}"));
    assert!(asks("{txtOwnerId: me, rbac: {tokenReviews: true}}"));
    let namespaced =
        "{txtOwnerId: me, namespaced: true, rbac: {tokenReviews: true, clusterRole: true}}";
    assert!(asks(namespaced));
}

#[test]
fn certificates_for_name_servers_are_mounted_where_their_provider_runs() {
    let Some(helm) = helm() else { return };
    let values = |tls: &str, more: &str| {
        format!(
            "{{txtOwnerId: me, provider: {{name: rfc2136, rfc2136: {{hosts: [ns1.example.com], zones: [example.com], \
             insecure: true, tls: {{{tls}}}}}{more}}}}}"
        )
    };
    let tls = "enabled: true, caSecretName: authority, serverName: ns1.example.com, clientSecretName: shown";
    for mode in ["", ", mode: deployment, deployment: {allowAnyone: true}"] {
        let objects = helm.objects(&values(tls, mode));
        assert_eq!(
            secrets(&objects, "webhook"),
            [
                "/run/secrets/rfc2136-ca/ca.crt = authority/ca.crt",
                "/run/secrets/rfc2136-client/tls.crt = shown/tls.crt",
                "/run/secrets/rfc2136-client/tls.key = shown/tls.key",
            ]
        );
        let words = objects.arguments("webhook");
        for word in [
            "--rfc2136-use-tls",
            "--tls-ca=/run/secrets/rfc2136-ca/ca.crt",
            "--tls-server-name=ns1.example.com",
            "--tls-client-cert=/run/secrets/rfc2136-client/tls.crt",
            "--tls-client-cert-key=/run/secrets/rfc2136-client/tls.key",
        ] {
            assert!(words.iter().any(|given| given == word), "{word}: {words:?}");
        }
    }
    let pinned = helm.objects(&values("enabled: true, pins: [47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=, RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=]", ""));
    let words = pinned.arguments("webhook");
    assert_eq!(words.iter().filter(|word| word.starts_with("--tls-pin=")).count(), 2, "{words:?}");
    for (tls, told) in [
        ("caSecretName: a", "provider.rfc2136.tls: it is of no use where nothing is encrypted"),
        (
            "enabled: true, pins: [47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=], serverName: b",
            "provider.rfc2136.tls.pins know a name server by its key alone",
        ),
    ] {
        let said = helm.render(&values(tls, "")).unwrap_err();
        assert!(said.contains(told), "{tls}: {said}");
    }
    let said =
        helm.render("{txtOwnerId: me, provider: {rfc2136: {tls: {enabled: true}}}}").unwrap_err();
    assert!(said.contains("provider.rfc2136 is for provider.name `rfc2136`"), "{said}");
}

#[test]
fn files_that_an_argument_of_the_provider_names_are_mounted_where_it_runs() {
    let Some(helm) = helm() else { return };
    let mounts = |objects: &Objects, container: &str| {
        let found = objects.containers(container).first().unwrap()["volumeMounts"].clone();
        let list = found.as_array().cloned().unwrap_or_default();
        list.iter().any(|mount| mount["name"] == "files")
    };
    let extra = |path: &str| {
        format!(
            "extraVolumes: [{{name: files, secret: {{secretName: s}}}}], extraVolumeMounts: [{{name: files, mountPath: {path}}}]"
        )
    };
    let objects = helm.objects(&format!(
        "{{txtOwnerId: me, {}, provider: {{name: rfc2136, rfc2136: {{hosts: [a.example.com], zones: [example.com], insecure: true}}, \
         webhook: {{args: [--rfc2136-use-tls, --tls-ca=/etc/tls/ca.crt]}}}}}}",
        extra("/etc/tls")
    ));
    assert!(mounts(&objects, "webhook") && !mounts(&objects, "signpost"));
    for (path, home) in [("/.aws", "/"), ("/srv/dns/.aws/", "/srv/dns")] {
        let objects = helm.objects(&format!("{{txtOwnerId: me, {}}}", extra(path)));
        assert!(mounts(&objects, "webhook") && !mounts(&objects, "signpost"), "{path}");
        let env = objects.containers("webhook").first().unwrap()["env"].clone();
        assert_eq!(env, serde_json::json!([{"name": "HOME", "value": home}]), "{path}");
    }
    let other = helm.objects(&format!("{{txtOwnerId: me, {}}}", extra("/etc/else")));
    assert!(mounts(&other, "signpost") && !mounts(&other, "webhook"));
}

#[test]
fn no_port_of_the_service_is_there_twice() {
    let Some(helm) = helm() else { return };
    for (values, expected) in [
        ("interval: 1m", [7979, 8080]),
        ("service: {port: 8080}", [8080, 8081]),
        ("service: {port: 9000}, provider: {webhook: {service: {port: 9000}}}", [9000, 8080]),
    ] {
        let objects = helm.objects(&format!("{{txtOwnerId: me, {values}}}"));
        let ports = objects.only("Service")["spec"]["ports"].as_array().unwrap().clone();
        let ports: Vec<_> = ports.iter().map(|port| port["port"].clone()).collect();
        assert_eq!(ports, expected, "{values}");
    }
}
