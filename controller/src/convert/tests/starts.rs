//! What is printed also starts: values that the programs refuse are told with their place, and left out.

use super::*;

/// Returns what becomes of one more word of a command line.
fn with(word: &str) -> Conversion {
    let words = ["--source=service", "--provider=aws", "--policy=sync", "--txt-owner-id=me", word];
    made(&serde_json::to_string(&words).unwrap())
}

#[test]
fn a_value_that_a_program_ends_with_is_told_with_its_place_and_left_out() {
    for word in [
        "--target-net-filter=10.0.0.1",
        "--exclude-target-net=ten",
        "--service-type-filter=Foo",
        "--nat64-networks=y",
        "--default-targets=!",
        "--pod-source-domain=a..b",
        "--fqdn-template={{.Foo",
        "--label-filter=a in (",
        "--regex-domain-filter=(",
        "--regex-domain-exclusion=a{2",
        "--exclude-domains=a..b",
        "--interval=5",
        "--policy",
        "--aws-assume-role=foo",
        "--aws-assume-role=arn:aws:iam::1:role/x",
        "--aws-batch-change-size=0",
        "--aws-batch-change-size-bytes=0",
        "--aws-zone-tags==x",
        "--zone-id-filter=z_1",
    ] {
        let made = with(word);
        let flag = word.trim_start_matches("--").split('=').next().unwrap();
        let place = flags::key(flag).unwrap_or(flag);
        let told =
            [word.split('=').next().unwrap(), place].map(|place| said(&made, place)).concat();
        assert!(told.iter().any(|(weight, _)| *weight == Weight::Refused), "{word}: {made:#?}");
        assert_eq!(made.values["policy"], "upsert-only", "{word}: nothing goes that was not meant");
        let all = made.controller.iter().chain(&made.provider);
        assert!(!all.clone().any(|printed| printed == word), "{word}: {made:#?}");
        assert_eq!(
            flags::refused(&decided(&made.controller), &crate::app::rules),
            Vec::<String>::new()
        );
    }
}

/// Tells whether something is still to be written before anything starts.
fn is_held(made: &Conversion) -> bool {
    let is_said = Value::Object(made.values.clone()).to_string().contains(crate::args::OPEN);
    let told = flags::refused(&made.controller, &crate::app::rules);
    assert!(
        !is_said
            || decided(&made.controller).len() == made.controller.len()
            || told.iter().any(|text| text.contains(crate::args::OPEN)),
        "the program would start: {made:#?}"
    );
    is_said
}

#[test]
fn where_a_filter_cannot_be_taken_nothing_starts_until_a_person_has_written_it() {
    for word in [
        "--domain-filter=a..b",
        "--exclude-domains=a..b",
        "--regex-domain-filter=(",
        "--regex-domain-exclusion=a{2",
        "--label-filter=a in (",
        "--annotation-filter",
        "--annotation-filter={{ .Values.x }}",
        "--namespace=A_b",
        "--managed-record-types=AA",
        "--exclude-record-types=AA",
        "--target-net-filter=10.0.0.1",
        "--exclude-target-net=ten",
        "--service-type-filter=Foo",
        "--gateway-label-filter=a in (",
        "--ignore-hostname-annotation=perhaps",
        "--dry-run=perhaps",
        "--zone-id-filter=z_1",
        "--aws-zone-type=both",
        "--aws-zone-tags==x",
        "--aws-assume-role=foo",
        "--default-targets=!",
    ] {
        let made = with(word);
        assert!(is_held(&made), "{word}: {made:#?}");
    }
    for values in [
        "domainFilters: '${DOMAINS}'",
        "domainFilters: a.org",
        "excludeDomains: [a.org, {a: b}]",
        "labelFilter: [a=b]",
        "annotationFilter: '{{ include \"x\" . }}'",
        "namespaced: perhaps",
        "namespaced: true, sourceNamespace: [apps]",
        "sourceNamespace: apps, namespaced: '${ONE}'",
        "managedRecordTypes: A",
        "gatewayNamespace: {a: b}",
        "extraArgs: {exclude-domains: 1234567}",
        "extraArgs: {zone-id-filter: {a: b}}",
        "extraArgs: ['--exclude-domains={{ include \"x\" . }}']",
        "env: [{name: EXTERNAL_DNS_LABEL_FILTER, value: 'a in ('}]",
    ] {
        let made =
            made(&format!("{{provider: {{name: aws}}, policy: sync, txtOwnerId: me, {values}}}"));
        assert!(is_held(&made), "{values}: {made:#?}");
    }
    for text in [
        "helm upgrade external-dns x/external-dns --set txtOwnerId=me --set policy=sync -f values.yaml",
        "helm upgrade external-dns x/external-dns --set txtOwnerId=me --set domainFilters={$X}",
        "resource \"helm_release\" \"a\" {\nvalues = [yamlencode({ txtOwnerId = \"me\", provider = { name = \"aws\" }, domainFilters = var.x })]\n}",
        "{provider: aws, aws: {region: x, zoneType: both}, txtOwnerId: me}",
        "{provider: aws, aws: {region: x}, txtOwnerId: me, zoneIdFilters: [z_1]}",
        "{provider: aws, aws: {region: x}, txtOwnerId: me, regexDomainExclusion: '('}",
    ] {
        let made = made(text);
        assert!(is_held(&made), "{text}: {made:#?}");
    }
}

