//! Desired record sets, and the form in which they come back.

use external_dns_webhook::{Endpoint, Provider as _, RecordType, Targets, Ttl};
use route53_emulator::ResourceRecordSet;
use route53_webhook::provider::Config;

use crate::harness::*;

const ELB: &str = "foo.eu-central-1.elb.amazonaws.com";

/// Adjusts one record set, with the given default for the health of targets.
async fn adjust_with(endpoint: Endpoint, health: bool, prefer_cname: bool) -> Vec<Endpoint> {
    let config = Config { evaluate_target_health: health, prefer_cname, ..config() };
    let world = World::with(emulator(&["example.com=Z1"]).await, config);
    let adjusted = world.provider.adjust(vec![endpoint]).await.unwrap();
    assert_eq!(adjusted.refused, []);
    adjusted.endpoints
}

async fn adjust(endpoint: Endpoint) -> Vec<Endpoint> {
    adjust_with(endpoint, true, false).await
}

/// Shows record sets as `TYPE TTL PROPERTIES`.
fn shown(endpoints: &[Endpoint]) -> Vec<String> {
    let one = |endpoint: &Endpoint| {
        let ttl = endpoint.ttl.map_or(0, Ttl::seconds);
        let properties: Vec<_> =
            endpoint.properties.iter().map(|(k, v)| format!("{k}={v}")).collect();
        format!("{} {ttl} {}", endpoint.record_type, properties.join(" "))
    };
    endpoints.iter().map(one).collect()
}

fn ttl(mut endpoint: Endpoint, seconds: i64) -> Endpoint {
    endpoint.ttl = Ttl::from_seconds(seconds);
    endpoint
}

fn address(target: &str, properties: &[(&str, &str)]) -> Endpoint {
    with(Endpoint::new("x.example.com", RecordType::A, [target]), properties)
}

fn name(target: &str, properties: &[(&str, &str)]) -> Endpoint {
    with(cname("x.example.com", target), properties)
}

const A: &str = "A 0 aws/evaluate-target-health=true alias=true";
const AAAA: &str = "AAAA 0 aws/evaluate-target-health=true alias=true";

#[tokio::test]
async fn addresses_come_back_as_they_are() {
    let endpoint = address("8.8.8.8", &[]);
    assert_eq!(adjust(endpoint.clone()).await, [endpoint]);
}

#[tokio::test]
async fn a_cname_says_that_it_is_no_alias() {
    assert_eq!(shown(&adjust(name("foo.example.com", &[])).await), ["CNAME 0 alias=false"]);
    let no_target = Endpoint::new("x.example.com", RecordType::Cname, Targets::default());
    assert_eq!(shown(&adjust(no_target).await), ["CNAME 0 alias=false"]);
}

#[tokio::test]
async fn an_alias_has_no_ttl_of_its_own() {
    for record_type in [RecordType::A, RecordType::Aaaa] {
        let endpoint = Endpoint::new("x.example.com", record_type.clone(), [ELB]);
        let endpoint = ttl(with(endpoint, &[("alias", "true")]), 60);
        let expected = format!("{record_type} 300 aws/evaluate-target-health=true alias=true");
        assert_eq!(shown(&adjust(endpoint).await), [expected]);
    }
}

#[tokio::test]
async fn a_cname_to_a_load_balancer_becomes_aliases_of_both_families() {
    assert_eq!(shown(&adjust(name(ELB, &[])).await), [A, AAAA]);
    let off = [("aws/evaluate-target-health", "false")];
    assert_eq!(
        shown(&adjust(name(ELB, &off)).await),
        [A.replace("=true alias", "=false alias"), AAAA.replace("=true alias", "=false alias")]
    );
    assert_eq!(shown(&adjust(name(ELB, &[("alias", "false")])).await), ["CNAME 0 alias=false"]);
    let preferred = adjust_with(name(ELB, &[]), true, true).await;
    assert_eq!(shown(&preferred), ["CNAME 0 alias=false"]);
    let forced = adjust_with(name(ELB, &[("alias", "true")]), true, true).await;
    assert_eq!(shown(&forced), [A, AAAA]);
}

