//! What people are told of what a controller answered.

use serde_json::json;

use super::*;

const NOW: i64 = 1_700_000_100;

#[test]
fn what_a_zone_held_that_is_not_listed_any_more_is_told_as_what_was_last_read() {
    let answer = json!({ "records": [{
        "name": "b2.example.com", "type": "A", "zone": "example.com", "zoneId": "Z1",
        "private": false, "targets": ["192.0.2.1"], "owner": "me", "isZoneUnlisted": true,
        "asOf": "2023-11-14T22:13:20Z", "severity": "well", "message": "no object wants it",
    }], "writes": [{ "name": "b2.example.com", "type": "A", "action": "create" }] });
    let said = all("b2.example.com", &answer, NOW);
    let told = "  published: not known: its zone example.com (Z1, public) is not listed any more; \
                last read 2023-11-14T22:13:20Z (1 min 40 s ago): 192.0.2.1, owner me\n";
    assert!(said.contains(told), "{said}");
    assert!(!said.contains("not published"), "{said}");
}

#[test]
fn a_name_is_told_with_what_is_published_since_when_and_by_which_write() {
    let answer = json!({ "records": [{
        "name": "www.example.com", "type": "A", "zone": "example.com", "zoneId": "Z1",
        "private": false, "targets": ["192.0.2.1"], "ttl": 300, "owner": "me",
        "object": "service/default/web", "severity": "well", "reason": "UpToDate",
        "message": "the provider already answers as desired", "since": "2023-11-14T22:13:20Z",
        "lastWrite": { "id": 3, "at": "2023-11-14T22:13:20Z", "action": "create",
            "new": { "targets": ["192.0.2.1"] }, "cause": "sync" },
    }], "writes": [] });
    assert_eq!(
        all("www.example.com", &answer, NOW),
        "www.example.com A in example.com (Z1, public): UpToDate
  because:   the provider already answers as desired
  since:     2023-11-14T22:13:20Z (1 min 40 s ago)
  published: 192.0.2.1, TTL 300, owner me
  object:    service/default/web
  written:   created 2023-11-14T22:13:20Z (1 min 40 s ago) (write 3, nothing → 192.0.2.1)
"
    );
}

#[test]
fn a_name_that_was_deleted_is_told_with_why_and_the_way_back() {
    let answer = json!({ "records": [], "writes": [{
        "id": 12, "at": "2023-11-14T22:13:20Z", "action": "delete", "name": "app.example.com",
        "type": "A", "old": { "targets": ["192.0.2.9"] }, "object": "ingress/default/app",
        "cause": "sync",
    }] });
    let said = all("app.example.com", &answer, NOW);
    assert!(said.contains("deleted 2023-11-14T22:13:20Z"), "{said}");
    assert!(said.contains("because ingress/default/app went"), "{said}");
    let mut told = answer.clone();
    told["unwanted"] = json!({ "ingress/default/app": "no source reads ingresses any more" });
    let told = all("app.example.com", &told, NOW);
    let why = ", because nothing wants it any more: no source reads ingresses any more; `signpost";
    assert!(told.contains(why), "{told}");
    assert!(said.contains("`signpost rollback 12`"), "{said}");
    assert!(!said.contains("other record set"), "{said}");
    let mut answer = answer;
    answer["writes"][0]["others"] = json!(3);
    let together = all("app.example.com", &answer, NOW);
    assert!(
        together.contains("shows the way back, and takes back 3 other record sets too"),
        "{together}"
    );
    answer["history"] = json!("--state-dir=state");
    let said = all("app.example.com", &answer, NOW);
    assert!(said.contains("`signpost rollback 12 --state-dir=state`"), "{said}");
}

#[test]
fn a_change_of_the_ttl_alone_is_seen_in_a_write() {
    let values = |ttl: u32| json!({ "targets": ["192.0.2.1"], "ttl": ttl });
    let write = json!({ "action": "update", "at": "", "old": values(55), "new": values(77) });
    let said = written(&write, NOW);
    assert!(said.contains("192.0.2.1, TTL 55 → 192.0.2.1, TTL 77"), "{said}");
}

