//! Several documents of one installation are put together as helm, k3s, Flux and Argo CD do it.

use super::*;

#[test]
fn a_patch_of_kustomize_may_have_any_name_and_holds() {
    let container = "name: external-dns, image: external-dns, args: [--source=service, --provider=aws, --policy=sync, --txt-owner-id=me]";
    let deployment = |name: &str, inner: &str| {
        format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}}}, spec: {{{inner}}}}}"
        )
    };
    let whole = deployment(
        "external-dns",
        &format!("template: {{spec: {{containers: [{{{container}}}]}}}}"),
    );
    for patch in [
        deployment("any", "template: {spec: {containers: [{name: external-dns, env: [{name: EXTERNAL_DNS_DOMAIN_FILTER, value: a.org}]}]}}"),
        deployment("any", "template: {spec: {containers: [{name: external-dns, args: [--source=ingress, --domain-filter=a.org]}]}}"),
        deployment("any", "replicas: 0"),
        "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: any}, spec: {template: {metadata: {annotations: {a: b}}}}}".to_owned(),
    ] {
        for text in [format!("{whole}\n---\n{patch}\n"), format!("{patch}\n---\n{whole}\n")] {
            let made = made(&text);
            assert_eq!(made.values["sources"], json!(["service"]), "{text}\n{made}");
            assert_eq!(made.values["policy"], "upsert-only", "{text}\n{made}");
            assert!(made.controller.iter().any(|word| word.contains(crate::args::OPEN)), "{text}\n{made}");
            assert!(made.to_string().contains("it may be put over the installation"), "{made}");
        }
    }
    let other = deployment("web", "template: {spec: {containers: [{name: web, image: nginx}]}}");
    assert_eq!(made(&format!("{whole}\n---\n{other}\n")).values["policy"], "sync");
    // Alone it is what there is.
    let alone = made(&deployment(
        "external-dns",
        &format!(
            "template: {{spec: {{containers: [{{{}}}]}}}}",
            container.replace("image: external-dns, ", "")
        ),
    ));
    assert_eq!(alone.values["policy"], "sync", "{alone}");
}

#[test]
fn a_patch_that_names_another_image_is_no_installation_of_its_own() {
    let whole = |kind: &str, around: &str, end: &str| {
        format!(
            "{{apiVersion: {kind}, metadata: {{name: external-dns}}, spec: {{{around}template: {{spec: {{containers: [{{name: external-dns, \
             image: registry.k8s.io/external-dns/external-dns:v0.15.0, args: [--source=service, --provider=aws, --policy=sync, --txt-owner-id=me]}}]}}}}}}{end}}}"
        )
    };
    let container = "{name: external-dns, image: mirror.example.com/dns/external-dns:v0.15.0, args: [--policy=upsert-only]}";
    let spec = format!("spec: {{template: {{spec: {{containers: [{container}]}}}}}}");
    for kind in ["Deployment", "DaemonSet", "StatefulSet"] {
        let kind = format!("apps/v1, kind: {kind}");
        let patch = format!("{{apiVersion: {kind}, metadata: {{name: any}}, {spec}}}");
        let whole = whole(&kind, "selector: {matchLabels: {app: dns}}, ", "");
        for text in [format!("{whole}\n---\n{patch}\n"), format!("{patch}\n---\n{whole}\n")] {
            let made = made(&text);
            let (weight, told) =
                &said(&made, &format!("{} any", kind.rsplit(' ').next().unwrap()))[0];
            assert_eq!(*weight, Weight::Refused, "{made:#?}");
            assert!(told.contains("it may be put over the installation"), "{told}");
            assert_eq!(made.values["policy"], "upsert-only", "{made:#?}");
            assert!(
                said(&made, "external-dns").iter().any(|(_, text)| text.contains("stop it before"))
            );
        }
        // One that has all that the API server wants is no patch.
        let second = whole.replace("name: external-dns}", "name: second}");
        let made = made(&format!("{whole}\n---\n{second}\n"));
        let told = said(&made, &format!("{} second", kind.rsplit(' ').next().unwrap()));
        assert!(told[0].1.contains("an installation of its own"), "{made:#?}");
    }
}

