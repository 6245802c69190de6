//! What is printed fits the chart and the programs, whatever was given.

use super::*;

#[test]
fn what_the_chart_would_refuse_is_told_with_its_place_and_left_out() {
    let made = made(
        "{provider: aws, policy: sync, txtOwnerId: me, securityContext: {fsGroup: 65534, runAsUser: 1}, \
         env: [{name: A, value: 1}, {value: b}], sources: [service, service, services], interval: soon, \
         service: {ipFamilies: [IPv4, IPv6, IPv4]}, resources: {limits: [1]}, revisionHistoryLimit: '3', txtPrefix: null}",
    );
    let values = Value::Object(made.values.clone());
    assert_eq!(values["securityContext"], json!({"runAsUser": 1}));
    assert_eq!(values["env"], json!([{"name": "A", "value": "1"}]));
    assert_eq!(values["sources"], json!(["service"]));
    assert_eq!(values["service"]["ipFamilies"], json!(["IPv4", "IPv6"]));
    assert_eq!(values["revisionHistoryLimit"], json!(3));
    assert!(values.get("txtPrefix").is_none() && values["resources"].get("limits").is_none());
    for place in ["env", "sources[2]", "interval", "service.ipFamilies", "resources.limits"] {
        assert_eq!(said(&made, place).first().unwrap().0, Weight::Refused, "{place}: {made:#?}");
    }
    assert_eq!(said(&made, "securityContext.fsGroup").first().unwrap().0, Weight::Note);
    assert_eq!(values["policy"], "upsert-only");
}

#[test]
fn what_had_no_effect_does_not_keep_anything_from_being_taken() {
    let made = made("{policy: sync, txtOwnerId: me, securityContext: {fsGroup: 65534}}");
    assert_eq!((made.heaviest(), &made.values["policy"]), (Some(Weight::Note), &json!("sync")));
}

#[test]
fn a_word_that_the_provider_would_end_with_is_told_and_left_out() {
    let made = made(
        "--source=service --provider=aws --txt-owner-id=me --aws-zones-cache-duration=3600 --aws-zone-type=both \
         --aws-prefer-cname=perhaps --aws-assume-role=a --aws-assume-role=arn:aws:iam::111122223333:role/b --aws-zone-tags=a=b --aws-zone-tags=c=d",
    );
    assert_eq!(
        decided(&made.provider),
        [
            "--aws-assume-role=arn:aws:iam::111122223333:role/b",
            "--aws-zone-tags=a=b",
            "--aws-zone-tags=c=d"
        ],
        "of two roles the last one counts"
    );
    assert_eq!(said(&made, "--aws-assume-role").first().unwrap().0, Weight::Changed, "{made:#?}");
    for word in ["--aws-zones-cache-duration", "--aws-zone-type", "--aws-prefer-cname"] {
        assert_eq!(said(&made, word).first().unwrap().0, Weight::Refused, "{word}: {made:#?}");
    }
}

#[test]
fn nothing_to_read_is_told_and_nothing_is_read_instead() {
    let made = made("{sources: [], policy: sync, txtOwnerId: me}");
    assert_eq!(made.values["sources"], json!(["empty"]));
    assert_eq!(made.values["policy"], "upsert-only");
    assert_eq!(said(&made, "sources").first().unwrap().0, Weight::Refused);
}

#[test]
fn a_provider_of_others_without_an_image_is_told() {
    for image in
        ["", "image: {repository: a/b}", "image: {tag: v1}", "image: {repository: '', tag: ''}"]
    {
        let made = made(&format!(
            "{{provider: {{name: webhook, webhook: {{{image}}}}}, policy: sync, txtOwnerId: me}}"
        ));
        assert_eq!(made.heaviest(), Some(Weight::Refused), "{image}");
        assert_eq!(made.values["policy"], "upsert-only", "{image}");
        assert!(made.to_string().contains("CHANGE-ME"), "{image}");
    }
    let elsewhere = made(
        "--source=crd --provider=webhook --webhook-provider-url=http://there:8888 --txt-owner-id=a --policy=sync",
    );
    assert_eq!(elsewhere.heaviest(), None, "{elsewhere:#?}");
}

