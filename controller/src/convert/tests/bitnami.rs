//! What Bitnami's chart makes of its values, which another chart would not.

use super::*;

/// Returns what becomes of values of Bitnami's chart, beside those of every case.
fn hers(more: &Value) -> Conversion {
    let mut values = json!({"provider": "aws", "aws": {"zoneType": "public"}, "policy": "sync", "txtOwnerId": "me"});
    values.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    made(&values.to_string())
}

#[test]
fn a_flag_without_a_value_is_on_also_where_no_flag_has_one() {
    for nothing in [json!(""), Value::Null, json!(false), json!(0), json!([])] {
        let made = hers(
            &json!({"extraArgs": {"publish-internal-services": nothing, "aws-zone-match-parent": nothing}}),
        );
        assert!(made.controller.contains(&"--publish-internal-services".to_owned()), "{made:#?}");
        assert!(made.provider.contains(&"--aws-zone-match-parent".to_owned()), "{made:#?}");
        assert_eq!(made.heaviest(), None, "{made:#?}");
    }
    let one = hers(&json!({"extraArgs": {"publish-host-ip": ""}}));
    assert!(one.controller.contains(&"--publish-host-ip".to_owned()), "{one:#?}");
    assert!(!hers(&json!({"extraArgs": {}})).values.contains_key("extraArgs"));
}

#[test]
fn an_empty_value_under_a_key_of_the_users_own_is_a_value() {
    let own = json!({"node-role.kubernetes.io/infra": ""});
    let made = hers(&json!({
        "nodeSelector": own, "podAnnotations": own, "podLabels": own, "serviceAccount": {"annotations": own},
    }));
    for key in ["nodeSelector", "podAnnotations", "podLabels"] {
        assert_eq!(made.values[key], own, "{key}: {made:#?}");
    }
    assert_eq!(made.values["serviceAccount"]["annotations"], own, "{made:#?}");
}

#[test]
fn without_a_cluster_role_one_namespace_is_read_where_roles_are_made() {
    let namespaced = |rbac: Value| hers(&json!({"rbac": rbac})).values.get("namespaced").cloned();
    assert_eq!(namespaced(json!({"clusterRole": false})), Some(json!(true)));
    assert_eq!(namespaced(json!({"create": true, "clusterRole": false})), Some(json!(true)));
    assert_eq!(namespaced(json!({"create": false, "clusterRole": false})), None);
    assert_eq!(namespaced(json!({"create": null, "clusterRole": false})), None);
    let made = hers(&json!({"rbac": {"create": false, "clusterRole": false}}));
    assert_eq!(said(&made, "rbac.clusterRole").first().unwrap().0, Weight::Note, "{made:#?}");
    assert_eq!(made.values["policy"], "sync", "{made:#?}");
}

#[test]
fn whether_the_namespace_of_the_release_alone_is_watched_the_running_pod_shows() {
    let watched = hers(&json!({"watchReleaseNamespace": true}));
    let (weight, text) = *said(&watched, "watchReleaseNamespace").first().unwrap();
    assert_eq!(weight, Weight::Refused, "{watched:#?}");
    assert!(text.contains("`--namespace` of the running pod"), "{text}");
    assert_eq!(watched.values["policy"], "upsert-only", "{watched:#?}");
    assert_eq!(watched.values["sourceNamespaces"], json!([crate::args::OPEN]), "{watched:#?}");
    let other = hers(&json!({"watchReleaseNamespace": false}));
    assert_eq!((other.heaviest(), &other.values["policy"]), (None, &json!("sync")), "{other:#?}");
}

#[test]
fn how_templates_and_annotations_go_together_counts_with_templates_only() {
    for key in ["ignoreHostnameAnnotation", "combineFQDNAnnotation"] {
        let flag = format!("--{}", crate::convert::bitnami::flag(key).unwrap());
        for none in [json!([]), Value::Null, json!("")] {
            let made = hers(&json!({key: true, "fqdnTemplates": none}));
            assert!(!made.controller.contains(&flag), "{made:#?}");
            assert_eq!(said(&made, key).first().unwrap().0, Weight::Note, "{made:#?}");
            assert_eq!(made.values["policy"], "sync", "{made:#?}");
        }
        let made = hers(&json!({key: true, "fqdnTemplates": ["{{.Name}}.example.com"]}));
        assert!(made.controller.contains(&flag), "{made:#?}");
    }
}