#[test]
fn a_deletion_that_is_held_is_told_with_the_whole_command_that_lets_it_go() {
    let row = json!({ "name": "a.example.com", "reason": "DeletionHeld" });
    let answer = json!({ "records": [row], "held": { "hash": "5b3e", "names": 7 } });
    let said = all("a.example.com", &answer, NOW);
    assert!(said.contains("7 names") && said.contains("`signpost approve 5b3e`"), "{said}");
    let mut elsewhere = answer.clone();
    elsewhere[FLAGS] = json!(" --controller=http://signpost:7979");
    let said = all("a.example.com", &elsewhere, NOW);
    let command = "`signpost approve 5b3e --controller=http://signpost:7979`";
    assert!(said.contains(command), "{said}");
    let mut told = answer.clone();
    told["held"]["why"] = json!(["9 objects are there, and of each it is left out"]);
    let said = all("a.example.com", &told, NOW);
    assert!(said.contains("in all is held: 9 objects are there, and of each it"), "{said}");
    let other = json!([{ "name": "a.example.com", "reason": "NoZone" }]);
    assert_eq!(held(&answer, other.as_array().unwrap()), "", "it is about something else");
}

#[test]
fn what_was_read_long_ago_what_nobody_saw_and_what_is_wanted_are_told_apart() {
    let old = json!({ "name": "a.example.com", "targets": ["192.0.2.1"], "owner": "me",
        "asOf": "2023-11-14T22:13:20Z", "wanted": [{ "targets": ["192.0.2.2"], "ttl": 60 }] });
    let said = row(&old, NOW);
    assert!(
        said.contains("192.0.2.1, owner me, as it was read 2023-11-14T22:13:20Z (1 min"),
        "{said}"
    );
    assert!(said.contains("wanted:    192.0.2.2, TTL 60"), "{said}");
    let new = json!({ "name": "new.example.com", "asOf": "2023-11-14T22:13:20Z" });
    assert!(row(&new, NOW).contains("nothing, as it was read 2023-11-14T22:13:20Z (1 min"));
    let unseen = json!({ "name": "a.example.com", "isPublishedUnknown": true });
    assert!(row(&unseen, NOW).contains("not known"), "{}", row(&unseen, NOW));
    let object = json!({ "name": "", "object": "service/default/web" });
    assert!(!row(&object, NOW).contains("published"), "{}", row(&object, NOW));
}

#[test]
fn in_an_outage_the_cause_comes_first_and_what_is_not_known_is_not_denied() {
    let outage = json!({ "seconds": 24, "since": "2023-11-14T22:13:20Z",
        "cause": "cannot connect to the provider" });
    let answer = json!({ "records": [], "outage": outage });
    let said = unknown("new.example.com", &answer);
    assert!(said.starts_with("`new.example.com` is not known: the last sync failed"), "{said}");
    assert!(said.contains("24 s: cannot connect to the provider"), "{said}");
    assert!(freshness(&answer).starts_with("Syncs have failed for 24 s: cannot connect"));
}

#[test]
fn a_replica_that_cannot_know_denies_nothing_and_says_who_does() {
    let standby = json!({ "records": [], "standsBy": "signpost-7c9_0123" });
    let said = unknown("new.example.com", &standby);
    assert!(said.starts_with("nothing can be said of `new.example.com`"), "{said}");
    assert!(said.contains("`kubectl port-forward pod/signpost-7c9 7979`"), "{said}");
    assert!(!said.contains("wants it") && !is_sure(&standby), "{said}");
    let blind = json!({ "problems": [{ "part": "watch-services", "problem": "not read yet" }] });
    let said = unknown("new.example.com", &blind);
    assert!(said.contains("Not well: watch-services: not read yet"), "{said}");
    assert!(!said.contains("wants it") && !is_sure(&blind), "{said}");
    assert!(is_sure(&json!({ "asOf": "2023-11-14T22:13:20Z" })));
}