#[test]
fn what_something_fills_in_is_judged_by_nobody_but_the_chart() {
    let free = made("{domainFilters: ['${DOMAIN}'], txtOwnerId: '${OWNER:=me}', policy: sync}");
    assert_eq!(
        (free.heaviest(), &free.values["policy"]),
        (Some(Weight::Changed), &json!("upsert-only"))
    );
    for (text, place) in [
        ("{policy: '${POLICY}', txtOwnerId: me}", "policy"),
        ("{policy: sync, txtOwnerId: me, logLevel: '${LEVEL}'}", "logLevel"),
        ("{policy: sync, txtOwnerId: me, extraArgs: {dry-run: '${DRY}'}}", "extraArgs.dry-run"),
        ("{policy: sync, txtOwnerId: me, extraArgs: ['--min-ttl=${TTL}']}", "--min-ttl"),
        ("{policy: sync, txtOwnerId: me, replicaCount: '${COUNT}'}", "replicaCount"),
        (
            "{policy: sync, txtOwnerId: me, extraArgs: ['--aws-zone-type=${KIND}']}",
            "--aws-zone-type",
        ),
    ] {
        let made = made(text);
        assert_eq!(
            said(&made, place).first().map(|told| told.0),
            Some(Weight::Refused),
            "{text}: {made:#?}"
        );
        assert_eq!(made.values["policy"], "upsert-only", "{text}");
    }
}

#[test]
fn templates_become_what_they_were() {
    let made = made(
        "{txtOwnerId: '{{ .Values.cluster.name }}', cluster: {name: east}, policy: sync, extraArgs: \
         ['--fqdn-template={{`{{.Name}}.example.com`}}', '--label-filter={{ \"a=b\" }}', \
         '--annotation-filter={{ .Values.none }}', '--namespace={{ .Release.Namespace }}', \
         '--aws-zone-tags={{ .Values.cluster.name }}']}",
    );
    assert_eq!(made.values["txtOwnerId"], "east");
    assert_eq!(made.provider, ["--aws-zone-tags=east"]);
    for word in ["--fqdn-template={{.Name}}.example.com", "--label-filter=a=b"] {
        assert!(made.controller.contains(&word.to_owned()), "{word}: {made:#?}");
    }
    assert_eq!(said(&made, "annotationFilter").first().unwrap().0, Weight::Refused, "{made:#?}");
    let program = self::made("--source=crd --aws-assume-role={{.Values.x}} --txt-owner-id=a");
    assert!(decided(&program.provider).is_empty(), "nobody made anything of it: {program:#?}");
    assert_eq!(said(&program, "--aws-assume-role").first().unwrap().0, Weight::Refused);
}

#[test]
fn what_helm_alone_knows_stays_where_helm_fills_it_in() {
    let made = made(
        "{provider: {name: aws}, policy: sync, txtOwnerId: '{{ .Release.Name }}', extraArgs: \
         ['--label-filter=app.kubernetes.io/instance={{ .Release.Name }}', '--txt-prefix={{.Release.Name}}-', \
         '--annotation-filter=scope in ({{ .Release.Namespace }})', '--domain-filter={{ .Release.Name }}.a.org', \
         '--namespace={{ .Release.Namespace }}', '--exclude-domains={{ \"x.a.org\" }}']}",
    );
    let extra = &made.values["extraArgs"];
    assert_eq!(extra["label-filter"], "app.kubernetes.io/instance={{ .Release.Name }}");
    assert_eq!(extra["txt-prefix"], "{{.Release.Name}}-");
    assert_eq!(extra["annotation-filter"], "scope in ({{ .Release.Namespace }})");
    assert_eq!(extra["domain-filter"], "{{ .Release.Name }}.a.org");
    assert_eq!(made.values["namespaced"], true);
    assert_eq!(made.values["excludeDomains"], json!(["x.a.org"]));
    assert_eq!(made.values["txtOwnerId"], "{{ .Release.Name }}");
    assert_eq!(made.values["policy"], "sync", "{made:#?}");
    let made = self::made(
        "{provider: {name: aws}, policy: sync, txtOwnerId: a, extraArgs: ['--namespace=x-{{ .Release.Name }}']}",
    );
    assert_eq!(made.values["policy"], "upsert-only", "what it restricts is not known");
}

#[test]
fn what_helm_makes_otherwise_in_another_chart_is_asked_for() {
    for text in [
        "txtOwnerId: '{{ .Chart.Name }}'",
        "txtOwnerId: '{{ include \"external-dns.fullname\" . }}'",
        "txtOwnerId: a, extraArgs: ['--annotation-filter=managed-by in ({{ .Chart.Name }})']",
        "txtOwnerId: a, extraArgs: ['--txt-prefix={{ $.Chart.Name }}-']",
        "txtOwnerId: a, extraArgs: {label-filter: 'a={{ template \"x\" $ }}'}",
        "txtOwnerId: a, extraArgs: {txt-suffix: '-{{ (lookup \"v1\" \"Secret\" \"a\" \"b\").metadata.uid }}'}",
    ] {
        let made = made(&format!("{{policy: sync, {text}}}"));
        assert_eq!(made.values["policy"], "upsert-only", "{text}: {made:#?}");
        let is_told = made.remarks.iter().any(|remark| remark.text.contains("of its own chart"));
        assert!(is_told, "{text}: {made:#?}");
    }
}