#[tokio::test]
async fn a_cname_that_asks_for_an_alias_becomes_two() {
    let endpoint = ttl(name("foo.example.net", &[("alias", "true")]), 60);
    assert_eq!(
        shown(&adjust(endpoint).await),
        [A.replace(" 0 ", " 300 "), AAAA.replace(" 0 ", " 300 ")]
    );
}

#[tokio::test]
async fn an_alias_into_our_own_zone_has_the_families_of_its_target() {
    let world = World::new(&["example.com=Z1"]).await;
    world.seed("Z1", ResourceRecordSet::new("v4.example.com", "A", 60, &["192.0.2.1"]));
    let own = |target| vec![name(target, &[("alias", "true")])];
    let adjusted = world.provider.adjust(own("v4.example.com")).await.unwrap().endpoints;
    assert_eq!(shown(&adjusted), [A]);
    let both = world.provider.adjust(own("unknown.example.com")).await.unwrap().endpoints;
    assert_eq!(shown(&both), [A, AAAA]);
}

// Q14 of docs/compatibility.md.
#[tokio::test]
async fn one_family_can_be_chosen() {
    assert_eq!(shown(&adjust(name(ELB, &[("alias", "A")])).await), [A]);
    assert_eq!(shown(&adjust(name(ELB, &[("alias", "AAAA")])).await), [AAAA]);
}

#[tokio::test]
async fn addresses_lose_what_only_aliases_have() {
    let properties = [("alias", "false"), ("aws/evaluate-target-health", "true")];
    let endpoint = ttl(address("8.8.8.8", &properties), 60);
    assert_eq!(shown(&adjust_with(endpoint, false, false).await), ["A 60 "]);
    let endpoint = address("8.8.8.8", &[("alias", "AAAA")]);
    assert_eq!(shown(&adjust(endpoint).await), ["A 0 "]);
}

#[tokio::test]
async fn the_health_of_a_target_has_a_default_and_no_third_value() {
    let plain = ttl(address(ELB, &[("alias", "true")]), 600);
    let expected = "A 300 aws/evaluate-target-health=false alias=true";
    assert_eq!(shown(&adjust_with(plain, false, false).await), [expected]);
}

/// Returns the code and the message with which a record set is refused.
async fn refusal(endpoint: Endpoint) -> (String, String) {
    let world = World::new(&["example.com=Z1"]).await;
    let adjusted = world.provider.adjust(vec![endpoint.clone()]).await.unwrap();
    let [refused] = adjusted.refused.as_slice() else {
        panic!("{endpoint:?} is taken: {adjusted:?}");
    };
    (refused.code.to_string(), refused.message.clone())
}

#[tokio::test]
async fn a_property_that_makes_no_sense_is_refused_and_never_a_default() {
    let long = "x".repeat(65);
    let values = |property, values: &[&'static str]| {
        values.iter().map(|value| (property, *value)).collect::<Vec<_>>()
    };
    let cases = [
        values("alias", &["TRUE", "yes", "1", "", "a", "AAA"]),
        values("aws/evaluate-target-health", &["TRUE", "False", "1", "", "invalid"]),
        values("aws/target-hosted-zone", &["", "z1", "Z 1", "example.com", "Z1,Z2"]),
        values("aws/health-check-id", &["", "a b", "../x"]),
    ];
    for (property, value) in cases.into_iter().flatten().chain([("aws/health-check-id", &*long)]) {
        for target in [ELB, "foo.example.net"] {
            let mut properties = vec![(property, value)];
            if property != "alias" {
                properties.insert(0, ("alias", "true"));
            }
            let (code, message) = refusal(name(target, &properties)).await;
            assert_eq!(code, "InvalidProperty", "{property}={value}");
            assert!(message.contains(property), "{message}");
        }
    }
    let odd = [("aws/evaluate-target-health", "TRUE")];
    assert_eq!(refusal(address("192.0.2.1", &odd)).await.0, "InvalidProperty", "alias or not");
}

#[tokio::test]
async fn what_is_published_stays_when_a_property_makes_no_sense() {
    let world = World::new(&["example.com=Z1"]).await;
    world.write(create([a("x.example.com", "192.0.2.1")])).await;
    let odd = name(ELB, &[("aws/evaluate-target-health", "TRUE")]);
    let adjusted = world.provider.adjust(vec![odd]).await.unwrap();
    assert_eq!(shown(&adjusted.endpoints), ["A 300 "]);
}

