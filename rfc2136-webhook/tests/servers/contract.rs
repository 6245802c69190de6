//! What a controller desires is what the name server answers with, and nothing else changes.

use external_dns_webhook::{
    Changes, Endpoint, Labels, Provider as _, RecordType, Ttl, Update, ZoneId,
};

use rfc2136_webhook::provider::Zoned;

use crate::harness::{self, KEY, SECRET, Server, adjusted, apply, listed, told};

fn endpoint(name: &str, record_type: &str, targets: &[&str]) -> Endpoint {
    let targets: Vec<String> = targets.iter().map(|target| (*target).to_owned()).collect();
    Endpoint::new(format!("{name}.example.com"), RecordType::from(record_type), targets)
}

fn ownership(name: &str) -> Endpoint {
    let mut record = endpoint(
        &format!("own-{name}"),
        "TXT",
        &["\"heritage=external-dns,external-dns/owner=me\""],
    );
    record.labels = Labels::default().with(Labels::OWNED_RECORD, format!("{name}.example.com"));
    record.zone = Some(ZoneId::from("example.com"));
    record
}

/// One record set of each type that is served, and what a resolver is told.
fn of_each_type() -> Vec<(Endpoint, Vec<&'static str>)> {
    let rows: [(&str, &str, &[&str]); 14] = [
        ("a", "A", &["192.0.2.1", "192.0.2.2"]),
        ("aaaa", "AAAA", &["2001:db8::1"]),
        ("caa", "CAA", &["0 issue \"ca.example.net\""]),
        ("cname", "CNAME", &["target.example.net"]),
        ("dname", "DNAME", &["other.example.net"]),
        ("https", "HTTPS", &["1 . alpn=\"h2,h3\" port=443 ipv4hint=192.0.2.1"]),
        ("mx", "MX", &["10 ns.example.com"]),
        ("naptr", "NAPTR", &["10 20 \"u\" \"E2U+sip\" \"!^.*$!sip:info@example.com!\" ."]),
        ("child", "NS", &["ns1.example.net", "ns2.example.net"]),
        ("ptr", "PTR", &["host.example.com"]),
        ("_sip._tcp", "SRV", &["0 50 443 host.example.com."]),
        ("svcb", "SVCB", &["16 foo.example.org. alpn=\"h2\" key667=\"hello\""]),
        (
            "_443._tcp",
            "TLSA",
            &["3 1 1 0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"],
        ),
        ("*.wild", "TXT", &["\"v=spf1 -all\""]),
    ];
    rows.into_iter()
        .map(|(name, record_type, targets)| {
            let mut record = endpoint(name, record_type, targets);
            record.ttl = Ttl::from_seconds(120);
            (record, targets.to_vec())
        })
        .collect()
}

#[tokio::test]
async fn every_type_that_is_served_is_written_listed_answered_and_deleted() {
    for server in Server::all(&["example.com"]).await {
        let provider = server.provider();
        let before = told(&listed(&provider).await);
        let desired: Vec<_> = of_each_type().into_iter().map(|(record, _)| record).collect();
        let create = adjusted(&provider, desired).await;
        let applied = apply(&provider, Changes { create: create.clone(), ..<_>::default() }).await;
        assert_eq!(applied.refused, [], "{:?}", server.kind);
        for (record, expected) in of_each_type() {
            if *record.record_type.as_str() == *"NS" {
                // Answered as a delegation, not as an answer.
                continue;
            }
            let name = record.dns_name.as_str();
            let answers = server.answers(name, record.record_type.as_str()).await;
            assert_eq!(answers, expected, "{:?} {name}", server.kind);
        }
        let now = listed(&provider).await;
        for record in &create {
            assert!(now.contains(record), "{:?}: {record:?} is not among {now:#?}", server.kind);
        }
        let applied = apply(&provider, Changes { delete: create, ..<_>::default() }).await;
        assert_eq!(applied.refused, [], "{:?}", server.kind);
        assert_eq!(told(&listed(&provider).await), before, "{:?}", server.kind);
    }
}

