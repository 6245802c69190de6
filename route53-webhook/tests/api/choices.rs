//! What an object chooses by its properties: a choice that cannot be meant is refused, and what is
//! published stays.

use external_dns_webhook::{Endpoint, Provider as _, RecordType};

use crate::harness::*;

const ELB: &str = "a-1.eu-west-1.elb.amazonaws.com";

/// Returns the code and the message with which a record set is refused in both dialects; `None` when
/// it is not.
async fn refusal(world: &World, endpoint: &Endpoint) -> Option<(String, String)> {
    let merged = world.provider.adjust(vec![endpoint.clone()]).await.unwrap();
    let zoned = route53_webhook::provider::Zoned(std::sync::Arc::clone(&world.provider));
    let zoned = zoned.adjust(vec![endpoint.clone()]).await.unwrap();
    let told = |refused: &[external_dns_webhook::Refusal]| {
        refused.first().map(|refusal| (refusal.code.to_string(), refusal.message.clone()))
    };
    assert_eq!(told(&merged.refused), told(&zoned.refused), "both say the same");
    assert_eq!(zoned.endpoints.is_empty(), !zoned.refused.is_empty());
    told(&merged.refused)
}

#[tokio::test]
async fn a_private_name_never_becomes_public_by_a_slip_in_the_choice_of_its_zone() {
    let world = World::new(&["example.com=Z1", "example.com:private=Z2"]).await;
    let private = with(a("w.example.com", "10.0.0.1"), &[("zone", "private")]);
    world.write(create([private])).await;
    assert_eq!(world.records_in("Z2"), ["w.example.com A 10.0.0.1"]);
    let slips: [&[(&str, &str)]; 16] = [
        &[("zone", "")],
        &[("zone", " ")],
        &[("zone", ",")],
        &[("webhook/aws-zone", "")],
        &[("aws/hosted-zone-id", "")],
        &[("aws/hosted-zone-id", " ")],
        &[("aws/hosted-zone-id", ",")],
        &[("aws/zones", "private")],
        &[("aws/hosted-zone", "Z2")],
        &[("webhook/aws-zones", "private")],
        &[("webhook/junk", "private")],
        &[("aws/wieght", "1")],
        &[("zone", "private"), ("aws/hosted-zone-id", "Z1")],
        &[("zone", "public"), ("webhook/aws-zone", "private")],
        &[("zone", "Z1"), ("aws/hosted-zone-id", "Z2")],
        &[("aws/weight", "1"), ("weight", "2")],
    ];
    for slip in slips {
        let endpoint = with(a("w.example.com", "10.0.0.1"), slip);
        let (code, message) = refusal(&world, &endpoint).await.unwrap_or_default();
        assert_eq!(code, "InvalidProperty", "{slip:?}");
        let named = slip[0].0.rsplit(['/', '-']).next().unwrap();
        assert!(message.contains(named), "{message}");
        // A controller of version 1 deletes what does not come back.
        let adjusted = world.provider.adjust(vec![endpoint]).await.unwrap();
        assert_eq!(adjusted.endpoints.len(), 1, "{slip:?}");
    }
}

#[tokio::test]
async fn an_alias_to_several_load_balancers_is_refused() {
    let world = World::new(&["example.com=Z1"]).await;
    let several = [ELB, "b-1.eu-west-1.elb.amazonaws.com"];
    let cname = Endpoint::new("w.example.com", RecordType::Cname, several);
    let address =
        with(Endpoint::new("w.example.com", RecordType::A, several), &[("alias", "true")]);
    for endpoint in [cname, address] {
        let (code, message) = refusal(&world, &endpoint).await.unwrap();
        assert_eq!(code, "InvalidTarget");
        for words in ["one target only", several[0], several[1]] {
            assert!(message.contains(words), "{message}");
        }
    }
}

#[tokio::test]
async fn an_alias_to_cloudfront_goes_to_no_private_zone() {
    let world = World::new(&["example.com:private=Z2", "example.org=Z3"]).await;
    let (code, message) =
        refusal(&world, &cname("w.example.com", "d1.cloudfront.net")).await.unwrap();
    assert_eq!(code, "InvalidTarget");
    assert!(message.contains("`aws/zone` to `public`"), "{message}");
    assert_eq!(refusal(&world, &cname("w.example.org", "d1.cloudfront.net")).await, None);
    assert_eq!(refusal(&world, &cname("w.example.com", ELB)).await, None);
    let stays = with(cname("w.example.com", "d1.cloudfront.net"), &[("alias", "false")]);
    assert_eq!(refusal(&world, &stays).await, None);
}

#[tokio::test]
async fn only_an_alias_says_in_which_zone_its_target_is() {
    let world = World::new(&["example.com=Z1"]).await;
    let zone = ("aws/target-hosted-zone", "Z9");
    let plain = [a("w.example.com", "192.0.2.1"), cname("w.example.com", "lb.example.org")];
    for endpoint in plain {
        let (code, message) = refusal(&world, &with(endpoint, &[zone])).await.unwrap();
        assert_eq!(code, "InvalidProperty");
        assert!(message.contains("no alias"), "{message}");
    }
    let alias = with(cname("w.example.com", "lb.example.org"), &[zone, ("alias", "true")]);
    assert_eq!(refusal(&world, &alias).await, None);
}

#[tokio::test]
async fn an_international_target_is_written_as_the_dns_spells_it() {
    let world = World::new(&["example.com=Z1"]).await;
    let targets = [
        (RecordType::Cname, "münchen.example.org", "xn--mnchen-3ya.example.org"),
        (RecordType::Mx, "10 münchen.example.org.", "10 xn--mnchen-3ya.example.org"),
        (RecordType::Srv, "0 1 443 münchen.example.org.", "0 1 443 xn--mnchen-3ya.example.org."),
    ];
    for (record_type, target, ascii) in targets {
        let name = format!("w-{record_type}.example.com");
        let desired = Endpoint::new(name.as_str(), record_type.clone(), [target]);
        let adjusted = world.provider.adjust(vec![desired]).await.unwrap();
        assert_eq!(adjusted.refused, []);
        world.write(create(adjusted.endpoints.clone())).await;
        let records = world.records_in("Z1");
        assert!(records.iter().any(|line| line.ends_with(ascii)), "{records:?}");
        let reported = world.record(&name.to_lowercase()).await;
        assert_eq!(reported.targets, adjusted.endpoints[0].targets, "no write in the next sync");
    }
}
