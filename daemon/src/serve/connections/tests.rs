//! Who goes when there is no room, and after what time.

use super::*;

const LIMITS: Limits = Limits {
    requests: 2,
    reserve: 1,
    head: Duration::from_secs(10),
    idle: Duration::from_mins(2),
    body: Duration::from_mins(1),
    stall: Duration::from_secs(30),
};

fn connections() -> (Arc<Connections>, Instant) {
    (Arc::new(Connections::new(LIMITS)), Instant::now())
}

fn is_closed(admitted: &Admitted) -> bool {
    admitted.connection.close.is_cancelled()
}

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[test]
fn a_head_and_a_body_must_come_in_time_and_an_answer_may_take_what_it_needs() {
    let (connections, start) = connections();
    let waits = connections.admit(start).unwrap();
    let (sends, answered) = (connections.admit(start).unwrap(), connections.admit(start).unwrap());
    sends.connection.asked(true, start);
    answered.connection.asked(false, start);
    connections.sweep(start + seconds(10));
    assert!(!is_closed(&waits));
    connections.sweep(start + seconds(11));
    assert!(is_closed(&waits) && !is_closed(&sends));
    connections.sweep(start + seconds(61));
    assert!(is_closed(&sends) && !is_closed(&answered));
    connections.sweep(start + seconds(86_400));
    assert!(!is_closed(&answered));
}

#[test]
fn a_connection_is_kept_for_the_next_request_until_half_of_one_comes() {
    let (connections, start) = connections();
    let kept = connections.admit(start).unwrap();
    let begins = connections.admit(start).unwrap();
    for admitted in [&kept, &begins] {
        admitted.connection.asked(true, start);
        admitted.connection.has_body(start);
        admitted.connection.answered(start);
    }
    begins.connection.received(start + seconds(50));
    begins.connection.received(start + seconds(59));
    connections.sweep(start + seconds(61));
    assert!(!is_closed(&kept) && is_closed(&begins));
    connections.sweep(start + seconds(121));
    assert!(is_closed(&kept));
}

#[test]
fn a_client_that_takes_nothing_of_its_answer_goes() {
    let (connections, start) = connections();
    let slow = connections.admit(start).unwrap();
    slow.connection.asked(false, start);
    slow.connection.takes(false, start);
    slow.connection.takes(true, start + seconds(29));
    slow.connection.takes(false, start + seconds(29));
    slow.connection.takes(false, start + seconds(58));
    connections.sweep(start + seconds(59));
    assert!(!is_closed(&slow));
    connections.sweep(start + seconds(60));
    assert!(is_closed(&slow));
}

#[test]
fn who_never_asked_makes_room_first_and_who_is_answered_never_does() {
    let (connections, start) = connections();
    let idle = connections.admit(start).unwrap();
    idle.connection.asked(false, start);
    idle.connection.answered(start);
    let busy = connections.admit(start).unwrap();
    busy.connection.asked(true, start);
    let half = connections.admit(start + seconds(1)).unwrap();
    let next = connections.admit(start + seconds(2)).unwrap();
    assert!(next.made_room && is_closed(&half) && !is_closed(&idle));
    next.connection.asked(false, start);
    let last = connections.admit(start + seconds(3)).unwrap();
    assert!(is_closed(&idle) && !is_closed(&busy));
    last.connection.asked(false, start);
    assert!(connections.admit(start).is_none(), "every place is taken by a request");
    drop(last);
    assert!(!connections.admit(start).unwrap().made_room);
}

#[test]
fn who_takes_nothing_or_sends_nothing_makes_room_for_others() {
    let (connections, start) = connections();
    let idle = connections.admit(start).unwrap();
    idle.connection.asked(false, start);
    idle.connection.answered(start);
    let stalled = connections.admit(start).unwrap();
    stalled.connection.asked(false, start);
    stalled.connection.takes(false, start);
    let slow = connections.admit(start).unwrap();
    slow.connection.asked(true, start);
    assert!(!connections.make_place(start), "a moment is no fault");
    assert!(connections.make_place(start + seconds(1)) && is_closed(&stalled));
    assert!(!connections.make_place(start + seconds(4)));
    assert!(connections.make_place(start + seconds(5)) && is_closed(&slow));
    assert!(!connections.make_place(start + seconds(5)), "who waits has no place");
    assert!(!is_closed(&idle));
}

#[test]
fn half_open_connections_never_keep_anyone_out() {
    let (connections, start) = connections();
    let all: Vec<_> = (0..2_000).map(|_| connections.admit(start).unwrap()).collect();
    assert_eq!(all.iter().filter(|admitted| !is_closed(admitted)).count(), 3);
    assert!(!is_closed(all.last().unwrap()));
}

#[test]
fn an_end_closes_what_waits() {
    let (connections, start) = connections();
    let (waits, busy) = (connections.admit(start).unwrap(), connections.admit(start).unwrap());
    busy.connection.asked(false, start);
    connections.close_waiting();
    assert!(is_closed(&waits) && !is_closed(&busy));
}

#[test]
fn few_files_mean_few_connections_and_never_none() {
    assert_eq!(Limits::within(u64::MAX), Limits::default());
    assert_eq!(Limits::within(4_096), Limits::default());
    for files in [0, 1, 64, 256, 1_024] {
        let Limits { requests, reserve, .. } = Limits::within(files);
        assert!(requests > 0 && reserve > 0, "{files}");
        assert!((requests + reserve) as u64 <= (files / 4).max(2), "{files}");
    }
}
