//! The API over HTTP: paths, bodies, paging, throttling, faults, admin routes.

use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::xml::{self, Element};
use crate::{Emulator, Operation, Options, ResourceRecordSet};

const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/route53/\
                             aws4_request, SignedHeaders=host, Signature=00";

struct World {
    emulator: Emulator,
    client: Client,
}

/// What came back: the status and the XML.
struct Reply {
    status: StatusCode,
    headers: reqwest::header::HeaderMap,
    body: Element,
}

impl Reply {
    /// The text at a path of elements.
    fn text(&self, path: &[&str]) -> String {
        self.find(path).map(|element| element.text.clone()).unwrap_or_default()
    }

    fn find(&self, path: &[&str]) -> Option<&Element> {
        path.iter().try_fold(&self.body, |element, name| element.child(name))
    }

    /// The texts of one member of every item of a list.
    fn column(&self, list: &str, member: &str) -> Vec<String> {
        let items = &self.find(&[list]).unwrap().children;
        items.iter().map(|item| item.text_of(member).unwrap_or_default()).collect()
    }

    fn code(&self) -> String {
        self.text(&["Error", "Code"])
    }
}

impl World {
    async fn new() -> Self {
        Self::with(Options::default()).await
    }

    async fn with(options: Options) -> Self {
        let zones = vec!["example.com=Z1".parse().unwrap()];
        let emulator = Emulator::start(Options { zones, ..options }).await.unwrap();
        Self { emulator, client: Client::new() }
    }

    async fn try_send(&self, method: Method, path: &str, body: &str) -> reqwest::Result<Reply> {
        let url = format!("{}/2013-04-01/{path}", self.emulator.endpoint_url());
        let request = self.client.request(method, url).header("authorization", AUTHORIZATION);
        let response = request.body(body.to_owned()).send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        assert_eq!(headers["content-type"], "text/xml");
        let text = response.text().await?;
        let root = text.split('<').nth(2).unwrap().split([' ', '>']).next().unwrap();
        Ok(Reply { status, headers, body: xml::read(&text, root).unwrap() })
    }

    async fn get(&self, path: &str) -> Reply {
        self.try_send(Method::GET, path, "").await.unwrap()
    }

    async fn post(&self, path: &str, body: &str) -> Reply {
        self.try_send(Method::POST, path, body).await.unwrap()
    }

    /// Sends one change of an A record set.
    async fn change(&self, action: &str, name: &str) -> Reply {
        self.post("hostedzone/Z1/rrset/", &change(action, name)).await
    }

    async fn admin(&self, method: Method, route: &str, body: Value) -> (StatusCode, Value) {
        let url = format!("{}/_emulator/{route}", self.emulator.endpoint_url());
        let response =
            self.client.request(method, url).body(body.to_string()).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    fn seed(&self, sets: Vec<ResourceRecordSet>) {
        self.emulator.seed("Z1", sets).unwrap();
    }

    /// Every record set over all pages of this size: name, type, set identifier.
    async fn walk(&self, page_size: usize) -> Vec<String> {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("hostedzone/Z1/rrset?maxitems={page_size}{cursor}");
            let page = self.get(&path).await;
            assert_eq!(page.status, 200);
            for set in &page.find(&["ResourceRecordSets"]).unwrap().children {
                let text = |name| set.text_of(name).unwrap_or_default();
                found.push(format!("{} {} {}", text("Name"), text("Type"), text("SetIdentifier")));
            }
            if page.text(&["IsTruncated"]) == "false" {
                assert!(page.find(&["NextRecordName"]).is_none());
                return found;
            }
            cursor = format!(
                "&name={}&type={}&identifier={}",
                page.text(&["NextRecordName"]).replace('\\', "%5C"),
                page.text(&["NextRecordType"]),
                page.text(&["NextRecordIdentifier"])
            );
        }
    }
}

fn change(action: &str, name: &str) -> String {
    format!(
        "<ChangeResourceRecordSetsRequest xmlns=\"{}\"><ChangeBatch><Comment>why</Comment><Changes>\
         <Change><Action>{action}</Action><ResourceRecordSet><Name>{name}</Name><Type>A</Type>\
         <TTL>300</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord>\
         </ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch>\
         </ChangeResourceRecordSetsRequest>",
        xml::NAMESPACE
    )
}