#[tokio::test]
async fn an_alias_to_cloudfront_never_evaluates_a_health_that_is_not_known() {
    let distribution = "d111111abcdef8.cloudfront.net";
    let expected = ["A", "AAAA"]
        .map(|record_type| format!("{record_type} 0 aws/evaluate-target-health=false alias=true"));
    assert_eq!(shown(&adjust(name(distribution, &[])).await), expected);
    let given = [("aws/evaluate-target-health", "false")];
    assert_eq!(shown(&adjust(name(distribution, &given)).await), expected);
    let by_zone = [("alias", "true"), ("aws/target-hosted-zone", "Z2FDTNDATAQYW2")];
    let adjusted = adjust(address("d1.cloudfront.example", &by_zone)).await;
    assert!(shown(&adjusted)[0].contains("aws/evaluate-target-health=false"));
    let (code, message) =
        refusal(name(distribution, &[("aws/evaluate-target-health", "true")])).await;
    assert_eq!(code, "InvalidProperty");
    assert!(message.contains("aws/evaluate-target-health") && message.contains("CloudFront"));
}

#[tokio::test]
async fn an_alias_to_cloudfront_moves_to_another_distribution() {
    let world = World::new(&["example.com=Z1"]).await;
    let adjusted = async |target| {
        world.provider.adjust(vec![name(target, &[])]).await.unwrap().endpoints.remove(0)
    };
    let (old, new) = (adjusted("d1.cloudfront.net").await, adjusted("d2.cloudfront.net").await);
    world.write(create([old.clone()])).await;
    world.write(update([(old, new)])).await;
    assert_eq!(world.records_in("Z1"), ["x.example.com A -> d2.cloudfront.net. (Z2FDTNDATAQYW2)"]);
}

#[tokio::test]
async fn a_load_balancer_of_an_unknown_region_becomes_what_the_object_says() {
    let elb = "x-1.xx-nowhere-9.elb.amazonaws.com";
    assert_eq!(refusal(name(elb, &[])).await.0, "UnknownRegion");
    assert_eq!(shown(&adjust(name(elb, &[("alias", "false")])).await), ["CNAME 0 alias=false"]);
    let zone = "aws/target-hosted-zone=Z111111QQQQQQQ";
    let expected = ["A", "AAAA"].map(|record_type| {
        format!("{record_type} 0 aws/evaluate-target-health=true alias=true {zone}")
    });
    for properties in [
        &[("aws/target-hosted-zone", "Z111111QQQQQQQ")][..],
        &[("aws/target-hosted-zone", "/hostedzone/Z111111QQQQQQQ")],
        &[("alias", "true"), ("aws/target-hosted-zone", "Z111111QQQQQQQ")],
    ] {
        assert_eq!(shown(&adjust(name(elb, properties)).await), expected, "{properties:?}");
    }
    let preferred = adjust_with(name(elb, &[]), true, true).await;
    assert_eq!(shown(&preferred), ["CNAME 0 alias=false"]);
}

#[tokio::test]
async fn the_root_is_a_name_in_every_value_and_in_both_directions() {
    let world = World::new(&["example.com=Z1"]).await;
    for (index, (record_type, value)) in [
        (RecordType::Mx, "0 ."),
        (RecordType::Srv, "0 0 0 ."),
        (RecordType::Ptr, "."),
        (RecordType::Naptr, "10 100 \"U\" \"SIP+D2U\" \"!^.*$!sip:a@b!\" ."),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("n{index}.example.com");
        let wanted = Endpoint::new(name.as_str(), record_type, [value]);
        let adjusted = world.provider.adjust(vec![wanted]).await.unwrap();
        assert_eq!(adjusted.refused, [], "{value}");
        assert_eq!(adjusted.endpoints[0].targets.first(), Some(value));
        world.write(create(adjusted.endpoints)).await;
        assert_eq!(world.record(&name).await.targets.first(), Some(value));
        assert!(
            world.records_in("Z1").iter().any(|line| line.ends_with(value)),
            "{:?}",
            world.records_in("Z1")
        );
    }
}

