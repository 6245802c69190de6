//! Hosted zones, tags and health checks.

use super::*;

#[tokio::test]
async fn a_page_has_at_most_300_record_sets_or_100_zones() {
    let world = World::new().await;
    world.seed((0..400).map(|n| a(&format!("h{n}.example.com"))).collect());
    let page = world.get("hostedzone/Z1/rrset?maxitems=1000").await;
    assert_eq!(page.column("ResourceRecordSets", "Name").len(), 300);
    assert_eq!(page.text(&["MaxItems"]), "300");
    for n in 0..150 {
        world.emulator.add_zone(format!("z{n}.example.net").parse().unwrap(), false);
    }
    let page = world.get("hostedzone?maxitems=500").await;
    assert_eq!(page.column("HostedZones", "Id").len(), 100);
    let marker = page.text(&["NextMarker"]);
    let rest = world.get(&format!("hostedzone?marker={marker}")).await;
    assert_eq!(rest.column("HostedZones", "Id").len(), 51);
    assert_eq!(rest.text(&["IsTruncated"]), "false");
}

#[tokio::test]
async fn zones_by_name_start_at_a_name_and_follow_in_reversed_label_order() {
    let world = World::new().await;
    for name in ["b.example.com", "example.org", "a.example.com"] {
        world.emulator.add_zone(name.parse().unwrap(), false);
    }
    let page = world.get("hostedzonesbyname?dnsname=a.example.com&maxitems=2").await;
    assert_eq!(page.column("HostedZones", "Name"), ["a.example.com.", "b.example.com."]);
    assert_eq!(page.text(&["NextDNSName"]), "example.org.");
    let next = format!(
        "hostedzonesbyname?dnsname=example.org&hostedzoneid={}",
        page.text(&["NextHostedZoneId"])
    );
    assert_eq!(world.get(&next).await.column("HostedZones", "Name"), ["example.org."]);
    assert_eq!(world.get("hostedzonesbyname?hostedzoneid=Z1").await.code(), "InvalidInput");
    assert_eq!(world.get("hostedzonesbyname?dnsname=a..b").await.code(), "InvalidDomainName");
}

fn create_zone(name: &str, caller_reference: &str, more: &str) -> String {
    format!(
        "<CreateHostedZoneRequest xmlns=\"{}\"><Name>{name}</Name>{more}<CallerReference>\
         {caller_reference}</CallerReference></CreateHostedZoneRequest>",
        xml::NAMESPACE
    )
}

const VPC: &str = "<VPC><VPCRegion>us-east-1</VPCRegion><VPCId>vpc-1</VPCId></VPC>";

#[tokio::test]
async fn a_zone_is_created_described_and_deleted() {
    let world = World::new().await;
    let reply = world.post("hostedzone", &create_zone("New.Example.NET", "one", "")).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.text(&["HostedZone", "Name"]), "new.example.net.");
    let id = reply.text(&["HostedZone", "Id"]);
    assert_eq!(reply.headers["location"], format!("/2013-04-01{id}"));
    let described = world.get(id.trim_start_matches('/')).await;
    assert_eq!(described.text(&["HostedZone", "ResourceRecordSetCount"]), "2");
    assert_eq!(described.find(&["DelegationSet", "NameServers"]).unwrap().children.len(), 4);
    let deleted = world.try_send(Method::DELETE, id.trim_start_matches('/'), "").await.unwrap();
    assert_eq!(deleted.status, 200);
    assert_eq!(world.get(id.trim_start_matches('/')).await.code(), "NoSuchHostedZone");
}

#[tokio::test]
async fn a_caller_reference_creates_one_zone_and_a_name_several() {
    let world = World::new().await;
    assert_eq!(world.post("hostedzone", &create_zone("example.net", "one", "")).await.status, 201);
    let again = world.post("hostedzone", &create_zone("example.net", "one", "")).await;
    assert_eq!((again.status.as_u16(), again.code().as_str()), (409, "HostedZoneAlreadyExists"));
    assert_eq!(world.post("hostedzone", &create_zone("example.net", "two", "")).await.status, 201);
    assert_eq!(world.get("hostedzonecount").await.text(&["HostedZoneCount"]), "3");
}

#[tokio::test]
async fn a_bad_zone_name_is_refused() {
    let world = World::new().await;
    for name in ["a..b", "com", "*.example.com", ".", "a b.com"] {
        let reply = world.post("hostedzone", &create_zone(name, name, "")).await;
        assert_eq!(reply.code(), "InvalidDomainName", "{name}");
    }
}

