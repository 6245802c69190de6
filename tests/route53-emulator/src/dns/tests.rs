//! DNS answers, asked as a resolver would: over sockets.

use std::net::SocketAddr;

use hickory_proto::op::{Edns, Message, Query, ResponseCode};
use hickory_proto::rr::{Name as WireName, RecordType as WireType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};

use super::*;
use crate::{Emulator, Options, ResourceRecordSet};

struct World {
    emulator: Emulator,
    dns: SocketAddr,
}

impl World {
    /// An emulator with the public zone `example.com` that holds these.
    async fn with(sets: Vec<ResourceRecordSet>) -> Self {
        let emulator = Emulator::start(Options {
            dns: Some("127.0.0.1:0".parse().unwrap()),
            zones: vec!["example.com=Z1".parse().unwrap()],
            ..Options::default()
        })
        .await
        .unwrap();
        emulator.seed("Z1", sets).unwrap();
        let dns = emulator.dns_addr().unwrap();
        Self { emulator, dns }
    }

    async fn ask(&self, name: &str, record_type: WireType) -> Message {
        self.send(question(name, record_type)).await
    }

    async fn send(&self, query: Message) -> Message {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.send_to(&query.to_vec().unwrap(), self.dns).await.unwrap();
        let mut buffer = vec![0; 65_535];
        let (length, _) = socket.recv_from(&mut buffer).await.unwrap();
        let answer = Message::from_vec(&buffer[..length]).unwrap();
        assert_eq!(answer.metadata.id, query.metadata.id);
        assert_eq!(answer.queries, query.queries);
        answer
    }

    async fn ask_over_tcp(&self, name: &str, record_type: WireType) -> Message {
        let mut stream = TcpStream::connect(self.dns).await.unwrap();
        let query = question(name, record_type).to_vec().unwrap();
        stream.write_u16(query.len().try_into().unwrap()).await.unwrap();
        stream.write_all(&query).await.unwrap();
        let length = stream.read_u16().await.unwrap();
        let mut answer = vec![0; length.into()];
        stream.read_exact(&mut answer).await.unwrap();
        Message::from_vec(&answer).unwrap()
    }

    /// The answers as text: type, then data.
    async fn answers(&self, name: &str, record_type: WireType) -> Vec<String> {
        let message = self.ask(name, record_type).await;
        assert_eq!(message.metadata.response_code, ResponseCode::NoError);
        texts(&message)
    }
}

fn question(name: &str, record_type: WireType) -> Message {
    let mut message = Message::query();
    message.add_query(Query::query(WireName::from_ascii(name).unwrap(), record_type));
    message
}

fn texts(message: &Message) -> Vec<String> {
    message
        .answers
        .iter()
        .map(|record| format!("{} {}", record.record_type(), record.data))
        .collect()
}

fn set(name: &str, record_type: &str, values: &[&str]) -> ResourceRecordSet {
    ResourceRecordSet::new(name, record_type, 300, values)
}

fn policy(value: &str, id: &str, change: impl Fn(&mut ResourceRecordSet)) -> ResourceRecordSet {
    let mut set = set("p.example.com", "A", &[value]);
    set.set_identifier = Some(id.to_owned());
    change(&mut set);
    set
}

#[tokio::test]
async fn every_common_type_is_answered() {
    let world = World::with(vec![
        set("a.example.com", "A", &["192.0.2.1", "192.0.2.2"]),
        set("a.example.com", "AAAA", &["2001:db8::1"]),
        set("a.example.com", "TXT", &["\"one \\\"two\\\"\" \"three\"", "\"\\303\\251\""]),
        set("a.example.com", "MX", &["10 mail.example.com"]),
        set("a.example.com", "SRV", &["1 2 80 host.example.com"]),
        set("a.example.com", "PTR", &["host.example.com"]),
        set("a.example.com", "CAA", &["0 issue \"ca.example.net\""]),
        set("a.example.com", "NAPTR", &["100 50 \"u\" \"E2U+sip\" \"\" target.example.com"]),
    ])
    .await;
    assert_eq!(world.answers("a.example.com.", WireType::A).await, ["A 192.0.2.1", "A 192.0.2.2"]);
    assert_eq!(world.answers("A.Example.COM.", WireType::AAAA).await, ["AAAA 2001:db8::1"]);
    for (record_type, expected) in [
        (WireType::MX, "MX 10 mail.example.com."),
        (WireType::SRV, "SRV 1 2 80 host.example.com."),
        (WireType::PTR, "PTR host.example.com."),
        (WireType::CAA, "CAA 0 issue \"ca.example.net\""),
    ] {
        assert_eq!(world.answers("a.example.com.", record_type).await, [expected]);
    }
    assert_eq!(world.answers("a.example.com.", WireType::NAPTR).await.len(), 1);
    assert_eq!(world.answers("a.example.com.", WireType::ANY).await.len(), 10);
}