#[test]
fn what_is_left_of_a_filter_that_lets_through_is_enough_and_what_is_none_holds_nothing_up() {
    for word in
        ["--interval=5", "--txt-cache-interval=1h", "--nat64-networks=y", "--no-such-flag=1"]
    {
        let made = with(word);
        assert!(!is_held(&made), "{word}: {made:#?}");
    }
    for values in [
        "domainFilters: [example.com, a..b]",
        "extraArgs: {target-net-filter: [10.0.0.0/8, ten]}",
        "domainFilters: null",
        "resources: [1]",
    ] {
        let made =
            made(&format!("{{provider: {{name: aws}}, policy: sync, txtOwnerId: me, {values}}}"));
        assert!(!is_held(&made), "{values}: {made:#?}");
    }
}

#[test]
fn a_flag_that_needs_another_one_is_told_where_that_is_not_there() {
    let encrypted = "--txt-encrypt-enabled";
    for (word, other) in [
        ("--create-ptr", "--managed-record-types=PTR"),
        ("--ignore-hostname-annotation", "--fqdn-template={{.Name}}.example.com"),
        (encrypted, "--txt-encrypt-aes-key=$(AES_KEY)"),
    ] {
        let alone = with(word);
        assert_eq!(said(&alone, word).first().unwrap().0, Weight::Refused, "{alone:#?}");
        assert!(!alone.controller.iter().any(|printed| printed == word), "{alone:#?}");
        let words = ["--source=service", "--txt-owner-id=me", word, other];
        let env =
            json!([{"name": "AES_KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]);
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [
            {"image": "external-dns", "args": words, "env": env},
        ]}});
        let both = made(&pod.to_string());
        assert!(both.controller.iter().any(|printed| printed == word), "{both:#?}");
        assert!(said(&both, word).is_empty(), "{both:#?}");
    }
    let external = with("--aws-assume-role-external-id=x");
    assert_eq!(said(&external, "--aws-assume-role-external-id").first().unwrap().0, Weight::Note);
    assert_eq!((&external.values["policy"], external.provider.len()), (&json!("sync"), 0));
}

#[test]
fn a_wrong_value_in_values_is_told_under_the_key_that_it_has_there() {
    let made = made(
        "{provider: aws, policy: sync, txtOwnerId: me, domainFilters: [example.com, a..b], labelFilter: 'a in (', \
         extraArgs: {target-net-filter: [10.0.0.0/8, ten], service-type-filter: Foo}}",
    );
    for place in [
        "domainFilters",
        "labelFilter",
        "extraArgs.target-net-filter",
        "extraArgs.service-type-filter",
    ] {
        assert_eq!(
            said(&made, place).first().map(|said| said.0),
            Some(Weight::Refused),
            "{place}: {made:#?}"
        );
    }
    assert_eq!(made.values["domainFilters"], json!(["example.com"]));
    assert_eq!(
        made.values["extraArgs"],
        json!({"target-net-filter": ["10.0.0.0/8"], "service-type-filter": crate::args::OPEN}),
        "of one that is left out more would come"
    );
}