#[test]
fn under_an_ownership_record_stands_whose_record_it_is_about() {
    let looked_at = json!({ "ownedFromHere": ["web.example.com"] });
    let said = unknown("a-web.example.com", &json!({ "lookedAt": looked_at }));
    assert!(said.contains("which says whose `web.example.com` is"), "{said}");
}

#[test]
fn what_is_not_known_is_told_with_what_was_looked_at() {
    let answer = json!({ "records": [], "lookedAt": {
        "kinds": ["services: 3 known"], "zones": ["example.com"], "objects": [] } });
    let said = unknown("x.example.org", &answer);
    assert!(said.contains("services: 3 known"), "{said}");
    assert!(said.contains("zones: example.com"), "{said}");
    let there = json!({ "records": [], "lookedAt": { "objects": ["service/default/web"] } });
    assert!(unknown("svc/web", &there).starts_with("`service/default/web` is there"));
}

#[test]
fn one_cause_is_told_once_and_each_thing_in_a_line_of_its_own() {
    let cause = "the API server at https://10.0.0.1 cannot be reached: connection refused";
    let answer = json!({ "records": [],
        "problems": [{ "part": "watches", "problem": format!("{cause}; 4 kinds are not read") }],
        "lookedAt": { "kinds": ["services: not read", "ingresses: not read"] } });
    let said = unknown("x.example.org", &answer);
    assert_eq!(said.matches(cause).count(), 1, "{said}");
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[0], "nothing can be said of `x.example.org` by this controller:");
    assert!(lines[1].starts_with("Not well: watches: the API server at"), "{said}");
    assert_eq!(lines[2], "looked at objects: services: not read, ingresses: not read");
}

#[test]
fn an_object_is_known_not_to_be_there_while_only_the_provider_is_away() {
    let mut answer = json!({ "records": [], "lookedAt": { "kinds": ["services: 3 known"] },
        "outage": { "seconds": 24, "cause": "cannot connect to the provider" } });
    let said = unknown("svc/default/nope", &answer);
    assert!(said.starts_with("`svc/default/nope` is not there: no object"), "{said}");
    assert!(unknown("nope.example.com", &answer).contains("cannot connect to the provider"));
    answer["problems"] = json!([{ "part": "watch-services", "problem": "not read yet" }]);
    assert!(!unknown("svc/default/nope", &answer).contains("is not there"));
}

#[test]
fn nothing_that_a_tenant_wrote_breaks_a_line() {
    let answer = json!({ "name": "a\nb", "reason": "NoZone", "message": "x\u{1b}[2J" });
    assert_eq!(row(&answer, NOW).lines().count(), 3, "{}", row(&answer, NOW));
}

#[test]
fn annotations_that_are_not_read_are_told_wherever_one_looks_for_what_they_want() {
    let unread = "no object has an annotation with `a/`, and 3 objects have some with `b/`";
    let line = format!(
        "Annotations are not read: {unread}; is --annotation-prefix misspelt, or are they?"
    );
    let is_told = |said: &str| said.lines().filter(|said| **said == line).count() == 1;
    let answer = |more: Value| {
        let mut answer = json!({ "asOf": "2023-11-14T22:13:20Z", "unreadAnnotations": unread });
        answer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        answer
    };
    for (subject, more) in [
        ("svc/default/web", json!({ "lookedAt": { "objects": ["service/default/web"] } })),
        ("www.example.com", json!({})),
        ("www.example.com", json!({ "outage": { "seconds": 2, "cause": "down" } })),
        ("svc/default/no", json!({ "outage": { "seconds": 2, "cause": "down" } })),
        ("www.example.com", json!({ "standsBy": "pod-1_x" })),
        ("www.example.com", json!({ "problems": [{ "part": "state", "problem": "full" }] })),
    ] {
        let said = unknown(subject, &answer(more));
        assert!(is_told(&said), "{said}");
    }
    let row = json!({ "name": "a.example.com", "type": "A", "reason": "UpToDate" });
    let said = all("a.example.com", &answer(json!({ "records": [row] })), NOW);
    assert!(is_told(&said), "{said}");
    assert!(!unknown("x", &json!({ "asOf": "2023-11-14T22:13:20Z" })).contains("Annotations"));
}
