//! Lists, of which each item is one value.

use super::*;

#[test]
fn a_comma_in_one_value_of_a_list_separates_none_there() {
    let two = "example.com,example.org";
    let chart = |more: Value| {
        let mut values = json!({"provider": {"name": "aws"}, "policy": "sync", "txtOwnerId": "me"});
        values.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        made(&values.to_string())
    };
    let words = "--source=service --provider=aws --policy=sync --txt-owner-id=me";
    for (made, place) in [
        (chart(json!({"domainFilters": ["a.org", two]})), "domainFilters[1]"),
        (chart(json!({"managedRecordTypes": ["A,CNAME"]})), "managedRecordTypes[0]"),
        (chart(json!({"extraArgs": {"exclude-domains": two}})), "extraArgs.exclude-domains"),
        (
            chart(json!({"env": [{"name": "EXTERNAL_DNS_DOMAIN_FILTER", "value": two}]})),
            "EXTERNAL_DNS_DOMAIN_FILTER",
        ),
        (made(&format!("{words} --domain-filter={two}")), "--domain-filter"),
        (made(&format!("{words} --ingress-class=a,b")), "--ingress-class"),
    ] {
        let (weight, text) = *said(&made, place).first().unwrap();
        assert_eq!(weight, Weight::Changed, "{made:#?}");
        assert!(text.contains("comma and all"), "{text}");
    }
    for made in [
        chart(json!({"domainFilters": two.split(',').collect::<Vec<_>>()})),
        made(&format!("{words} --label-filter=\"a in (b,c)\"")),
    ] {
        assert!(made.heaviest() <= Some(Weight::Note), "{made:#?}");
    }
}
