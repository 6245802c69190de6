//! What each check says, and how all of them look.

use super::*;
use controller_sources::objects::{Failure, KindId};

fn watched(state: KindState, age: Option<u64>) -> Watched {
    Watched {
        kind: KindId::new("services"),
        namespace: String::new(),
        state,
        age: age.map(Duration::from_secs),
        objects: 3,
        is_optional: false,
    }
}

fn denied() -> KindState {
    KindState::Failed(Failure {
        verb: "list",
        resource: "services".into(),
        error: "forbidden".into(),
        since: 0,
    })
}

#[test]
fn a_watch_is_well_while_something_arrives() {
    let check = of_watch(&watched(KindState::Synced, Some(600)));
    assert_eq!(check.problem, None);
    assert_eq!(check.note, "3 objects, last read 600 seconds ago");
    let silent = of_watch(&watched(KindState::Synced, Some(601)));
    assert!(silent.problem.unwrap().starts_with("nothing arrives any more"));
    // Objects of manifests are known without a watch.
    assert_eq!(of_watch(&watched(KindState::Synced, None)).problem, None);
}

#[test]
fn what_cannot_be_read_says_why_and_what_is_still_known() {
    let check = of_watch(&watched(denied(), Some(60)));
    let expected = "cannot list services: forbidden; what is known of it stays: 3 objects, last \
                    read 60 seconds ago";
    assert_eq!(check.problem.unwrap(), expected);
    assert_eq!(of_watch(&watched(KindState::Pending, None)).problem.unwrap(), "not read yet");
}

#[test]
fn what_ails_several_kinds_is_told_once() {
    let away = |kind: &'static str, since: i64| Watched {
        kind: KindId::new(kind),
        state: KindState::Failed(Failure {
            verb: "watch",
            resource: kind.to_owned(),
            error: "the API server at https://10.0.0.1 cannot be reached: connection refused"
                .into(),
            since,
        }),
        ..watched(KindState::Synced, None)
    };
    let all = [away("services", 10), away("ingresses", 7), watched(denied(), None)];
    let told: Vec<_> = of_watches(&all, 18).into_iter().filter_map(|check| check.problem).collect();
    assert_eq!(
        told,
        [
            "cannot list services: forbidden; what is known of it stays: 3 objects",
            "the API server at https://10.0.0.1 cannot be reached: connection refused, for 11 s; 2 kinds \
             are not read, and what is known stays",
        ]
    );
}

#[test]
fn a_kind_that_is_not_needed_is_told_and_no_failure() {
    let check = of_watch(&Watched { is_optional: true, ..watched(denied(), None) });
    assert_eq!(check.problem, None);
    assert_eq!(check.note, "left out: cannot list services: forbidden");
}

#[test]
fn a_watch_of_one_namespace_is_called_by_it() {
    let check = of_watch(&Watched { namespace: "web".into(), ..watched(KindState::Synced, None) });
    assert_eq!(check.name, "watch-services/web");
}

#[test]
fn without_an_election_the_only_replica_leads() {
    let check = of_leadership(&Fence::open(), Instant::now());
    assert_eq!((check.problem, check.note.as_str()), (None, "there is no election"));
}

#[test]
fn one_failure_fails_the_probe_and_every_check_has_a_line() {
    let well = Check { note: "fine".into(), ..Check::new("b", None) };
    let checks = [Check::new("a", None), well, Check::new("c", Some("it broke".into()))];
    let expected = "[+]a ok\n[+]b ok: fine\n[-]c failed: it broke\nreadyz check failed\n";
    assert_eq!(text("readyz", &checks, true), expected);
    assert_eq!(text("livez", &checks[..1], true), "[+]a ok\nlivez check passed\n");
    let stranger = text("readyz", &checks, false);
    assert!(stranger.contains("[+]b ok\n[-]c failed: reason withheld"), "{stranger}");
    assert!(!stranger.contains("fine") && !stranger.contains("broke"), "{stranger}");
}

#[test]
fn a_token_that_cannot_be_renewed_is_a_problem_once_the_last_one_is_no_more_good() {
    let check = |is_bridged| {
        let trouble = CredentialTrouble { why: "the command failed".to_owned(), is_bridged };
        of_credentials(REVIEW_CREDENTIALS, &trouble)
    };
    let bridged = check(true);
    assert_eq!((bridged.name.as_str(), bridged.problem), ("credentials-tokenreviews", None));
    assert!(bridged.note.starts_with("the command failed; the last one is good for now"));
    let problem = check(false).problem.unwrap();
    assert!(problem.starts_with("the command failed; the last one is used as long"), "{problem}");
}