#[tokio::test]
async fn a_place_without_a_bias_gets_one() {
    for (name, value) in [
        ("aws/geoproximity-region", "us-east-1"),
        ("aws/geoproximity-local-zone-group", "us-west-2-lax-1"),
        ("aws/geoproximity-coordinates", "45.0,90.0"),
    ] {
        let endpoint = routed(a("x.example.com", "192.0.2.1"), "s", &[(name, value)]);
        let expected = format!("A 300 {name}={value} aws/geoproximity-bias=0");
        assert_eq!(shown(&adjust(endpoint.clone()).await), [expected]);
        let given = with(endpoint, &[("aws/geoproximity-bias", "-5")]);
        let expected = format!("A 300 {name}={value} aws/geoproximity-bias=-5");
        assert_eq!(shown(&adjust(given).await), [expected]);
    }
}

#[tokio::test]
async fn other_types_come_back_as_they_are() {
    let endpoint = Endpoint::new("x.example.com", RecordType::Mx, ["10 mail.example.net"]);
    assert_eq!(adjust(endpoint.clone()).await, [endpoint]);
}

// Q5 and Q11 of docs/compatibility.md.
#[tokio::test]
async fn every_spelling_of_a_property_comes_back_in_one() {
    for name in ["aws/weight", "webhook/aws-weight", "aws-weight", "weight"] {
        let endpoint = routed(a("x.example.com", "192.0.2.1"), "s", &[(name, "10")]);
        assert_eq!(shown(&adjust(endpoint).await), ["A 300 aws/weight=10"], "{name}");
    }
    let multi = [("aws/multi-value-answer", "true")];
    let endpoint = routed(a("x.example.com", "192.0.2.1"), "s", &multi);
    assert_eq!(shown(&adjust(endpoint).await), ["A 300 aws/multi-value-answer="]);
    let continent =
        [("aws/geolocation-continent-code", "EU"), ("aws/geolocation-country-code", "DE")];
    let endpoint = routed(a("x.example.com", "192.0.2.1"), "s", &continent);
    assert_eq!(shown(&adjust(endpoint).await), ["A 300 aws/geolocation-continent-code=EU"]);
}

// Q4 of docs/compatibility.md.
#[tokio::test]
async fn pins_that_change_nothing_are_left_out() {
    let pinned = with(a("x.example.com", "192.0.2.1"), &[("aws/hosted-zone-id", "Z1")]);
    assert_eq!(shown(&adjust(pinned).await), ["A 300 "]);
    let target = [("alias", "true"), ("aws/target-hosted-zone", "Z215JYRZR1TBD5")];
    assert_eq!(shown(&adjust(address(ELB, &target)).await), [A]);
}

#[tokio::test]
async fn what_is_refused_keeps_what_is_current() {
    let world = World::new(&["example.com=Z1"]).await;
    let current = routed(a("w.example.com", "192.0.2.1"), "s", &[("aws/weight", "100")]);
    world.write(create([current.clone()])).await;
    let mut wanted = routed(a("w.example.com", "192.0.2.1"), "s", &[("aws/weight", "1O0")]);
    wanted.labels.set("resource", "service/default/w");
    let adjusted = world.provider.adjust(vec![wanted.clone()]).await.unwrap();
    assert_eq!(adjusted.refused[0].code, "InvalidProperty");
    assert_eq!(
        adjusted.refused[0].message,
        "property `aws/weight` is `1O0`: use a whole number from 0 to 255"
    );
    assert_eq!(adjusted.endpoints.len(), 1);
    assert_eq!(adjusted.endpoints[0].properties, current.properties);
    assert_eq!(adjusted.endpoints[0].labels, wanted.labels);
}

#[tokio::test]
async fn a_load_balancer_in_an_unknown_region_is_no_silent_cname() {
    let world = World::new(&["example.com=Z1"]).await;
    let target = "foo.elb.eastwest-1.amazonaws.com";
    let adjusted = world.provider.adjust(vec![name(target, &[])]).await.unwrap();
    assert_eq!(adjusted.refused[0].code, "UnknownRegion");
    assert!(adjusted.endpoints.is_empty());
    let explicit = world.provider.adjust(vec![name(target, &[("alias", "false")])]).await.unwrap();
    assert_eq!(shown(&explicit.endpoints), ["CNAME 0 alias=false"]);
}
