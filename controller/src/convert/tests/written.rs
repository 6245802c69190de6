//! What is written twice, in quotes, in octal, or in a variable beside.

use super::*;

const FROM_CONFIG_MAP: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: external-dns, namespace: dns}
spec:
  template:
    spec:
      serviceAccountName: external-dns
      containers:
      - name: external-dns
        image: registry.k8s.io/external-dns/external-dns:v0.15.0
        args: [--source=service, --provider=aws, '--txt-owner-id=$(OWNER)', '--domain-filter=$(DOMAIN)', '--aws-zone-type=$(ZONE_TYPE)', '--interval=$(EVERY)']
        env:
        - {name: DOMAIN, value: $(OWNER).example.org}
        - {name: EVERY, valueFrom: {configMapKeyRef: {name: dns-env, key: EVERY}}}
        envFrom: [{secretRef: {name: keys}}, {configMapRef: {name: dns-env}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: dns-env, namespace: dns}
data: {OWNER: my-cluster, ZONE_TYPE: public, EVERY: 3m, EXTERNAL_DNS_POLICY: upsert-only}
";

#[test]
fn a_config_map_before_a_secret_that_may_have_its_keys_stays_a_reference() {
    let behind = "envFrom: [{configMapRef: {name: dns-env}}, {secretRef: {name: keys}}]";
    let text = FROM_CONFIG_MAP
        .replace("envFrom: [{secretRef: {name: keys}}, {configMapRef: {name: dns-env}}]", behind);
    assert_ne!(text, FROM_CONFIG_MAP);
    let secret = |keys: &str| {
        format!(
            "{text}---\napiVersion: v1\nkind: Secret\nmetadata: {{name: keys, namespace: dns}}\nstringData: {{{keys}}}\n"
        )
    };
    let is_written_out =
        |text: &str| format!("{:?}", convert(text).unwrap().values).contains("my-cluster");
    assert!(!is_written_out(&text), "nobody knows what the Secret has");
    assert!(!is_written_out(&secret("OWNER: another")));
    assert!(is_written_out(&secret("TOKEN: x")));
}

#[test]
fn what_a_module_may_do_to_the_values_is_not_known_and_deletes_nothing() {
    let module = |name: &str, more: &str| {
        let text = format!(
            "module \"{name}\" {{\n  source = \"example/external-dns/aws\"\n  values = \"policy: sync\\ntxtOwnerId: a\\nprovider: aws\\n\"\n  {more}\n}}\n"
        );
        convert(&text).unwrap()
    };
    let made = module("external_dns", "settings = { \"domainFilters\" = \"{a.com}\" }");
    assert_eq!(
        (&made.values["policy"], made.heaviest()),
        (&json!("upsert-only"), Some(Weight::Refused))
    );
    assert!(made.values.get("serviceAccount").is_none(), "it is no module of EKS Blueprints");
    let made = module("dns", "role_name = \"dns\"");
    assert_eq!(made.values["policy"], json!("sync"));
}

#[test]
fn a_config_map_of_another_namespace_is_another_one() {
    let theirs = "
---
apiVersion: v1
kind: ConfigMap
metadata: {name: dns-env, namespace: other}
data: {OWNER: their-cluster, ZONE_TYPE: private, EVERY: 9m}
";
    for text in [
        format!("{FROM_CONFIG_MAP}{theirs}"),
        format!("{}\n---{FROM_CONFIG_MAP}", theirs.trim_start_matches("\n---\n")),
    ] {
        let made = convert(&text).unwrap();
        let shown = format!("{made:?}");
        assert!(
            shown.contains("my-cluster") && !shown.contains("their-cluster"),
            "{text}: {shown}"
        );
    }
    // Which of two is meant where nothing says the namespace of the installation is not known.
    let nowhere = FROM_CONFIG_MAP.replacen(", namespace: dns}", "}", 1);
    assert!(
        !format!("{:?}", convert(&format!("{nowhere}{theirs}")).unwrap()).contains("my-cluster")
    );
}

#[test]
fn what_a_config_map_of_the_same_text_says_is_written_out() {
    let made = convert(FROM_CONFIG_MAP).unwrap();
    assert_eq!(made.values["txtOwnerId"], "my-cluster", "{made:#?}");
    assert_eq!(made.values["domainFilters"], json!(["my-cluster.example.org"]));
    assert_eq!(
        (&made.values["interval"], &made.values["policy"]),
        (&json!("3m"), &json!("upsert-only"))
    );
    assert_eq!(made.values["provider"]["webhook"]["args"], json!(["--aws-zone-type=public"]));
    assert_eq!(
        made.values["envFrom"],
        json!([{"secretRef": {"name": "keys"}}]),
        "nobody sees a Secret"
    );
    let told = |place: &str| made.remarks.iter().any(|remark| remark.place == place);
    assert!(told("ConfigMap dns-env") && told("$(OWNER)"), "{:#?}", made.remarks);
}

#[test]
fn a_flag_that_is_given_twice_is_what_it_was_last_told_and_that_is_said() {
    for text in [
        "external-dns --source=service --provider=aws --policy=sync --txt-owner-id=a --policy=upsert-only --txt-owner-id=b",
        "{args: [--source=service, --provider=aws, --policy=sync, --txt-owner-id=a, --policy, upsert-only, --txt-owner-id=b]}",
    ] {
        let made = convert(text).unwrap();
        assert_eq!(
            (&made.values["policy"], &made.values["txtOwnerId"]),
            (&json!("upsert-only"), &json!("b"))
        );
        let told: Vec<_> =
            made.remarks.iter().filter(|remark| remark.text.contains("twice")).collect();
        assert_eq!(told.len(), 2, "{text}: {:#?}", made.remarks);
    }
    let made = convert(
        "{provider: {name: aws}, policy: sync, txtOwnerId: a, extraArgs: [--txt-prefix=a-, --txt-prefix=b-, --aws-zone-type=private, --aws-zone-type=public, --ingress-class=a, --ingress-class=b]}",
    )
    .unwrap();
    assert_eq!(
        made.values["provider"]["webhook"]["args"],
        json!(["--aws-zone-type=public"]),
        "{made:#?}"
    );
    assert!(made.controller.contains(&"--txt-prefix=b-".to_owned()), "{made:#?}");
    assert_eq!(
        made.controller.iter().filter(|word| word.starts_with("--ingress-class")).count(),
        2
    );
}

#[test]
fn a_key_that_stands_twice_counts_once_wherever_values_stand() {
    let flux = "
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: external-dns}
spec:
  chart: {spec: {chart: external-dns, sourceRef: {kind: HelmRepository, name: x}}}
  values: {provider: {name: aws}, txtOwnerId: a, policy: sync, policy: upsert-only}
";
    let argo = "
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: external-dns}
spec:
  source:
    chart: external-dns
    helm:
      values: |
        provider: {name: aws}
        txtOwnerId: a
        policy: sync
        policy: upsert-only
