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

mod admin;
mod faults;
mod zones;

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