#[test]
fn documents_of_values_are_layers_of_one_release() {
    let made = made(
        "{provider: {name: aws}, policy: sync, txtOwnerId: me, sources: [service, ingress], domainFilters: [a.org], \
          serviceAccount: {name: dns, annotations: {a: b}}, logLevel: debug}\n---\n\
         {sources: [crd], serviceAccount: {annotations: {c: d}}, logLevel: null}\n---\n{domainFilters: [b.org]}\n",
    );
    assert_eq!(made.values["sources"], json!(["crd"]), "a list is replaced");
    assert_eq!(made.values["domainFilters"], json!(["b.org"]));
    assert_eq!(
        made.values["serviceAccount"],
        json!({"name": "dns", "annotations": {"a": "b", "c": "d"}})
    );
    assert!(!made.values.contains_key("logLevel"), "null takes out");
    let heaviest = made.heaviest();
    assert_eq!(
        (heaviest, &made.values["policy"]),
        (Some(Weight::Refused), &json!("upsert-only")),
        "they may be two that read other sources: {made:#?}"
    );
    let (_, text) = said(&made, "the documents of values").first().copied().unwrap();
    for place in ["3 of them", "sources", "domainFilters", "logLevel"] {
        assert!(text.contains(place), "{place}: {text}");
    }
}

#[test]
fn layers_that_say_the_same_of_what_records_hang_on_keep_their_policy() {
    let made = made(
        "{provider: {name: aws}, policy: sync, txtOwnerId: me, sources: [service]}\n---\n{logLevel: debug, policy: sync}\n",
    );
    assert_eq!(made.heaviest(), Some(Weight::Note), "{made:#?}");
    assert_eq!(made.values["policy"], "sync");
}

#[test]
fn values_that_nothing_names_delete_nothing_under_another_object() {
    let release = "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: external-dns}, spec: {chart: {spec: \
        {chart: external-dns}}, values: {provider: {name: aws}, policy: sync}}}";
    let made = made(&format!("{release}\n---\n{{txtOwnerId: another, sources: [ingress]}}\n"));
    assert_eq!(made.values["policy"], "upsert-only", "{made:#?}");
}

#[test]
fn documents_that_may_be_two_installations_delete_nothing() {
    for key in [
        "txtOwnerId: other",
        "annotationFilter: internal",
        "sources: [ingress]",
        "domainFilters: [b.org]",
    ] {
        let made = made(&format!(
            "{{provider: {{name: aws}}, policy: sync, txtOwnerId: me, annotationFilter: public}}\n---\n{{provider: {{name: aws}}, {key}}}\n"
        ));
        assert_eq!(made.heaviest(), Some(Weight::Refused), "{made:#?}");
        assert_eq!(made.values["policy"], "upsert-only");
    }
}

#[test]
fn a_helm_chart_config_is_put_over_its_helm_chart() {
    let object = |kind: &str, values: &str| {
        json!({"apiVersion": "helm.cattle.io/v1", "kind": kind, "metadata": {"name": "external-dns", "namespace": "kube-system"},
            "spec": {"chart": "external-dns", "valuesContent": values}})
        .to_string()
    };
    let config = object("HelmChartConfig", "policy: sync\nsources: [crd]\n");
    let chart = object("HelmChart", "provider: {name: aws}\ntxtOwnerId: me\npolicy: upsert-only\n");
    for text in [format!("{config}\n---\n{chart}"), format!("{chart}\n---\n{config}")] {
        let made = made(&text);
        assert_eq!(
            (&made.values["policy"], &made.values["sources"]),
            (&json!("sync"), &json!(["crd"])),
            "{made:#?}"
        );
        assert_eq!(made.values["txtOwnerId"], "me");
        assert_eq!(made.heaviest(), Some(Weight::Note), "{made:#?}");
    }
    let other = made(&format!(
        "{chart}\n---\n{}",
        config.replace("\"name\":\"external-dns\"", "\"name\":\"traefik\"")
    ));
    assert_eq!(other.values["policy"], "upsert-only", "{other:#?}");
}