fn a(name: &str) -> ResourceRecordSet {
    ResourceRecordSet::new(name, "A", 300, &["192.0.2.1"])
}

fn faults(texts: &[&str]) -> Options {
    let faults = texts.iter().map(|text| text.parse().unwrap()).collect();
    Options { faults, ..Options::default() }
}

#[tokio::test]
async fn a_change_is_accepted_listed_and_known_by_its_id() {
    let world = World::new().await;
    let reply = world.change("CREATE", "A.example.com").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.text(&["ChangeInfo", "Status"]), "INSYNC");
    assert_eq!(reply.text(&["ChangeInfo", "Comment"]), "why");
    let id = reply.text(&["ChangeInfo", "Id"]);
    let known = world.get(id.trim_start_matches('/')).await;
    assert_eq!(known.text(&["ChangeInfo", "Id"]), id);
    let other = world.change("CREATE", "b.example.com").await.text(&["ChangeInfo", "Id"]);
    assert_ne!(other, id);
    let list = world.get("hostedzone/Z1/rrset").await;
    assert_eq!(
        list.column("ResourceRecordSets", "Name"),
        ["example.com.", "example.com.", "a.example.com.", "b.example.com."]
    );
    assert_eq!(list.text(&["MaxItems"]), "300");
}

#[tokio::test]
async fn a_change_is_pending_until_the_delay_is_over() {
    let world =
        World::with(Options { insync_delay: Duration::from_millis(200), ..Options::default() })
            .await;
    let started = Instant::now();
    let reply = world.change("CREATE", "a.example.com").await;
    assert_eq!(reply.text(&["ChangeInfo", "Status"]), "PENDING");
    let id = reply.text(&["ChangeInfo", "Id"]);
    loop {
        let status = world.get(id.trim_start_matches('/')).await.text(&["ChangeInfo", "Status"]);
        if status == "INSYNC" {
            break;
        }
        assert_eq!(status, "PENDING");
        assert!(started.elapsed() < Duration::from_secs(10));
    }
    assert!(started.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn an_unknown_change_zone_or_operation_is_an_error_of_the_service_s_form() {
    let world = World::new().await;
    let unknown = world.get("change/C0").await;
    assert_eq!((unknown.status.as_u16(), unknown.code().as_str()), (404, "NoSuchChange"));
    for path in ["hostedzone/Z9", "hostedzone/Z9/rrset", "tags/hostedzone/Z9"] {
        let unknown = world.get(path).await;
        assert_eq!((unknown.status.as_u16(), unknown.code().as_str()), (404, "NoSuchHostedZone"));
        assert_eq!(unknown.text(&["Error", "Message"]), "No hosted zone found with ID: Z9");
        assert_eq!(unknown.headers["x-amzn-requestid"], unknown.text(&["RequestId"]));
    }
    let unknown = world.get("trafficpolicies").await;
    assert_eq!(unknown.code(), "UnknownOperationException");
}

#[tokio::test]
async fn a_batch_error_lists_its_problems_in_brackets() {
    let world = World::new().await;
    world.change("CREATE", "a.example.com").await;
    let reply = world.change("CREATE", "a.example.com").await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "InvalidChangeBatch"));
    assert_eq!(
        reply.text(&["Error", "Message"]),
        "[Tried to create resource record set [name='a.example.com.', type='A'] but it already \
         exists]"
    );
    assert_eq!(reply.text(&["Error", "Type"]), "Sender");
}

#[tokio::test]
async fn a_broken_or_foreign_body_is_refused() {
    let world = World::new().await;
    for body in ["", "<nonsense", "<Other/>"] {
        let reply = world.post("hostedzone/Z1/rrset/", body).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "MalformedInput"));
    }
    let body = change("CREATE", "a.example.com").replace("TTL>", "Ttl>");
    let reply = world.post("hostedzone/Z1/rrset/", &body).await;
    assert_eq!(reply.code(), "InvalidInput");
    let body = change("CREATE", "a.example.com").replace(">300<", ">soon<");
    assert_eq!(world.post("hostedzone/Z1/rrset/", &body).await.code(), "InvalidInput");
}