#[test]
fn a_further_source_takes_no_name_from_the_usual_ones() {
    for (text, sources) in [
        (
            "{policy: sync, txtOwnerId: a, extraArgs: ['--source=crd']}",
            json!(["service", "ingress", "crd"]),
        ),
        ("{policy: sync, txtOwnerId: a, sources: [], extraArgs: ['--source=crd']}", json!(["crd"])),
        (
            "{policy: sync, txtOwnerId: a, sources: [node], extraArgs: {source: crd}}",
            json!(["node", "crd"]),
        ),
        (
            "{provider: aws, aws: {region: x}, policy: sync, txtOwnerId: a, extraArgs: {source: crd}}",
            json!(["service", "ingress", "crd"]),
        ),
    ] {
        assert_eq!(made(text).values["sources"], sources, "{text}");
    }
    assert_eq!(made("--source=crd --provider=aws").values["sources"], json!(["crd"]));
}

#[test]
fn of_a_prefix_and_a_suffix_one_is_left() {
    let made = made("{provider: aws, policy: sync, txtOwnerId: a, txtPrefix: a-, txtSuffix: -b}");
    assert_eq!((&made.values["txtPrefix"], made.values.get("txtSuffix")), (&json!("a-"), None));
    assert_eq!(said(&made, "txtSuffix").first().unwrap().0, Weight::Refused);
    assert_eq!(made.values["policy"], "upsert-only");
}

#[test]
fn a_text_that_is_empty_is_as_if_it_were_not_there() {
    let made = made(
        "{provider: aws, policy: upsert-only, txtOwnerId: '', txtPrefix: '', txtSuffix: '', labelFilter: '', priorityClassName: ''}",
    );
    assert_eq!(made.heaviest(), None, "{made:#?}");
    assert!(!made.values.contains_key("txtSuffix"), "{made:#?}");
    let named = self::made("{provider: aws, policy: sync, txtOwnerId: ''}");
    assert_eq!(named.values["txtOwnerId"], "default", "what its records are marked with");
}

#[test]
fn what_a_shell_fills_in_is_not_taken_as_it_is() {
    let made = made("--source=service --provider=aws --policy=sync --txt-owner-id=$CLUSTER");
    assert_eq!(said(&made, "--txt-owner-id").first().unwrap().0, Weight::Refused);
    assert_eq!(
        (&made.values["txtOwnerId"], &made.values["policy"]),
        (&json!("CHANGE-ME"), &json!("upsert-only"))
    );
    // In a pod nothing does.
    let pod = self::made("['--source=service', '--txt-owner-id=$CLUSTER']");
    assert_eq!(pod.values["txtOwnerId"], "$CLUSTER");
}

/// Values as a user could write them.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-2_i64..70_000).prop_map(|number| json!(number)),
        Just(json!(1.5)),
        "[ -~]{0,6}".prop_map(Value::String),
        Just(json!("1m")),
        Just(json!("${X}")),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let names =
            ["name", "value", "repository", "limits", "httpGet", "port", "create", "type", "x"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::hash_map(prop::sample::select(names.to_vec()), inner, 0..3).prop_map(
                |map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            ),
        ]
    })
}

proptest! {
    /// The law of what is printed: the chart, asked again, has nothing to add.
    #[test]
    fn what_is_printed_fits_the_chart(given in prop::collection::vec((0..PEER_KEYS.len(), anything()), 1..5)) {
        let mut values = Map::new();
        for (at, value) in given {
            paths::put_at(&mut values, PEER_KEYS[at].key, value);
        }
        let made = convert(&serde_json::to_string(&values).unwrap()).unwrap();
        let mut again = draft::Draft::default();
        let mut printed = made.values.clone();
        printed.remove("extraArgs");
        // What a person has to write first fits nowhere.
        printed.retain(|_, value| !value.to_string().contains(crate::args::OPEN));
        *again.values_mut() = printed.clone();
        fit::fit(&mut again);
        prop_assert_eq!(again.values_mut().clone(), printed, "{:#?}", made.remarks);
    }
}