#[test]
fn a_file_of_values_beside_what_names_it_stands_under_its_own_values() {
    let application = "{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: external-dns}, spec: {sources: [\
        {repoURL: 'https://kubernetes-sigs.github.io/external-dns/', chart: external-dns, helm: {valueFiles: [$values/v.yaml], \
         valuesObject: {policy: upsert-only}}}, \
        {repoURL: 'https://git.example.com/external-dns-values.git', path: external-dns, ref: values}]}}";
    let values = "{provider: {name: aws}, txtOwnerId: me, policy: sync, domainFilters: [a.org]}";
    let made = made(&format!("{values}\n---\n{application}"));
    assert_eq!(made.values["domainFilters"], json!(["a.org"]), "{made:#?}");
    assert_eq!(
        (&made.values["policy"], &made.values["txtOwnerId"]),
        (&json!("upsert-only"), &json!("me"))
    );
    let seconds = made.remarks.iter().filter(|remark| remark.text == input::SECOND).count();
    assert_eq!(seconds, 0, "a source of files is no installation: {made:#?}");
}

#[test]
fn a_patch_is_put_over_the_object_of_its_name() {
    let release = "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: external-dns, namespace: dns}, spec: \
                   {chart: {spec: {chart: external-dns}}, values: {provider: {name: aws}, policy: upsert-only, txtOwnerId: me}}}";
    let patch = "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: external-dns}, spec: {values: {policy: sync}}}";
    let one = made(&format!("{release}\n---\n{patch}"));
    assert_eq!(
        (one.heaviest(), &one.values["policy"]),
        (Some(Weight::Note), &json!("sync")),
        "{one:#?}"
    );
    let two =
        made(&format!("{release}\n---\n{}", release.replace("namespace: dns", "namespace: other")));
    assert_eq!(two.heaviest(), Some(Weight::Refused), "two of them are two: {two:#?}");
}

#[test]
fn a_null_takes_the_other_charts_default_away_as_helm_has_it() {
    // As `helm template` shows: a key that is null is not there, and neither is its default.
    let with = |values: &str| {
        made(&format!("{{provider: {{name: aws}}, txtOwnerId: me, policy: sync, {values}}}"))
    };
    for (values, sources) in [
        ("sources: null", json!(["empty"])),
        ("sources: null, extraArgs: ['--source=crd']", json!(["crd"])),
        ("sources: null, extraArgs: {source: [crd, node]}", json!(["crd", "node"])),
        ("sources: null, env: [{name: EXTERNAL_DNS_SOURCE, value: crd}]", json!(["crd"])),
        (
            "sources: null, env: [{name: EXTERNAL_DNS_SOURCE, valueFrom: {secretKeyRef: {name: a, key: b}}}]",
            json!([]),
        ),
        ("extraArgs: ['--source=crd']", json!(["service", "ingress", "crd"])),
    ] {
        assert_eq!(with(values).values["sources"], sources, "{values}");
    }
    for [first, second] in
        [["sources: [node]", "sources: null"], ["sources: null", "logLevel: debug"]]
    {
        let made = made(&format!(
            "{{provider: {{name: aws}}, {first}}}\n---\n{{txtOwnerId: me, {second}, extraArgs: ['--source=crd']}}"
        ));
        assert_eq!(made.values["sources"], json!(["crd"]), "{first}, {second}");
    }
    let back =
        made("{provider: {name: aws}, sources: null}\n---\n{txtOwnerId: me, sources: [node]}");
    assert_eq!(back.values["sources"], json!(["node"]));
    for policy in ["policy: sync}\n---\n{policy: null", "policy: null"] {
        let made = made(&format!("{{provider: {{name: aws}}, txtOwnerId: me, {policy}}}"));
        assert_eq!(made.values["policy"], "upsert-only", "{policy}");
        assert_eq!(
            said(&made, "policy").first().unwrap().0,
            Weight::Changed,
            "{policy}: {made:#?}"
        );
    }
    for key in [
        "domainFilters",
        "excludeDomains",
        "txtPrefix",
        "labelFilter",
        "managedRecordTypes",
        "registry",
        "interval",
    ] {
        let made = with(&format!("{key}: null"));
        assert!(!made.values.contains_key(key), "{key}: {made:#?}");
        assert_eq!(made.heaviest(), None, "{key}: {made:#?}");
    }
    let off = with("serviceAccount: {create: null, name: mine}, rbac: {create: null}");
    assert_eq!(
        (&off.values["serviceAccount"]["create"], &off.values["rbac"]["create"]),
        (&json!(false), &json!(false))
    );
}
