//! No secret is printed, wherever it stood: a reference to a Secret stands there, with the step to make it.

use super::*;

const SECRET: &str = "s3cr3tValue";

fn printed(made: &Conversion) -> String {
    format!("{made}\n{made:?}")
}

#[test]
fn a_literal_secret_is_nowhere_in_what_is_printed() {
    let variable = |name: &str| format!("[{{name: {name}, value: {SECRET}}}]");
    for text in [
        format!(
            "--source=service --provider=aws --txt-owner-id=me --txt-encrypt-enabled --txt-encrypt-aes-key={SECRET}"
        ),
        format!(
            "--source=service --provider=aws --txt-encrypt-aes-key {SECRET} --txt-encrypt-aes-key=other1"
        ),
        format!("{{provider: aws, txtOwnerId: me, extraArgs: [--txt-encrypt-aes-key={SECRET}]}}"),
        format!("{{provider: aws, txtOwnerId: me, env: {}}}", variable("AWS_SECRET_ACCESS_KEY")),
        format!("{{provider: aws, txtOwnerId: me, env: {}}}", variable("AWS_SESSION_TOKEN")),
        format!(
            "{{provider: aws, txtOwnerId: me, env: {}}}",
            variable("EXTERNAL_DNS_TXT_ENCRYPT_AES_KEY")
        ),
        format!("{{provider: cloudflare, txtOwnerId: me, env: {}}}", variable("CF_API_TOKEN")),
        format!(
            "{{provider: cloudflare, txtOwnerId: me, env: {}}}",
            variable("EXTERNAL_DNS_PDNS_API_KEY")
        ),
        format!(
            "{{provider: {{name: webhook, webhook: {{image: {{repository: a/b, tag: v1}}, args: ['--api-token={SECRET}', --api-key, {SECRET}], env: {}}}}}}}",
            variable("HETZNER_TOKEN")
        ),
        format!(
            "{{provider: aws, aws: {{credentials: {{accessKey: AKIA1, secretKey: {SECRET}}}}}}}"
        ),
        format!("{{provider: cloudflare, cloudflare: {{apiToken: {SECRET}}}}}"),
        format!(
            "{{provider: aws, podAnnotations: {{note: 'it is {SECRET}'}}, env: {}}}",
            variable("DO_TOKEN")
        ),
        format!(
            "{{provider: aws, foo: {{password: {SECRET}}}, secretConfiguration: {{enabled: true, data: {{apiKey: {SECRET}}}}}}}"
        ),
        format!(
            "{{provider: aws, env: [{{name: HTTPS_PROXY, value: 'http://me:{SECRET}@proxy:3128'}}]}}"
        ),
        format!(
            "helm upgrade external-dns x/external-dns --set provider=pdns --set pdns.apiKey={SECRET}"
        ),
        format!(
            "helm upgrade external-dns x/external-dns --set provider=pdns,pdns.apiKey={SECRET} --set-x pdns.apiKey={SECRET}"
        ),
        format!(
            "set {{ name = \"aws.credentials.secretKey\"\n value = \"{SECRET}\" }}\nset {{ name = \"provider\"\n value = \"aws\" }}"
        ),
        format!(
            "{{apiVersion: v1, kind: Pod, spec: {{containers: [{{image: external-dns, args: [--source=service, --provider=pdns, '--pdns-api-key=$(KEY)'], env: {}, lost: {{token: {SECRET}}}}}]}}}}",
            variable("PDNS_API_KEY")
        ),
    ] {
        let made = made(&text);
        assert!(!printed(&made).contains(SECRET), "{text}: {}", printed(&made));
        assert_eq!(made.heaviest(), Some(Weight::Refused), "{text}: there is something left to do");
    }
}

#[test]
fn a_secret_becomes_a_reference_and_the_step_is_told() {
    let made = made(&format!(
        "{{provider: aws, policy: sync, txtOwnerId: me, env: [{{name: AWS_ACCESS_KEY_ID, value: {SECRET}}}], \
         extraArgs: {{txt-encrypt-enabled: true, txt-encrypt-aes-key: {SECRET}}}}}"
    ));
    let reference = |key: &str| json!([{"name": key, "valueFrom": {"secretKeyRef": {"name": "external-dns-secrets", "key": key}}}]);
    assert_eq!(made.values["provider"]["webhook"]["env"], reference("AWS_ACCESS_KEY_ID"));
    assert_eq!(made.values["env"], reference("EXTERNAL_DNS_TXT_ENCRYPT_AES_KEY"));
    assert_eq!(made.values["extraArgs"], json!({"txt-encrypt-enabled": true}));
    for place in ["AWS_ACCESS_KEY_ID", "extraArgs.txt-encrypt-aes-key"] {
        let (weight, text) = said(&made, place).first().copied().unwrap();
        assert!(
            weight == Weight::Refused && text.contains("kubectl create secret generic"),
            "{text}"
        );
    }
}