#[tokio::test]
async fn pages_of_any_size_visit_every_record_set_once() {
    let world = World::new().await;
    let weighted = |id: &str| ResourceRecordSet {
        weight: Some(1),
        set_identifier: Some(id.to_owned()),
        ..a("w.example.com")
    };
    let mut sets: Vec<_> = ["one", "two", "three", "four", "five"].map(weighted).into();
    sets.extend([
        a("*.example.com"),
        a("a-b.example.com"),
        a("x.a.example.com"),
        a("z.example.com"),
    ]);
    sets.push(ResourceRecordSet::new("w.example.com", "TXT", 1, &["\"t\""]));
    world.seed(sets);
    let expected = [
        "example.com. NS ",
        "example.com. SOA ",
        "\\052.example.com. A ",
        "a-b.example.com. A ",
        "x.a.example.com. A ",
        "w.example.com. A five",
        "w.example.com. A four",
        "w.example.com. A one",
        "w.example.com. A three",
        "w.example.com. A two",
        "w.example.com. TXT ",
        "z.example.com. A ",
    ];
    for page_size in 1..=13 {
        assert_eq!(world.walk(page_size).await, expected, "pages of {page_size}");
    }
}

#[tokio::test]
async fn a_page_starts_at_the_first_record_set_not_before_its_cursor() {
    let world = World::new().await;
    world.seed(vec![a("a.example.com"), a("c.example.com")]);
    let start = |query: &str| format!("hostedzone/Z1/rrset?maxitems=1&{query}");
    for (query, first) in [
        ("name=b.example.com", "c.example.com."),
        ("name=C.EXAMPLE.COM.", "c.example.com."),
        ("name=a.example.com&type=AAAA", "c.example.com."),
        ("name=a.example.com&type=A", "a.example.com."),
        ("name=com", "example.com."),
    ] {
        let page = world.get(&start(query)).await;
        assert_eq!(page.column("ResourceRecordSets", "Name"), [first], "{query}");
    }
    let beyond = world.get(&start("name=d.example.com")).await;
    assert_eq!(beyond.column("ResourceRecordSets", "Name"), [""; 0]);
}

#[tokio::test]
async fn a_cursor_without_what_it_depends_on_is_refused() {
    let world = World::new().await;
    for query in
        ["type=A", "name=a.example.com&identifier=x", "maxitems=0", "maxitems=x", "name=a..b"]
    {
        let reply = world.get(&format!("hostedzone/Z1/rrset?{query}")).await;
        assert_eq!(reply.code(), "InvalidInput", "{query}");
    }
}

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

#[tokio::test]
async fn a_call_without_a_signature_is_refused() {
    let world = World::new().await;
    let url = format!("{}/2013-04-01/hostedzone", world.emulator.endpoint_url());
    for (header, code) in [
        (None, "MissingAuthenticationToken"),
        (Some("Basic eA=="), "IncompleteSignature"),
        (Some("AWS4-HMAC-SHA256 Signature=0"), "IncompleteSignature"),
    ] {
        let mut request = world.client.get(&url);
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 403);
        let text = response.text().await.unwrap();
        assert!(text.contains(&format!("<Code>{code}</Code>")), "{text}");
    }
}

#[tokio::test]
async fn calls_beyond_the_rate_are_throttled_in_aws_words() {
    let world = World::with(Options { rate: Some(5.0), ..Options::default() }).await;
    let mut throttled = 0;
    for _ in 0..20 {
        let reply = world.get("hostedzonecount").await;
        if reply.status != 200 {
            assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "Throttling"));
            assert_eq!(reply.text(&["Error", "Message"]), "Rate exceeded");
            throttled += 1;
        }
    }
    assert!(throttled > 0);
    let logged = world.emulator.calls().iter().filter(|call| call.outcome == "Throttling").count();
    assert_eq!(logged, throttled);
}

