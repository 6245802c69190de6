//! Names that several of the desired names touch, such as that of an ownership record.

use external_dns_webhook::{Changes, Endpoint, Labels, RecordType, Refusal, ZoneId};

use crate::harness::{Server, adjusted, apply};

/// Returns what a controller sends for a name: the record set and its ownership record.
async fn with_ownership(
    provider: &std::sync::Arc<rfc2136_webhook::provider::Rfc2136>,
    name: &str,
    record_type: RecordType,
    target: &str,
) -> Vec<Endpoint> {
    let desired = Endpoint::new(format!("{name}.example.com"), record_type, [target]);
    let mut all = adjusted(provider, vec![desired]).await;
    let text = "\"heritage=external-dns,external-dns/owner=me\"";
    let mut record = Endpoint::new(format!("own-{name}.example.com"), RecordType::Txt, [text]);
    record.labels = Labels::default().with(Labels::OWNED_RECORD, format!("{name}.example.com"));
    record.zone = Some(ZoneId::from("example.com"));
    all.push(record);
    all
}

fn told(refused: &[Refusal]) -> Vec<(&str, &str)> {
    refused.iter().map(|refusal| (refusal.dns_name.as_str(), refusal.code.as_str())).collect()
}

#[tokio::test]
async fn a_record_set_whose_ownership_record_cannot_stand_is_refused_and_not_written_without_it() {
    for server in Server::all(&["example.com"]).await {
        let provider = server.provider();
        let alias = with_ownership(&provider, "own-x", RecordType::Cname, "a.example.net").await;
        let address = with_ownership(&provider, "x", RecordType::A, "192.0.2.1").await;
        let create = [alias, address].concat();
        let refused = apply(&provider, Changes { create, ..<_>::default() }).await.refused;
        assert_eq!(told(&refused), [("x.example.com", "NameConflict")], "{:?}", server.kind);
        assert_eq!(server.answers("x.example.com", "A").await, [""; 0], "{:?}", server.kind);
        assert_eq!(server.answers("own-own-x.example.com", "TXT").await.len(), 1);
    }
}

#[tokio::test]
async fn a_desired_text_and_an_ownership_record_of_one_name_are_not_mixed() {
    for server in Server::all(&["example.com"]).await {
        let provider = server.provider();
        let text = with_ownership(&provider, "own-x", RecordType::Txt, "\"mine\"").await;
        let address = with_ownership(&provider, "x", RecordType::A, "192.0.2.1").await;
        let create = [text, address].concat();
        let refused = apply(&provider, Changes { create, ..<_>::default() }).await.refused;
        assert_eq!(told(&refused), [("x.example.com", "ChangedElsewhere")], "{:?}", server.kind);
        assert_eq!(server.answers("own-x.example.com", "TXT").await, ["\"mine\""]);
        assert_eq!(server.answers("x.example.com", "A").await, [""; 0], "{:?}", server.kind);
    }
}

#[tokio::test]
async fn what_goes_makes_room_for_what_comes_in_the_same_write() {
    for server in Server::all(&["example.com"]).await {
        let provider = server.provider();
        let alias = with_ownership(&provider, "own-x", RecordType::Cname, "a.example.net").await;
        let before = Changes { create: alias.clone(), ..<_>::default() };
        assert_eq!(apply(&provider, before).await.refused, [], "{:?}", server.kind);
        let create = with_ownership(&provider, "x", RecordType::A, "192.0.2.1").await;
        let changes = Changes { create, delete: alias, ..<_>::default() };
        assert_eq!(apply(&provider, changes).await.refused, [], "{:?}", server.kind);
        assert_eq!(server.answers("own-x.example.com", "TXT").await.len(), 1, "{:?}", server.kind);
        assert_eq!(server.answers("x.example.com", "A").await, ["192.0.2.1"], "{:?}", server.kind);
    }
}