#[test]
fn what_only_names_a_secret_stays() {
    let made = made(
        "{provider: aws, policy: sync, txtOwnerId: me, annotationFilter: token=abc, \
         env: [{name: AWS_SECRET_ACCESS_KEY, valueFrom: {secretKeyRef: {name: a, key: secretKey}}}, \
               {name: AWS_WEB_IDENTITY_TOKEN_FILE, value: /run/token}, {name: TOKEN, value: $(OTHER)}, {name: OTHER, value: x}]}",
    );
    assert_ne!(made.heaviest(), Some(Weight::Refused), "{made:#?}");
    assert_eq!(made.values["annotationFilter"], "token=abc");
}

#[test]
fn a_key_that_encrypts_is_kept_wherever_it_is() {
    for key in ["", ", aesKey: 0123456789abcdef0123456789abcdef"] {
        let made = made(&format!(
            "{{provider: aws, aws: {{region: x}}, policy: sync, txtOwnerId: me, txtEncrypt: {{enabled: true{key}}}}}"
        ));
        assert!(made.controller.contains(&"--txt-encrypt-enabled".to_owned()), "{made:#?}");
        assert_eq!(
            made.values["env"][0]["valueFrom"]["secretKeyRef"]["name"],
            "external-dns-secrets"
        );
        assert_eq!(made.heaviest(), Some(Weight::Refused), "the Secret is left to make");
        assert!(!printed(&made).contains("0123456789abcdef"), "{made:#?}");
    }
}

#[test]
fn what_looks_like_a_credential_is_printed_nowhere_whatever_it_is_called() {
    const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
    const OF_AWS: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKE1";
    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJkbnMifQ.c2lnbmF0dXJl";
    const PERSONAL: &str = "ghp_0123456789abcdefghijABCDEFGHIJ";
    let texts = [
        "--aws-secret SECRET".to_owned(),
        "--some-token=SECRET".to_owned(),
        "--password SECRET".to_owned(),
        "--pdns-api-key-2=SECRET".to_owned(),
        "--basic-auth=me:SECRET".to_owned(),
        "--user me:SECRET".to_owned(),
        "--header='Authorization: Bearer SECRET'".to_owned(),
        "--header='X-Auth-Token: SECRET'".to_owned(),
        "--pdns-server=https://me:SECRET@pdns.example.com/".to_owned(),
        "--pdns-server=https://:SECRET@pdns.example.com/".to_owned(),
        "--pdns-server='https://pdns.example.com/?zone=a&api_key=SECRET&x=y'".to_owned(),
        "--azure-config='{\"client_secret\": \"SECRET\"}'".to_owned(),
        "--store='AccountName=a;AccountKey=SECRET;EndpointSuffix=b'".to_owned(),
        "-token SECRET".to_owned(),
        "--lexicon-auth=me:SECRET".to_owned(),
        "--tokens=SECRET".to_owned(),
        "--auth-header=SECRET".to_owned(),
        format!("--x={KEY}"),
        format!("--x={JWT}"),
        format!("--x={PERSONAL}"),
        format!("--x={OF_AWS}"),
    ];
    let forms = |word: &str| {
        let (flag, value) = word.split_once(['=', ' ']).unwrap();
        let (flag, value) = (flag.trim_start_matches('-'), value.trim_matches('\''));
        let text = format!("--{flag}={value}");
        vec![
            format!("--source=service --provider=aws {word}"),
            json!({"provider": {"name": "aws"}, "extraArgs": {flag: value}}).to_string(),
            json!({"provider": {"name": "aws"}, "extraArgs": [text]}).to_string(),
            json!({"provider": {"name": "aws"}, "extraArgs": [format!("--{flag}"), value]}).to_string(),
            json!({"provider": {"name": "aws"}, "extraArgs": word}).to_string(),
            json!({"provider": {"name": "webhook", "webhook": {"image": {"repository": "a/b", "tag": "v1"}, "args": [text]}}}).to_string(),
            json!({"provider": "aws", "podAnnotations": {"note": word}}).to_string(),
            json!({"provider": "aws", "extraContainers": [{"name": "a", "image": "b", "args": [text], "command": ["sh", "-c", word]}]}).to_string(),
            json!({"provider": "aws", "extraContainers": [{"name": "a", "image": "b", "env": [{"name": "SETTINGS", "value": word}]}]}).to_string(),
            json!({"kind": "Deployment", "apiVersion": "apps/v1", "spec": {"template": {"spec": {"containers": [
                {"name": "external-dns", "image": "external-dns", "args": ["--source=service", "--provider=aws", text]}]}}}}).to_string(),
            format!("helm upgrade external-dns x/external-dns --set provider=aws --set 'extraArgs[0]={}'", text.replace(',', "\\,").replace('\'', "")),
            format!("resource \"helm_release\" \"external-dns\" {{\n  chart = \"external-dns\"\n  values = [yamlencode({{ provider = \"aws\", extraArgs = [{}] }})]\n}}", json!(text)),
        ]
    };
    for text in texts {
        for form in forms(&text.replace("SECRET", SECRET)) {
            let Ok(made) = convert(&form) else { continue };
            let printed = printed(&made);
            for secret in [SECRET, KEY, JWT, PERSONAL, OF_AWS] {
                assert!(!printed.contains(secret), "{form}\n{made}");
            }
        }
    }
}