#[tokio::test]
async fn txt_strings_come_back_as_their_octets() {
    let world =
        World::with(vec![set("a.example.com", "TXT", &["\"a\\\"b\" \"\\303\\251\" \"\""])]).await;
    let message = world.ask("a.example.com.", WireType::TXT).await;
    let hickory_proto::rr::RData::TXT(txt) = &message.answers[0].data else { panic!() };
    let strings: Vec<_> = txt.txt_data.iter().map(AsRef::as_ref).collect();
    assert_eq!(strings, [b"a\"b".as_slice(), "é".as_bytes(), b""]);
}

#[tokio::test]
async fn the_apex_has_soa_and_ns() {
    let world = World::with(vec![]).await;
    assert_eq!(world.answers("example.com.", WireType::SOA).await.len(), 1);
    assert_eq!(world.answers("example.com.", WireType::NS).await.len(), 4);
    let message = world.ask("example.com.", WireType::SOA).await;
    assert!(message.metadata.authoritative);
}

#[tokio::test]
async fn what_does_not_exist_is_said_with_the_soa() {
    let world = World::with(vec![set("x.y.example.com", "A", &["192.0.2.1"])]).await;
    for (name, record_type, code) in [
        ("nope.example.com.", WireType::A, ResponseCode::NXDomain),
        ("x.y.example.com.", WireType::TXT, ResponseCode::NoError),
        ("y.example.com.", WireType::A, ResponseCode::NoError),
    ] {
        let message = world.ask(name, record_type).await;
        assert_eq!(message.metadata.response_code, code, "{name}");
        assert!(message.answers.is_empty());
        assert_eq!(message.authorities[0].record_type(), WireType::SOA, "{name}");
    }
}

#[tokio::test]
async fn names_outside_every_zone_are_refused() {
    let world = World::with(vec![]).await;
    let message = world.ask("example.org.", WireType::A).await;
    assert_eq!(message.metadata.response_code, ResponseCode::Refused);
}