#[tokio::test]
async fn a_fault_refuses_one_operation_on_one_zone() {
    let world = World::with(faults(&[
        "access-denied:op=ListResourceRecordSets,zone=Z1",
        "error=503:op=GetHostedZoneCount,next=1",
    ]))
    .await;
    let denied = world.get("hostedzone/Z1/rrset").await;
    assert_eq!((denied.status.as_u16(), denied.code().as_str()), (403, "AccessDenied"));
    assert_eq!(world.get("hostedzone/Z1").await.status, 200);
    let failed = world.get("hostedzonecount").await;
    assert_eq!((failed.status.as_u16(), failed.code().as_str()), (503, "ServiceUnavailable"));
    assert_eq!(failed.text(&["Error", "Type"]), "Receiver");
    assert_eq!(world.get("hostedzonecount").await.status, 200);
}

#[tokio::test]
async fn a_reset_leaves_the_zone_alone_and_a_reset_after_does_not() {
    let world = World::with(faults(&["reset:next=1", "reset-after:next=1"])).await;
    let send = |name: &'static str| {
        let body = change("CREATE", name);
        let world = &world;
        async move { world.try_send(Method::POST, "hostedzone/Z1/rrset/", &body).await }
    };
    assert!(send("a.example.com").await.is_err());
    assert!(send("b.example.com").await.is_err());
    let names: Vec<_> = world.emulator.record_sets("Z1").into_iter().map(|set| set.name).collect();
    assert_eq!(names, ["example.com.", "example.com.", "b.example.com."]);
    let outcomes: Vec<_> = world.emulator.calls().into_iter().map(|call| call.outcome).collect();
    assert_eq!(outcomes, ["reset", "reset-after"]);
}

#[tokio::test]
async fn a_slow_answer_comes_late_and_is_right() {
    let world = World::with(faults(&["slow=120ms:next=1"])).await;
    let started = Instant::now();
    assert_eq!(world.get("hostedzonecount").await.status, 200);
    assert!(started.elapsed() >= Duration::from_millis(120));
}

#[tokio::test]
async fn the_log_says_who_asked_what_and_how_it_ended() {
    let world = World::new().await;
    world.change("CREATE", "a.example.com").await;
    world.change("CREATE", "a.example.com").await;
    world.get("hostedzone/Z1/rrset?maxitems=1").await;
    let (_, log) = world.admin(Method::GET, "calls", Value::Null).await;
    assert_eq!(
        log["counts"]["ChangeResourceRecordSets"],
        json!({"ok": 1, "InvalidChangeBatch": 1})
    );
    let first = &log["calls"][0];
    assert_eq!(first["operation"], "ChangeResourceRecordSets");
    assert_eq!(
        (first["zone"].as_str(), first["access_key"].as_str()),
        (Some("Z1"), Some("AKIDEXAMPLE"))
    );
    assert_eq!(first["changes"][0]["ResourceRecordSet"]["Name"], "a.example.com");
    assert_eq!(log["calls"][2]["query"]["maxitems"], "1");
    let (_, lists) =
        world.admin(Method::GET, "calls?operation=ListResourceRecordSets", Value::Null).await;
    assert_eq!(lists["calls"].as_array().unwrap().len(), 1);
    assert_eq!(world.emulator.call_count(Operation::ChangeResourceRecordSets), 2);
    world.admin(Method::DELETE, "calls", Value::Null).await;
    assert!(world.emulator.calls().is_empty());
}

#[tokio::test]
async fn faults_come_and_go_over_the_admin_route() {
    let world = World::new().await;
    let (status, faults) =
        world.admin(Method::POST, "faults", json!({"faults": ["throttle:next=2"]})).await;
    assert_eq!((status.as_u16(), faults), (200, json!({"faults": ["throttle:next=2"]})));
    assert_eq!(world.get("hostedzonecount").await.code(), "Throttling");
    let (_, faults) = world.admin(Method::GET, "faults", Value::Null).await;
    assert_eq!(faults, json!({"faults": ["throttle:next=1"]}));
    world.admin(Method::DELETE, "faults", Value::Null).await;
    assert_eq!(world.get("hostedzonecount").await.status, 200);
    let (status, error) = world.admin(Method::POST, "faults", json!({"faults": ["x"]})).await;
    assert_eq!(status, 400);
    assert!(error["error"].as_str().unwrap().contains("`x` is not a fault"), "{error}");
}

