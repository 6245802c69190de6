//! What becomes of ExternalDNS's provider for name servers.

use super::*;

fn own(conversion: &Conversion, path: &str) -> Value {
    conversion.values["provider"].pointer(path).cloned().unwrap_or_default()
}

/// Settings that are complete, but for the key.
const USUAL: &str = "--source=service --provider=rfc2136 --rfc2136-host=192.0.2.53 --rfc2136-port=53 --rfc2136-zone=example.com \
                     --rfc2136-axfr --rfc2136-min-ttl=60s --policy=upsert-only";

const SECRET: &str = "c2VjcmV0LXNlY3JldA==";

fn pod(args: &str, env: &str) -> Conversion {
    made(&format!(
        "{{kind: Deployment, apiVersion: apps/v1, spec: {{template: {{spec: {{containers: [{{name: a, \
         image: example.com/external-dns:v1, args: [{}], env: [{env}]}}]}}}}}}}}",
        args.split(' ').map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ")
    ))
}

#[test]
fn settings_of_name_servers_become_values_and_the_arguments_of_their_provider() {
    let from = "valueFrom: {secretKeyRef: {name: s, key: k}}";
    let env = format!("{{name: EXTERNAL_DNS_RFC2136_TSIG_SECRET, {from}}}");
    let words = format!(
        "{USUAL} --rfc2136-host=ns2.example.com --rfc2136-zone=Example.com. --rfc2136-tsig-keyname=home \
                         --rfc2136-tsig-secret-alg=HMAC-SHA512 --rfc2136-batch-change-size=10"
    );
    let made = pod(&words, &env);
    assert_eq!(made.heaviest(), Some(Weight::Note), "{made:#?}");
    assert_eq!(own(&made, "/name"), "rfc2136");
    assert_eq!(own(&made, "/rfc2136/hosts"), json!(["192.0.2.53", "ns2.example.com"]));
    assert_eq!(own(&made, "/rfc2136/zones"), json!(["example.com"]));
    assert_eq!(own(&made, "/rfc2136/keys/name"), "home");
    assert_eq!(own(&made, "/webhook/env/0/name"), "EXTERNAL_DNS_RFC2136_TSIG_SECRET");
    assert_eq!(
        own(&made, "/webhook/args"),
        json!([
            "--rfc2136-tsig-secret-alg=hmac-sha512",
            "--rfc2136-batch-change-size=10",
            "--rfc2136-min-ttl=60s",
            "--rfc2136-default-ttl=60s"
        ])
    );
    assert_eq!(made.provider_program(), Some("rfc2136-webhook"));
    let shown = made.to_string();
    assert!(shown.contains("# rfc2136-webhook\n#   --rfc2136-host=192.0.2.53"), "{shown}");
}

#[test]
fn a_secret_of_a_key_is_named_and_never_shown() {
    let words =
        format!("{USUAL} --rfc2136-tsig-keyname=home --rfc2136-tsig-secret-alg=hmac-sha512");
    let argument = format!("{words} --rfc2136-tsig-secret={SECRET}");
    let by_variable = format!("{{name: EXTERNAL_DNS_RFC2136_TSIG_SECRET, value: '{SECRET}'}}");
    let referred = format!("{words} --rfc2136-tsig-secret=$(KEY)");
    for made in [
        made(&argument),
        pod(&words, &by_variable),
        pod(&referred, &format!("{{name: KEY, value: '{SECRET}'}}")),
        made(&format!(
            "{{provider: rfc2136, rfc2136: {{host: ns, zone: a.org, tsigSecret: {SECRET}, tsigKeyname: home, tsigSecretAlg: hmac-sha512}}}}"
        )),
    ] {
        assert!(!format!("{made:?}{made}").contains(SECRET), "{made}");
        assert_eq!(own(&made, "/rfc2136/keys/secretName"), "CHANGE-ME");
        assert!(made.to_string().contains("`hmac-sha512:home:SECRET`"), "{made}");
        assert_eq!(made.heaviest(), Some(Weight::Refused));
    }
}