#[tokio::test]
async fn cnames_are_chased_as_far_as_the_zones_reach() {
    let world = World::with(vec![
        set("a.example.com", "CNAME", &["b.example.com"]),
        set("b.example.com", "CNAME", &["c.example.com"]),
        set("c.example.com", "A", &["192.0.2.1"]),
        set("out.example.com", "CNAME", &["www.example.org"]),
        set("dead.example.com", "CNAME", &["missing.example.com"]),
        set("loop.example.com", "CNAME", &["pool.example.com"]),
        set("pool.example.com", "CNAME", &["loop.example.com"]),
    ])
    .await;
    assert_eq!(
        world.answers("a.example.com.", WireType::A).await,
        ["CNAME b.example.com.", "CNAME c.example.com.", "A 192.0.2.1"]
    );
    assert_eq!(world.answers("a.example.com.", WireType::CNAME).await, ["CNAME b.example.com."]);
    assert_eq!(world.answers("out.example.com.", WireType::A).await, ["CNAME www.example.org."]);
    let dead = world.ask("dead.example.com.", WireType::A).await;
    assert_eq!(dead.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(texts(&dead), ["CNAME missing.example.com."]);
    assert!(!world.ask("loop.example.com.", WireType::A).await.answers.is_empty());
}

#[tokio::test]
async fn a_wildcard_answers_for_names_that_do_not_exist() {
    let world = World::with(vec![
        set("*.example.com", "A", &["192.0.2.1"]),
        set("taken.example.com", "TXT", &["\"t\""]),
        set("x.deep.example.com", "A", &["192.0.2.2"]),
    ])
    .await;
    let message = world.ask("any.example.com.", WireType::A).await;
    assert_eq!(message.answers[0].name.to_string(), "any.example.com.");
    assert_eq!(world.answers("very.far.example.com.", WireType::A).await, ["A 192.0.2.1"]);
    assert_eq!(world.answers("*.example.com.", WireType::A).await, ["A 192.0.2.1"]);
    assert!(world.answers("any.example.com.", WireType::TXT).await.is_empty());
    // The wildcard does not reach names that exist, nor what is below them (RFC 4592, 2.2.1).
    assert!(world.answers("taken.example.com.", WireType::A).await.is_empty());
    for name in ["below.taken.example.com.", "y.deep.example.com."] {
        let message = world.ask(name, WireType::A).await;
        assert_eq!(message.metadata.response_code, ResponseCode::NXDomain, "{name}");
    }
}

#[tokio::test]
async fn an_alias_answers_with_its_target_s_records_under_its_own_name() {
    let world = World::with(vec![
        set("target.example.com", "A", &["192.0.2.1"]),
        ResourceRecordSet::alias("b.example.com", "A", "Z1", "target.example.com"),
        ResourceRecordSet::alias("example.com", "A", "Z1", "b.example.com"),
    ])
    .await;
    let message = world.ask("example.com.", WireType::A).await;
    assert_eq!(texts(&message), ["A 192.0.2.1"]);
    assert_eq!(message.answers[0].name.to_string(), "example.com.");
    assert_eq!(message.answers[0].ttl, 300);
}

#[tokio::test]
async fn an_alias_to_a_load_balancer_has_made_up_but_steady_addresses() {
    let elb = "lb-1.us-east-1.elb.amazonaws.com";
    let zone = "Z35SXDOTRQ7X7K";
    let world = World::with(vec![
        ResourceRecordSet::alias("a.example.com", "A", zone, elb),
        ResourceRecordSet::alias("a.example.com", "AAAA", zone, elb),
    ])
    .await;
    let addresses = world.answers("a.example.com.", WireType::A).await;
    assert_eq!(addresses.len(), 2);
    assert_ne!(addresses[0], addresses[1]);
    assert!(addresses.iter().all(|address| address.starts_with("A 192.0.2.")), "{addresses:?}");
    assert_eq!(world.answers("a.example.com.", WireType::A).await, addresses);
    let addresses = world.answers("a.example.com.", WireType::AAAA).await;
    assert!(addresses[0].starts_with("AAAA 2001:db8::"), "{addresses:?}");
}

#[tokio::test]
async fn a_delegated_name_is_referred() {
    let world = World::with(vec![
        set("sub.example.com", "NS", &["ns.example.net"]),
        set("sub.example.com", "DS", &["12345 3 1 49FD46E6C4B45C55D4AC"]),
        set("hidden.sub.example.com", "A", &["192.0.2.1"]),
    ])
    .await;
    for name in ["sub.example.com.", "hidden.sub.example.com."] {
        let message = world.ask(name, WireType::A).await;
        assert!(!message.metadata.authoritative);
        assert!(message.answers.is_empty());
        assert_eq!(message.authorities[0].data.to_string(), "ns.example.net.");
    }
    assert_eq!(world.ask("sub.example.com.", WireType::DS).await.answers.len(), 1);
}

#[tokio::test]
async fn weighted_record_sets_take_turns_in_proportion() {
    let weighted = |value, id, weight| policy(value, id, move |set| set.weight = Some(weight));
    let world = World::with(vec![
        weighted("192.0.2.1", "one", 3),
        weighted("192.0.2.2", "two", 1),
        weighted("192.0.2.3", "three", 0),
    ])
    .await;
    let mut answers = Vec::new();
    for _ in 0..8 {
        answers.extend(world.answers("p.example.com.", WireType::A).await);
    }
    answers.sort();
    let expected = [vec!["A 192.0.2.1"; 6], vec!["A 192.0.2.2"; 2]].concat();
    assert_eq!(answers, expected);
}

#[tokio::test]
async fn weights_that_are_all_zero_share_alike() {
    let weighted = |value, id| policy(value, id, |set| set.weight = Some(0));
    let world = World::with(vec![weighted("192.0.2.1", "one"), weighted("192.0.2.2", "two")]).await;
    let first = world.answers("p.example.com.", WireType::A).await;
    assert_ne!(world.answers("p.example.com.", WireType::A).await, first);
}

#[tokio::test]
async fn failover_answers_with_the_secondary_while_the_primary_is_unhealthy() {
    let world = World::with(vec![]).await;
    world.emulator.add_health_check("check");
    let role = |value, id, role: &'static str, check: Option<&'static str>| {
        policy(value, id, move |set| {
            set.failover = Some(role.to_owned());
            set.health_check_id = check.map(str::to_owned);
        })
    };
    let sets = vec![
        role("192.0.2.1", "one", "PRIMARY", Some("check")),
        role("192.0.2.2", "two", "SECONDARY", None),
    ];
    world.emulator.seed("Z1", sets).unwrap();
    assert_eq!(world.answers("p.example.com.", WireType::A).await, ["A 192.0.2.1"]);
    let mut snapshot = world.emulator.snapshot();
    snapshot.health_checks[0].unhealthy = true;
    world.emulator.restore(snapshot).unwrap();
    assert_eq!(world.answers("p.example.com.", WireType::A).await, ["A 192.0.2.2"]);
}

#[tokio::test]
async fn multivalue_answers_join_up_to_eight_record_sets() {
    let sets = (0..10)
        .map(|n| {
            policy(&format!("192.0.2.{n}"), &n.to_string(), |set| {
                set.multi_value_answer = Some(true);
            })
        })
        .collect();
    let world = World::with(sets).await;
    assert_eq!(world.answers("p.example.com.", WireType::A).await.len(), 8);
}

#[tokio::test]
async fn geolocation_answers_with_its_default_place() {
    let place = |value, id, code: &'static str| {
        policy(value, id, move |set| {
            set.geo_location = Some(crate::GeoLocationShape {
                country_code: Some(code.to_owned()),
                ..crate::GeoLocationShape::default()
            });
        })
    };
    let world =
        World::with(vec![place("192.0.2.1", "a", "DE"), place("192.0.2.2", "b", "*")]).await;
    assert_eq!(world.answers("p.example.com.", WireType::A).await, ["A 192.0.2.2"]);
}