#[tokio::test]
async fn a_record_set_that_another_client_changes_meanwhile_is_told_and_not_trampled() {
    for server in Server::all(&["example.com"]).await {
        let provider = server.provider();
        let mut create = adjusted(&provider, vec![endpoint("www", "A", &["192.0.2.1"])]).await;
        create.push(ownership("www"));
        apply(&provider, Changes { create: create.clone(), ..<_>::default() }).await;
        let seen = listed(&provider).await;
        let old = seen.iter().find(|record| record.dns_name.as_str() == "www.example.com").unwrap();
        server.nsupdate(
            "example.com",
            &["del www.example.com A", "add www.example.com 60 A 198.51.100.7"],
        );
        let new = Endpoint { targets: ["192.0.2.2"].into(), ..old.clone() };
        let update = vec![Update { old: old.clone(), new }];
        let delete = vec![ownership("www")];
        let applied = apply(&provider, Changes { update, delete, ..<_>::default() }).await;
        assert_eq!(applied.refused.len(), 1, "{:?} {applied:?}", server.kind);
        assert_eq!(applied.refused[0].code.as_str(), "ChangedElsewhere");
        assert!(applied.refused[0].retryable);
        assert!(applied.refused[0].message.contains("198.51.100.7"), "{applied:?}");
        assert_eq!(server.answers("www.example.com", "A").await, ["198.51.100.7"]);
        assert_eq!(server.answers("own-www.example.com", "TXT").await.len(), 1, "it stays, too");
    }
}

#[tokio::test]
async fn the_same_changes_a_second_time_are_no_conflict() {
    for server in Server::all(&["example.com"]).await {
        let provider = server.provider();
        let create = adjusted(&provider, vec![endpoint("www", "A", &["192.0.2.1"])]).await;
        let all = Changes { create: create.clone(), ..<_>::default() };
        for _ in 0..2 {
            assert_eq!(apply(&provider, all.clone()).await.refused, [], "{:?}", server.kind);
        }
        let old = create[0].clone();
        let new = Endpoint { targets: ["192.0.2.2"].into(), ..old.clone() };
        let all = Changes { update: vec![Update { old, new: new.clone() }], ..<_>::default() };
        for _ in 0..2 {
            assert_eq!(apply(&provider, all.clone()).await.refused, [], "{:?}", server.kind);
        }
        let all = Changes { delete: vec![new], ..<_>::default() };
        for _ in 0..2 {
            assert_eq!(apply(&provider, all.clone()).await.refused, [], "{:?}", server.kind);
        }
        assert_eq!(server.answers("www.example.com", "A").await, [""; 0]);
    }
}

#[tokio::test]
async fn an_address_takes_the_place_of_a_cname_and_back() {
    for server in Server::all(&["example.com"]).await {
        let provider = server.provider();
        let address = adjusted(&provider, vec![endpoint("www", "A", &["192.0.2.1"])]).await;
        let alias = adjusted(&provider, vec![endpoint("www", "CNAME", &["a.example.net"])]).await;
        apply(&provider, Changes { create: address.clone(), ..<_>::default() }).await;
        for (from, to) in [(&address, &alias), (&alias, &address)] {
            let changes = Changes { create: to.clone(), delete: from.clone(), ..<_>::default() };
            assert_eq!(apply(&provider, changes).await.refused, [], "{:?}", server.kind);
            let names: Vec<_> = listed(&provider)
                .await
                .into_iter()
                .filter(|record| record.dns_name.as_str() == "www.example.com")
                .map(|record| record.record_type)
                .collect();
            assert_eq!(names, [to[0].record_type.clone()], "{:?}", server.kind);
        }
        let refused = apply(&provider, Changes { create: alias, ..<_>::default() }).await.refused;
        assert_eq!(refused[0].code.as_str(), "NameConflict", "{:?}", server.kind);
    }
}

#[tokio::test]
async fn a_long_text_is_cut_and_comes_back_whole() {
    for server in Server::all(&["example.com"]).await {
        let provider = server.provider();
        let long = format!("\"v=DKIM1; p={}\"", "MIGf\\\"MA0 ".repeat(120));
        let create = adjusted(&provider, vec![endpoint("dkim", "TXT", &[&long])]).await;
        apply(&provider, Changes { create: create.clone(), ..<_>::default() }).await;
        assert!(listed(&provider).await.iter().any(|record| record.targets == create[0].targets));
        assert_eq!(server.answers("dkim.example.com", "TXT").await, [long.as_str()]);
    }
}