#[test]
fn a_secret_that_a_variable_brings_into_an_argument_stays_in_its_secret() {
    let words = format!("{USUAL} --rfc2136-tsig-keyname=home --rfc2136-tsig-secret=$(KEY)");
    let from = "valueFrom: {secretKeyRef: {name: s, key: k}}";
    let made = pod(&words, &format!("{{name: KEY, {from}}}, {{name: TZ, value: UTC}}"));
    let env = own(&made, "/webhook/env");
    assert!(env.to_string().contains(r#""name":"EXTERNAL_DNS_RFC2136_TSIG_SECRET""#), "{env}");
    assert!(!env.to_string().contains(r#""name":"KEY""#), "{env}");
    assert_eq!(made.heaviest(), Some(Weight::Note), "{made:#?}");
    let missing = pod(&words, "{name: OTHER, value: x}");
    assert_eq!(missing.heaviest(), Some(Weight::Refused), "{missing:#?}");
}

#[test]
fn what_is_not_served_for_name_servers_says_what_to_do_instead() {
    for (word, weight, told) in [
        ("--rfc2136-gss-tsig", Weight::Refused, "GSS-TSIG is not served"),
        (
            "--rfc2136-tsig-secret-alg=hmac-md5.sig-alg.reg.int",
            Weight::Refused,
            "make a key with hmac-sha256",
        ),
        ("--rfc2136-port=dns", Weight::Refused, "it takes a port"),
        ("--rfc2136-zone=.", Weight::Refused, "the name of a zone alone"),
        ("--rfc2136-min-ttl=soon", Weight::Refused, "a length of time"),
        ("--rfc2136-batch-change-size=0", Weight::Refused, "is no number"),
        ("--rfc2136-insecure=maybe", Weight::Refused, "on or off"),
        ("--rfc2136-of-tomorrow=1", Weight::Refused, "no release of ExternalDNS"),
        ("--rfc2136-load-balancing-strategy=round-robin", Weight::Changed, "put the primary first"),
        ("--rfc2136-create-ptr", Weight::Changed, "signpost ownership adopt"),
        ("--rfc2136-skip-tls-verify", Weight::Note, "no effect"),
        ("--rfc2136-kerberos-realm=A", Weight::Note, "no effect"),
    ] {
        let place = word.split('=').next().unwrap();
        let made = made(&format!("{USUAL} {word}"));
        let found = said(&made, place);
        let is_told = found.iter().any(|(found, text)| *found == weight && text.contains(told));
        assert!(is_told, "{word}: {:#?}", made.remarks);
    }
    for word in [
        "--no-rfc2136-gss-tsig",
        "--rfc2136-use-tls=false",
        "--rfc2136-load-balancing-strategy=disabled",
    ] {
        let place = word.split('=').next().unwrap().replace("--no-", "--");
        let made = made(&format!("{USUAL} {word}"));
        assert!(said(&made, &place).is_empty(), "{word}: {:#?}", made.remarks);
    }
}

#[test]
fn reverse_records_become_the_controllers() {
    let made =
        made(&format!("{USUAL} --rfc2136-insecure --rfc2136-create-ptr --managed-record-types=A"));
    assert!(made.controller.contains(&"--create-ptr".to_owned()), "{made:#?}");
    assert!(made.controller.contains(&"--managed-record-types=PTR".to_owned()), "{made:#?}");
    let usual = self::made(&format!("{USUAL} --rfc2136-insecure --rfc2136-create-ptr"));
    assert_eq!(usual.values["managedRecordTypes"], json!(["A", "AAAA", "CNAME", "PTR"]));
}

#[test]
fn what_was_not_read_and_what_had_no_ttl_is_said_to_change() {
    let made = made(
        "--source=crd --provider=rfc2136 --rfc2136-host=ns --rfc2136-zone=a.org --rfc2136-insecure",
    );
    for place in ["--rfc2136-tsig-axfr", "--rfc2136-min-ttl"] {
        assert_eq!(said(&made, place).first().unwrap().0, Weight::Changed, "{place}");
    }
    assert_eq!(made.provider, ["--rfc2136-host=ns", "--rfc2136-zone=a.org", "--rfc2136-insecure"]);
}

#[test]
fn a_key_beside_what_signs_nothing_is_left_out() {
    let made = made(&format!(
        "{USUAL} --rfc2136-insecure --rfc2136-tsig-keyname=home --rfc2136-tsig-secret={SECRET}"
    ));
    assert_eq!(
        own(&made, "/rfc2136"),
        json!({"hosts": ["192.0.2.53"], "zones": ["example.com"], "insecure": true})
    );
    assert_eq!(said(&made, "--rfc2136-insecure").first().unwrap().0, Weight::Note);
}

#[test]
fn settings_of_name_servers_have_no_effect_with_another_provider() {
    let made = made("--source=crd --provider=aws --rfc2136-host=ns");
    assert_eq!((made.heaviest(), made.provider.len()), (Some(Weight::Note), 0));
    let unnamed = self::made("--source=crd --rfc2136-host=ns");
    assert_eq!(unnamed.heaviest(), Some(Weight::Refused), "{unnamed:#?}");
}

#[test]
fn what_names_no_server_no_zone_or_no_key_is_told_and_deletes_nothing() {
    let made = made("--source=crd --provider=rfc2136 --policy=sync --txt-owner-id=me");
    for place in ["--rfc2136-host", "--rfc2136-zone", "--rfc2136-tsig-secret"] {
        assert_eq!(said(&made, place).first().unwrap().0, Weight::Refused, "{place}");
    }
    assert_eq!(made.values["policy"], "upsert-only");
}

#[test]
fn a_secret_that_is_out_of_sight_is_not_taken_for_none() {
    let set = |name: &str, value: &str| format!("set {{\nname = \"{name}\"\nvalue = {value}\n}}\n");
    let settings =
        [("provider", "\"rfc2136\""), ("rfc2136.host", "\"ns\""), ("rfc2136.zone", "\"a.org\"")];
    let text = settings.map(|(name, value)| set(name, value)).concat();
    let unsigned = made(&format!("resource \"helm_release\" \"a\" {{\n{text}}}"));
    assert_eq!(own(&unsigned, "/rfc2136/insecure"), true, "{unsigned:#?}");
    let hidden = set("rfc2136.tsigSecret", "var.secret");
    let signed = made(&format!("resource \"helm_release\" \"a\" {{\n{text}{hidden}}}"));
    assert_eq!(own(&signed, "/rfc2136/insecure"), Value::Null, "{signed:#?}");
    assert_eq!(own(&signed, "/rfc2136/keys/secretName"), "CHANGE-ME");
}

#[test]
fn tls_to_name_servers_stays_with_its_port_and_never_without_a_certificate() {
    let made = made(&format!("{USUAL} --rfc2136-insecure --rfc2136-use-tls"));
    let args = own(&made, "/webhook/args").to_string();
    // Without TLS the port 53 goes without saying; with it, that is 853.
    assert!(args.contains("--rfc2136-use-tls") && args.contains("--rfc2136-port=53"), "{args}");
    let blind = self::made(&format!(
        "{USUAL} --rfc2136-insecure --rfc2136-use-tls --rfc2136-skip-tls-verify"
    ));
    let told = said(&blind, "--rfc2136-skip-tls-verify");
    assert!(
        told.iter().any(|(weight, text)| *weight == Weight::Refused && text.contains("tls.pins")),
        "{told:?}"
    );
}

#[test]
fn certificates_for_name_servers_are_the_providers() {
    let tls =
        "--tls-ca=/tls/ca.crt --tls-client-cert=/tls/tls.crt --tls-client-cert-key=/tls/tls.key";
    let taken = made(&format!("{USUAL} --rfc2136-insecure --rfc2136-use-tls {tls}"));
    assert_eq!(taken.heaviest(), None, "{taken:#?}");
    for word in tls.split(' ') {
        assert!(taken.provider.contains(&word.to_owned()), "{word}: {taken:#?}");
    }
    let plain = made(&format!("{USUAL} --rfc2136-insecure {tls}"));
    assert_eq!(plain.heaviest(), Some(Weight::Note), "{plain:#?}");
    assert!(!plain.provider.iter().any(|word| word.starts_with("--tls-")), "{plain:#?}");
    let alone = made(&format!(
        "{USUAL} --rfc2136-insecure --rfc2136-use-tls --tls-client-cert=/tls/tls.crt"
    ));
    assert_eq!(said(&alone, "--tls-client-cert").first().unwrap().0, Weight::Refused);
    // Other providers that are built in read them, too; those that are not in the program do not.
    let other = made("--source=service --provider=pdns --tls-ca=/tls/ca.crt");
    assert_eq!(said(&other, "--tls-ca").first().unwrap().0, Weight::Refused, "{other:#?}");
    let aws = made("--source=service --provider=aws --tls-ca=/tls/ca.crt");
    assert_eq!(said(&aws, "--tls-ca").first().unwrap().0, Weight::Note, "{aws:#?}");
}

#[test]
fn where_nothing_was_read_nothing_begins_to_be_deleted() {
    let policy = |more: &str| {
        let made = made(&format!(
            "--source=ingress --provider=rfc2136 --rfc2136-host=ns --rfc2136-zone=example.com --rfc2136-insecure \
             --policy=sync --txt-owner-id=me {more}"
        ));
        let about: Vec<_> =
            said(&made, "policy").into_iter().map(|(_, text)| text.to_owned()).collect();
        (made.values["policy"].clone(), about, said(&made, "--rfc2136-tsig-axfr").len())
    };
    for more in ["", "--no-rfc2136-tsig-axfr", "--rfc2136-tsig-axfr=false"] {
        let (policy, about, remarks) = policy(more);
        assert_eq!((&policy, remarks), (&json!("upsert-only"), 1), "{more}");
        assert!(about.iter().any(|text| text.contains("never deleted any")), "{about:?}");
    }
    assert_eq!(policy("--rfc2136-tsig-axfr"), (json!("sync"), Vec::new(), 0));
    // Bitnami's chart reads zones where nothing else is said.
    let hers = |axfr: &str| {
        let text = format!(
            "{{provider: rfc2136, policy: sync, txtOwnerId: me, rfc2136: {{host: ns, zone: example.com{axfr}}}}}"
        );
        made(&text).values["policy"].clone()
    };
    assert_eq!((hers(""), hers(", tsigAxfr: false")), (json!("sync"), json!("upsert-only")));
}