#[tokio::test]
async fn the_longest_zone_answers_and_a_public_one_before_a_private_one() {
    let world = World::with(vec![set("a.sub.example.com", "A", &["192.0.2.1"])]).await;
    let private = world.emulator.add_zone("example.com".parse().unwrap(), true);
    world.emulator.seed(&private, vec![set("only.example.com", "A", &["192.0.2.8"])]).unwrap();
    let sub = world.emulator.add_zone("sub.example.com".parse().unwrap(), false);
    world.emulator.seed(&sub, vec![set("a.sub.example.com", "A", &["192.0.2.9"])]).unwrap();
    assert_eq!(world.answers("a.sub.example.com.", WireType::A).await, ["A 192.0.2.9"]);
    let message = world.ask("only.example.com.", WireType::A).await;
    assert_eq!(message.metadata.response_code, ResponseCode::NXDomain);
}

#[tokio::test]
async fn a_long_answer_is_cut_over_udp_and_whole_over_tcp() {
    let values: Vec<_> = (0..100).map(|n| format!("192.0.2.{n}")).collect();
    let values: Vec<_> = values.iter().map(String::as_str).collect();
    let world = World::with(vec![set("a.example.com", "A", &values)]).await;
    let cut = world.ask("a.example.com.", WireType::A).await;
    assert!(cut.metadata.truncation);
    assert!(cut.answers.is_empty());
    let whole = world.ask_over_tcp("a.example.com.", WireType::A).await;
    assert_eq!(whole.answers.len(), 100);
}

#[tokio::test]
async fn a_query_may_announce_room_for_longer_answers() {
    let values: Vec<_> = (0..50).map(|n| format!("192.0.2.{n}")).collect();
    let values: Vec<_> = values.iter().map(String::as_str).collect();
    let world = World::with(vec![set("a.example.com", "A", &values)]).await;
    let mut query = question("a.example.com.", WireType::A);
    let mut edns = Edns::new();
    edns.set_max_payload(4096);
    query.set_edns(edns);
    let answer = world.send(query).await;
    assert!(!answer.metadata.truncation);
    assert_eq!(answer.answers.len(), 50);
    assert!(answer.edns.is_some());
}

#[tokio::test]
async fn other_classes_and_kinds_of_query_are_turned_down() {
    let world = World::with(vec![]).await;
    let mut chaos = question("version.bind.", WireType::TXT);
    chaos.queries[0].set_query_class(DNSClass::CH);
    assert_eq!(world.send(chaos).await.metadata.response_code, ResponseCode::Refused);
    let mut update = question("example.com.", WireType::SOA);
    update.metadata.op_code = OpCode::Notify;
    assert_eq!(world.send(update).await.metadata.response_code, ResponseCode::NotImp);
}