#[tokio::test]
async fn many_changes_take_several_messages_and_all_arrive() {
    for server in Server::all(&["example.com"]).await {
        let provider = server.provider();
        let name = |at: u32| format!("host-{at}");
        let desired = (0..330).map(|at| endpoint(&name(at), "A", &["192.0.2.1"])).collect();
        let mut create = adjusted(&provider, desired).await;
        create.extend((0..330).map(|at| ownership(&name(at))));
        let applied = apply(&provider, Changes { create: create.clone(), ..<_>::default() }).await;
        assert_eq!(applied.refused, [], "{:?}", server.kind);
        assert_eq!(listed(&provider).await.len(), 661, "{:?}", server.kind);
        let fresh = server.provider();
        assert_eq!(
            told(&listed(&fresh).await),
            told(&listed(&provider).await),
            "{:?}",
            server.kind
        );
    }
}

#[tokio::test]
async fn what_is_too_large_for_one_message_takes_several() {
    for server in Server::all(&["example.com"]).await {
        let provider = harness::provider_of([server.zone("example.com", KEY, SECRET)], 0);
        // PowerDNS 4.7 ends a transfer whose next hundred records take more than 64 kB.
        let long = "x".repeat(400);
        let desired = (0..300).map(|at| endpoint(&format!("t{at}"), "TXT", &[&long])).collect();
        let create = adjusted(&provider, desired).await;
        let applied = apply(&provider, Changes { create, ..<_>::default() }).await;
        assert_eq!(applied.refused, [], "{:?}", server.kind);
        assert_eq!(listed(&provider).await.len(), 301, "{:?}", server.kind);
        let larger = endpoint("larger", "TXT", &[&"x".repeat(60_000)]);
        let refused = Zoned(provider).adjust(vec![larger]).await.unwrap().refused;
        assert_eq!(refused[0].code.as_str(), "TooLarge");
    }
}

#[tokio::test]
async fn one_name_that_cannot_be_written_does_not_keep_the_others_from_being_written() {
    for server in Server::all(&["example.com"]).await {
        let provider = server.provider();
        let desired =
            (0..20).map(|at| endpoint(&format!("host-{at}"), "A", &["192.0.2.1"])).collect();
        let create = adjusted(&provider, desired).await;
        // After the list was read, and before it is written.
        listed(&provider).await;
        server.nsupdate("example.com", &["add host-7.example.com 60 A 198.51.100.7"]);
        let applied = apply(&provider, Changes { create, ..<_>::default() }).await;
        let refused: Vec<_> =
            applied.refused.iter().map(|refusal| refusal.dns_name.as_str()).collect();
        assert_eq!(refused, ["host-7.example.com"], "{:?}", server.kind);
        assert_eq!(server.answers("host-8.example.com", "A").await, ["192.0.2.1"]);
        assert_eq!(server.answers("host-7.example.com", "A").await, ["198.51.100.7"]);
    }
}

#[tokio::test]
async fn a_foreign_zone_is_listed_whatever_its_records_are() {
    for server in Server::all(&["example.com"]).await {
        let lines = [
            "add odd.example.com 60 TXT \"a\" \"b\"",
            "add odd.example.com 60 A 192.0.2.1",
            "add loc.example.com 60 SSHFP 1 1 123456789abcdef67890123456789abcdef67890",
            "add UPPER.example.com 60 CNAME Mixed.Example.NET.",
        ];
        server.nsupdate("example.com", &lines);
        let provider = server.provider();
        let told = told(&listed(&provider).await);
        assert_eq!(
            told,
            [
                "ns.example.com A 127.0.0.1 300",
                "odd.example.com A 192.0.2.1 60",
                "odd.example.com TXT \"a\" \"b\" 60",
                "upper.example.com CNAME mixed.example.net 60",
            ],
            "{:?}",
            server.kind
        );
        let create = adjusted(&provider, vec![endpoint("loc", "CNAME", &["a.example.net"])]).await;
        let refused = apply(&provider, Changes { create, ..<_>::default() }).await.refused;
        assert_eq!(refused[0].code.as_str(), "NameConflict", "{:?}: SSHFP is there", server.kind);
        assert_eq!(provider.served().len(), 1);
        assert_eq!(provider.negotiate().await.unwrap().property_prefixes, ["rfc2136/"]);
    }
}