#[tokio::test]
async fn a_vpc_makes_a_zone_private_and_a_private_zone_needs_one() {
    let world = World::new().await;
    let reply = world.post("hostedzone", &create_zone("corp", "one", VPC)).await;
    assert_eq!(reply.text(&["HostedZone", "Config", "PrivateZone"]), "true");
    assert_eq!(reply.text(&["VPC", "VPCId"]), "vpc-1");
    let id = reply.text(&["HostedZone", "Id"]);
    let described = world.get(id.trim_start_matches('/')).await;
    assert_eq!(described.text(&["VPCs", "VPC", "VPCRegion"]), "us-east-1");
    let config = "<HostedZoneConfig><PrivateZone>true</PrivateZone></HostedZoneConfig>";
    let reply = world.post("hostedzone", &create_zone("corp", "two", config)).await;
    assert_eq!(reply.code(), "InvalidInput");
    let private = world.get("hostedzone?hostedzonetype=PrivateHostedZone").await;
    assert_eq!(private.column("HostedZones", "Name"), ["corp."]);
    assert_eq!(world.get("hostedzone?hostedzonetype=Public").await.code(), "InvalidInput");
}

#[tokio::test]
async fn a_zone_with_record_sets_is_not_deleted() {
    let world = World::new().await;
    world.seed(vec![a("a.example.com")]);
    let reply = world.try_send(Method::DELETE, "hostedzone/Z1", "").await.unwrap();
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "HostedZoneNotEmpty"));
}

#[tokio::test]
async fn the_limit_of_a_zone_is_reported_with_its_count() {
    let world = World::new().await;
    let limit = world.get("hostedzonelimit/Z1/MAX_RRSETS_BY_ZONE").await;
    assert_eq!(limit.text(&["Limit", "Value"]), "10000");
    assert_eq!(limit.text(&["Count"]), "2");
    let vpcs = world.get("hostedzonelimit/Z1/MAX_VPCS_ASSOCIATED_BY_ZONE").await;
    assert_eq!(vpcs.code(), "HostedZoneNotPrivate");
}

fn tags_request(ids: &[&str]) -> String {
    let ids: Vec<_> = ids.iter().map(|id| format!("<ResourceId>{id}</ResourceId>")).collect();
    let ids = ids.concat();
    format!(
        "<ListTagsForResourcesRequest><ResourceIds>{ids}</ResourceIds></ListTagsForResourcesRequest>"
    )
}

#[tokio::test]
async fn tags_are_added_removed_and_listed_for_up_to_ten_zones() {
    let world = World::new().await;
    let body = "<ChangeTagsForResourceRequest><AddTags><Tag><Key>a</Key><Value>1</Value></Tag>\
                <Tag><Key>b</Key><Value/></Tag></AddTags></ChangeTagsForResourceRequest>";
    assert_eq!(world.post("tags/hostedzone/Z1", body).await.status, 200);
    let body = "<ChangeTagsForResourceRequest><RemoveTagKeys><Key>a</Key></RemoveTagKeys>\
                </ChangeTagsForResourceRequest>";
    assert_eq!(world.post("tags/hostedzone/Z1", body).await.status, 200);
    let one = world.get("tags/hostedzone/Z1").await;
    assert_eq!(one.text(&["ResourceTagSet", "Tags", "Tag", "Key"]), "b");
    let many = world.post("tags/hostedzone", &tags_request(&["Z1"])).await;
    assert_eq!(many.column("ResourceTagSets", "ResourceId"), ["Z1"]);
    for (ids, code) in [
        (vec!["Z1"; 11], "InvalidInput"),
        (vec![], "InvalidInput"),
        (vec!["Z1", "Z9"], "NoSuchHostedZone"),
    ] {
        let reply = world.post("tags/hostedzone", &tags_request(&ids)).await;
        assert_eq!(reply.code(), code, "{ids:?}");
    }
    assert_eq!(world.get("tags/bucket/Z1").await.code(), "InvalidInput");
}

#[tokio::test]
async fn a_health_check_is_created_once_per_caller_reference() {
    let world = World::new().await;
    let body = |port| {
        format!(
            "<CreateHealthCheckRequest><CallerReference>one</CallerReference><HealthCheckConfig>\
             <IPAddress>192.0.2.1</IPAddress><Port>{port}</Port><Type>TCP</Type>\
             </HealthCheckConfig></CreateHealthCheckRequest>"
        )
    };
    let first = world.post("healthcheck", &body(80)).await;
    assert_eq!(first.status, 201);
    let id = first.text(&["HealthCheck", "Id"]);
    assert_eq!(world.post("healthcheck", &body(80)).await.text(&["HealthCheck", "Id"]), id);
    assert_eq!(world.post("healthcheck", &body(81)).await.code(), "HealthCheckAlreadyExists");
    let listed = world.get("healthcheck").await;
    assert_eq!(listed.column("HealthChecks", "Id"), [id.as_str()]);
    let path = format!("healthcheck/{id}");
    assert_eq!(world.get(&path).await.text(&["HealthCheck", "HealthCheckConfig", "Port"]), "80");
    assert_eq!(world.try_send(Method::DELETE, &path, "").await.unwrap().status, 200);
    assert_eq!(world.get(&path).await.code(), "NoSuchHealthCheck");
}
