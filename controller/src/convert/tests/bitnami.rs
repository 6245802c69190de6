//! What Bitnami's chart makes of its values, which another chart would not.

use super::*;

/// Returns what becomes of values of Bitnami's chart, beside those of every case.
fn hers(more: Value) -> Conversion {
    let mut values = json!({"provider": "aws", "aws": {"zoneType": "public"}, "policy": "sync", "txtOwnerId": "me"});
    values.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    made(&values.to_string())
}

#[test]
fn a_flag_without_a_value_is_on_also_where_no_flag_has_one() {
    for nothing in [json!(""), Value::Null, json!(false), json!(0), json!([])] {
        let made = hers(
            json!({"extraArgs": {"publish-internal-services": nothing, "aws-zone-match-parent": nothing}}),
        );
        assert!(made.controller.contains(&"--publish-internal-services".to_owned()), "{made:#?}");
        assert!(made.provider.contains(&"--aws-zone-match-parent".to_owned()), "{made:#?}");
        assert_eq!(made.heaviest(), None, "{made:#?}");
    }
    let one = hers(json!({"extraArgs": {"publish-host-ip": ""}}));
    assert!(one.controller.contains(&"--publish-host-ip".to_owned()), "{one:#?}");
    assert!(!hers(json!({"extraArgs": {}})).values.contains_key("extraArgs"));
}

#[test]
fn an_empty_value_under_a_key_of_the_users_own_is_a_value() {
    let own = json!({"node-role.kubernetes.io/infra": ""});
    let made = hers(json!({
        "nodeSelector": own, "podAnnotations": own, "podLabels": own, "serviceAccount": {"annotations": own},
    }));
    for key in ["nodeSelector", "podAnnotations", "podLabels"] {
        assert_eq!(made.values[key], own, "{key}: {made:#?}");
    }
    assert_eq!(made.values["serviceAccount"]["annotations"], own, "{made:#?}");
}