#[test]
fn a_file_that_is_only_where_the_program_runs_is_not_missed_here() {
    let made = with("--txt-encrypt-aes-key-file=/run/secrets/key");
    assert_ne!(made.heaviest(), Some(Weight::Refused), "{made:#?}");
}

#[test]
fn an_owner_id_that_nothing_fills_in_is_asked_for() {
    let made = made(
        "[--source=service, --provider=aws, --policy=sync, '--txt-owner-id=$(OWNER)', '--migrate-from-txt-owner=$(OLD)']",
    );
    assert_eq!(made.values["txtOwnerId"], "CHANGE-ME", "{made:#?}");
    assert_eq!(said(&made, "$(OWNER)").first().unwrap().0, Weight::Refused);
    assert!(!made.to_string().contains("migrate-from-txt-owner: "), "{made:#?}");
    assert!(is_held(&made), "{made:#?}");
    let written: Vec<String> =
        made.controller.iter().map(|word| word.replace(crate::args::OPEN, "me")).collect();
    assert_eq!(flags::refused(&written, &crate::app::rules), Vec::<String>::new());
}

#[test]
fn a_role_that_is_none_is_told_wherever_it_stands() {
    let with = |role: &str| {
        let annotations = json!({"eks.amazonaws.com/role-arn": role});
        made(&json!({"provider": {"name": "aws"}, "policy": "sync", "txtOwnerId": "me", "serviceAccount": {"annotations": annotations}}).to_string())
    };
    for role in [
        "dns",
        "arn:aws:iam::1:role/dns",
        "arn:aws:iam::111122223333:policy/dns",
        "arn:aws:iam::111122223333:role/",
        "arn:aws:iam::111122223333:user/dns",
        "<arn>:role",
    ] {
        let made = with(role);
        let place = "serviceAccount.annotations.eks.amazonaws.com/role-arn";
        assert_eq!(
            said(&made, place).first().map(|said| said.0),
            Some(Weight::Refused),
            "{role}: {made:#?}"
        );
    }
    for role in [
        "arn:aws:iam::111122223333:role/dns",
        "arn:aws-us-gov:iam::111122223333:role/path/to/dns",
        "{{ .Values.role }}x",
        "${ROLE}",
        "",
    ] {
        let made = with(role);
        assert!(
            !made.remarks.iter().any(|remark| remark.text.contains("ARN")),
            "{role}: {made:#?}"
        );
    }
}

#[test]
fn a_text_that_is_false_is_passed_over_by_either_chart() {
    let texts = ["annotationFilter", "labelFilter", "txtPrefix", "txtSuffix", "gatewayNamespace"];
    for provider in [json!("aws"), json!({"name": "aws"})] {
        for key in texts {
            let mut values =
                json!({"provider": provider, "policy": "sync", "txtOwnerId": "me", key: false});
            let made = made(&values.to_string());
            assert!(!made.values.contains_key(key), "{made:#?}");
            assert_eq!(said(&made, key).first().unwrap().0, Weight::Note, "{made:#?}");
            assert_eq!(made.values["policy"], "sync", "{made:#?}");
            values[key] = json!("false");
            assert_eq!(self::made(&values.to_string()).values[key], "false", "{key}");
        }
    }
    let owner = made("{provider: {name: aws}, policy: sync, txtOwnerId: false}");
    assert_eq!(owner.values["txtOwnerId"], "default", "{owner:#?}");
    // A chart writes these whatever they say, and nothing starts with it.
    let policy = made("{provider: {name: aws}, policy: false, txtOwnerId: me}");
    assert_eq!(policy.values["policy"], "upsert-only", "{policy:#?}");
    assert_eq!(policy.heaviest(), Some(Weight::Refused), "{policy:#?}");
}
