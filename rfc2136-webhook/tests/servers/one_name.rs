//! What is wrong with one name, or with what is known of it, keeps no other from being written.

use std::time::{Duration, Instant};

use external_dns_webhook::server::Health as _;
use external_dns_webhook::{Changes, Endpoint, RecordType, Targets, Update};

use crate::harness::{DEADLINE, Kind, Server, adjusted, apply, listed};

fn endpoint(name: &str, targets: impl IntoIterator<Item = String>) -> Endpoint {
    let targets: Targets = targets.into_iter().collect();
    Endpoint::new(format!("{name}.example.com"), RecordType::A, targets)
}

/// More addresses than BIND takes for one name and type.
fn crowded(name: &str) -> Endpoint {
    endpoint(name, (1..=101).map(|last| format!("192.0.2.{last}")))
}

#[tokio::test]
async fn names_that_the_server_refuses_by_themselves_harm_no_other() {
    let Some(server) = Server::start(Kind::Bind, &["example.com"]).await else { return };
    let provider = server.provider();
    let mut desired: Vec<_> = (0..5).map(|at| crowded(&format!("aa{at}"))).collect();
    desired.push(endpoint("zz", ["192.0.2.1".to_owned()]));
    let create = adjusted(&provider, desired).await;
    let refused = apply(&provider, Changes { create, ..<_>::default() }).await.refused;
    assert_eq!(refused.len(), 5, "{refused:?}");
    for refusal in refused {
        assert_eq!(refusal.code.as_str(), "RefusedByService", "{refusal:?}");
        assert!(refusal.message.contains("takes other updates"), "{refusal:?}");
    }
    assert_eq!(server.answers("zz.example.com", "A").await, ["192.0.2.1"]);
}

#[tokio::test]
async fn a_change_that_left_the_serial_as_it_was_is_found_by_the_write_that_it_stops() {
    let Some(server) = Server::start(Kind::Bind, &["example.com"]).await else { return };
    let provider = server.provider();
    let create = adjusted(&provider, vec![endpoint("n", ["192.0.2.1".to_owned()])]).await;
    assert_eq!(apply(&provider, Changes { create, ..<_>::default() }).await.refused, []);
    assert_eq!(listed(&provider).await.len(), 2, "what is known is as new as the file");
    let rndc = |command: &str| {
        let config = server.path("rndc.conf");
        server.run_tool("rndc", &["-c", config.to_str().unwrap(), command, "example.com"]);
    };
    rndc("freeze");
    let path = server.path("example.com.zone");
    // The server writes its file some time after it has answered.
    let begun = Instant::now();
    let text = loop {
        let text = std::fs::read_to_string(&path).unwrap();
        if text.contains("192.0.2.1") {
            break text;
        }
        assert!(begun.elapsed() < DEADLINE, "{text}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    std::fs::write(&path, text.replace("192.0.2.1", "198.51.100.7")).unwrap();
    rndc("thaw");
    let old = adjusted(&provider, vec![endpoint("n", ["192.0.2.1".to_owned()])]).await;
    let new = adjusted(&provider, vec![endpoint("n", ["192.0.2.2".to_owned()])]).await;
    let update = vec![Update { old: old[0].clone(), new: new[0].clone() }];
    let refused = apply(&provider, Changes { update, ..<_>::default() }).await.refused;
    // What is there is another owner's now: it stays, and is shown.
    assert_eq!(refused[0].code.as_str(), "ChangedElsewhere", "{refused:?}");
    assert!(refused[0].message.contains("198.51.100.7"), "{refused:?}");
    let seen = listed(&provider).await;
    let seen = seen.iter().find(|endpoint| endpoint.dns_name.as_str() == "n.example.com");
    assert_eq!(seen.unwrap().targets.iter().collect::<Vec<_>>(), ["198.51.100.7"]);
}

#[tokio::test]
async fn what_a_delegation_hides_already_is_told_in_the_details() {
    for server in Server::all(&["example.com"]).await {
        let www = "www.sub.example.com";
        let delegation = "add sub.example.com 60 NS ns.sub.example.com";
        let glue = "add ns.sub.example.com 60 A 192.0.2.53";
        server.nsupdate("example.com", &["add www.sub.example.com 60 A 192.0.2.1"]);
        server.nsupdate("example.com", &[delegation, glue]);
        let provider = server.provider();
        let hidden = async |is_verbose: bool| -> Vec<String> {
            let details = provider.health(is_verbose).await.details;
            details.into_iter().filter(|detail| detail.starts_with("hidden: ")).collect()
        };
        let line =
            format!("hidden: {www} A, by the delegation at sub.example.com, in zone example.com");
        assert_eq!(hidden(true).await, [line], "{:?}", server.kind);
        assert_eq!(hidden(false).await, [""; 0]);
        assert_eq!(server.answers(www, "A").await, [""; 0], "{:?}", server.kind);
    }
}
