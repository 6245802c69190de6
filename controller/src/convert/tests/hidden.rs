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