";
    for text in
        ["provider: {name: aws}\npolicy: sync\ntxtOwnerId: a\npolicy: upsert-only\n", flux, argo]
    {
        let made = convert(text).unwrap();
        assert_eq!(made.values["policy"], "upsert-only", "{made:#?}");
        let told = made.remarks.iter().filter(|remark| {
            remark.place.ends_with("policy") && remark.text.contains("stands there twice")
        });
        assert_eq!(told.count(), 1, "{text}: {:#?}", made.remarks);
    }
}

#[test]
fn a_mode_of_a_file_stays_what_it_is_and_one_that_looks_octal_is_told() {
    let values = |mode: &str| {
        format!(
            "{{provider: {{name: aws}}, policy: sync, txtOwnerId: a, extraVolumes: [{{name: x, secret: {{secretName: x, defaultMode: {mode}}}}}]}}"
        )
    };
    for (mode, kept, told) in [
        ("0400", 256, ""),
        ("0o400", 256, ""),
        ("256", 256, ""),
        ("420", 420, ""),
        ("400", 400, "0620"),
        ("444", 444, "0674"),
        ("644", 644, "write `0644`"),
    ] {
        let made = convert(&values(mode)).unwrap();
        let at = "extraVolumes[0].secret.defaultMode";
        let said = made.remarks.iter().find(|remark| remark.place == at);
        assert_eq!(said.is_some(), !told.is_empty(), "{mode}: {:#?}", made.remarks);
        assert!(said.is_none_or(|said| said.text.contains(told)), "{mode}: {said:?}");
        assert_eq!(made.values["extraVolumes"][0]["secret"]["defaultMode"], kept, "{mode}");
    }
}

#[test]
fn an_owner_in_quotes_is_told_and_not_guessed() {
    for owner in
        ["'--txt-owner-id=\"my-cluster\"'", "\"--txt-owner-id='it''s'\"", "'--txt-owner-id=a,b'"]
    {
        let text = format!("{{args: [--source=service, --provider=aws, --policy=sync, {owner}]}}");
        let made = convert(&text).unwrap();
        let is_bad = !owner.contains("it''s");
        assert_eq!(made.values["txtOwnerId"] == "CHANGE-ME", is_bad, "{owner}: {made:#?}");
        let told = made.remarks.iter().any(|remark| {
            remark.place == "txtOwnerId"
                && remark.weight == Weight::Refused
                && remark.text.contains("cannot spell")
        });
        assert_eq!(told, is_bad, "{owner}: {:#?}", made.remarks);
    }
}

#[test]
fn the_module_of_eks_blueprints_keeps_the_account_that_its_role_trusts() {
    let module = |more: &str| {
        format!(
            "module \"addons\" {{\n  source = \"aws-ia/eks-blueprints-addons/aws\"\n  enable_external_dns = true\n  external_dns = {{\n    values = [\"policy: sync\\ntxtOwnerId: a\\n\"]\n{more}\n  }}\n}}\n"
        )
    };
    let made = convert(&module("")).unwrap();
    assert_eq!(made.values["serviceAccount"]["name"], "external-dns-sa", "{made:#?}");
    let role =
        |made: &Conversion| made.remarks.iter().any(|remark| remark.text.contains("iam_role_arn"));
    assert!(role(&made), "{:#?}", made.remarks);
    let made =
        convert(&module("    service_account_name = \"dns\"\n    create_role = false")).unwrap();
    assert_eq!(made.values["serviceAccount"]["name"], "dns", "{made:#?}");
    assert!(!role(&made), "{:#?}", made.remarks);
}

#[test]
fn values_of_a_dependency_are_found_under_its_name_or_alias() {
    for name in ["external-dns", "externalDns", "external-dns-public"] {
        let text = format!(
            "global: {{a: b}}\n{name}:\n  provider: {{name: aws}}\n  policy: sync\n  txtOwnerId: x\nother: {{b: c}}\n"
        );
        let made = convert(&text).unwrap();
        assert_eq!(made.values["txtOwnerId"], "x", "{made:#?}");
    }
}