#[test]
fn what_says_something_of_a_secret_and_is_none_stays() {
    for word in [
        "--label-filter=pass=enabled",
        "--annotation-filter=example.com/token=internal",
        "--pdns-server=https://pdns.example.com/",
        "--aws-zone-tags=secret=dns-zones",
        "--label-filter=commit=da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "--fqdn-template={{ .Name }}.example.com",
    ] {
        let made = made(
            &json!(["--source=service", "--provider=aws", "--txt-owner-id=me", word]).to_string(),
        );
        let value = word.split_once('=').unwrap().1;
        assert!(!made.to_string().contains("CHANGE-ME"), "{word}: {made}");
        let is_there =
            made.controller.iter().chain(&made.provider).any(|printed| printed.ends_with(value));
        assert!(is_there || word.contains("pdns"), "{word}: {made}");
    }
}

#[test]
fn variables_of_whole_secrets_are_taken_from_the_charts_values() {
    let made = made(
        "{provider: {name: aws}, policy: sync, txtOwnerId: me, envFrom: [{secretRef: {name: dns}}]}",
    );
    let from = json!([{"secretRef": {"name": "dns"}}]);
    assert_eq!(
        (&made.values["envFrom"], &made.values["provider"]["webhook"]["envFrom"]),
        (&from, &from)
    );
    assert_eq!(said(&made, "envFrom").first().unwrap().0, Weight::Changed, "{made:#?}");
}

#[test]
fn what_terraform_is_told_to_keep_is_printed_nowhere() {
    for key in ["podAnnotations.x", "foo.bar", "extraArgs[0]"] {
        let text = format!(
            "resource \"helm_release\" \"external-dns\" {{\n chart = \"external-dns\"\n set_sensitive {{\n name = \"{key}\"\n value = \"{SECRET}\"\n }}\n \
             set {{\n name = \"provider\"\n value = \"aws\"\n }}\n}}"
        );
        let made = made(&text);
        assert!(!printed(&made).contains(SECRET), "{key}: {made}");
    }
    let words = made("--source=service --provider=aws --token= hunter2hunter2");
    assert!(!printed(&words).contains("hunter2"), "{words}");
}

#[test]
fn what_an_address_carries_is_printed_nowhere() {
    for address in [
        format!("https://api.example.com/?token={SECRET}"),
        format!("https://api.example.com/x?a=1&api_key={SECRET}&b=2#top"),
        format!("https://hooks.slack.com/services/T00000000/B00000000/{SECRET}"),
        format!("https://discord.com/api/webhooks/123456789/{SECRET}"),
        format!("https://api.telegram.org/bot123456789:{SECRET}/sendMessage"),
    ] {
        let values = json!({"provider": {"name": "aws"}, "policy": "sync", "txtOwnerId": "me", "podAnnotations": {"u": address},
            "extraContainers": [{"name": "a", "image": "b", "env": [{"name": "HOOK", "value": address}]}]});
        let made = made(&values.to_string());
        assert!(!printed(&made).contains(SECRET), "{address}: {made}");
    }
    let plain = "https://api.example.com/?zone=example.com";
    let made =
        made(&json!({"provider": {"name": "aws"}, "podAnnotations": {"u": plain}}).to_string());
    assert_eq!(made.values["podAnnotations"]["u"], plain, "{made}");
}

#[test]
fn patches_and_what_a_secret_holds_are_printed_nowhere() {
    let patch = json!([{"patch": [{"value": SECRET}], "stringData": {"pw": SECRET}}]);
    let values =
        json!({"provider": "aws", "policy": "sync", "txtOwnerId": "me", "aws": {"region": "x"}});
    let mut release =
        json!({"name": "external-dns", "chart": "bitnami/external-dns", "values": [values]});
    for key in ["strategicMergePatches", "jsonPatches", "transformers", "postRendererArgs"] {
        release[key] = patch.clone();
    }
    let flux = json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "external-dns"},
        "spec": {"chart": {"spec": {"chart": "external-dns"}}, "values": values, "postRenderers": [{"kustomize": {"patches": patch}}]}});
    let object = json!({"apiVersion": "v1", "kind": "Secret", "data": {"x": SECRET}, "stringData": {"y": SECRET}});
    let mut with_object = values.clone();
    with_object["extraDeploy"] = json!([object]);
    with_object["unknownKey"] = object.clone();
    with_object["podAnnotations"] = json!({"x": format!("{SECRET}")});
    for text in [json!({"releases": [release]}), flux, with_object] {
        let made = made(&text.to_string());
        assert!(!printed(&made).contains(SECRET), "{made}");
        assert_eq!(made.values["policy"], "upsert-only", "{made}");
    }
}