#[tokio::test]
async fn zones_are_seeded_beyond_the_quotas_of_a_request_but_not_beyond_the_rules() {
    let world = World::new().await;
    let records: Vec<_> = (0..3000)
        .map(|n| json!({"Name": format!("h{n}.example.net"), "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}))
        .collect();
    let body = json!({"name": "example.net", "id": "ZNET", "records": records});
    let (status, reply) = world.admin(Method::POST, "zones", body).await;
    assert_eq!((status.as_u16(), reply), (200, json!({"id": "ZNET"})));
    let (_, zones) = world.admin(Method::GET, "zones", Value::Null).await;
    assert_eq!(
        zones["zones"][1],
        json!({"id": "ZNET", "name": "example.net.", "private": false, "records": 3002})
    );
    let bad = json!({"name": "example.net", "records": [{"Name": "x.example.org", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}]});
    let (status, error) = world.admin(Method::POST, "zones", bad).await;
    assert_eq!(status, 400);
    assert!(error["error"].as_str().unwrap().contains("is not permitted in zone"), "{error}");
}

#[tokio::test]
async fn a_snapshot_restores_everything_in_another_emulator() {
    let world = World::new().await;
    world.admin(Method::POST, "health-checks", json!({"id": "check"})).await;
    world.seed(vec![
        a("target.example.com"),
        ResourceRecordSet::alias("a.example.com", "A", "Z1", "target.example.com"),
        ResourceRecordSet { health_check_id: Some("check".to_owned()), ..a("h.example.com") },
    ]);
    world.emulator.tag_zone("Z1", "team", "dns");
    let (_, state) = world.admin(Method::GET, "state", Value::Null).await;
    let other = World::new().await;
    let (status, _) = other.admin(Method::PUT, "state", state).await;
    assert_eq!(status, 200);
    assert_eq!(other.emulator.snapshot(), world.emulator.snapshot());
    let (status, error) = other
        .admin(Method::PUT, "state", json!({"HostedZones": [{"Id": "Z", "Name": "a..b"}]}))
        .await;
    assert_eq!(status, 400);
    assert!(error["error"].as_str().unwrap().contains("zone `a..b` has no valid name"), "{error}");
}

#[tokio::test]
async fn a_reset_empties_zones_and_keeps_their_ids() {
    let world = World::with(faults(&["slow=1ms"])).await;
    world.seed(vec![a("a.example.com")]);
    world.change("CREATE", "b.example.com").await;
    world.admin(Method::POST, "reset", Value::Null).await;
    assert_eq!(world.emulator.record_sets("Z1").len(), 2);
    assert!(world.emulator.calls().is_empty());
    let (_, faults) = world.admin(Method::GET, "faults", Value::Null).await;
    assert_eq!(faults, json!({"faults": []}));
}

#[tokio::test]
async fn an_unknown_admin_route_lists_the_routes() {
    let world = World::new().await;
    let (status, error) = world.admin(Method::GET, "nothing", Value::Null).await;
    assert_eq!(status, 404);
    assert!(error["error"].as_str().unwrap().contains("GET calls"), "{error}");
}

#[tokio::test]
async fn the_state_file_is_written_at_every_change_and_read_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let options = || Options { state_file: Some(path.clone()), ..Options::default() };
    let before = {
        let world = World::with(options()).await;
        world.change("CREATE", "a.example.com").await;
        world.emulator.snapshot()
    };
    let world = World::with(options()).await;
    assert_eq!(world.emulator.snapshot().hosted_zones, before.hosted_zones);
    assert_eq!(world.change("CREATE", "a.example.com").await.code(), "InvalidChangeBatch");
}

#[tokio::test]
async fn a_state_file_that_is_none_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    std::fs::write(&path, "mine").unwrap();
    let options = Options { state_file: Some(path.clone()), ..Options::default() };
    let error = Emulator::start(options).await.unwrap_err().to_string();
    assert!(error.contains("is not a snapshot of the emulator"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
}

#[tokio::test]
async fn dropping_the_emulator_closes_its_socket() {
    let world = World::new().await;
    let url = format!("{}/2013-04-01/hostedzone", world.emulator.endpoint_url());
    let client = world.client.clone();
    drop(world.emulator);
    let started = Instant::now();
    while client.get(&url).send().await.is_ok() {
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}
