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
    (Arc::new(Connections::new(LIMITS, false)), Instant::now())
}

fn is_closed(admitted: &Admitted) -> bool {
    admitted.connection.close.is_cancelled()
}

/// Lets one in that is looked at at once.
fn admit(connections: &Arc<Connections>, now: Instant) -> Option<Admitted> {
    let admitted = connections.admit(now)?;
    admitted.connection.begun(now);
    Some(admitted)
}

fn asks(admitted: &Admitted, has_body: bool, now: Instant) {
    admitted.connection.asked(now);
    admitted.connection.let_in(has_body, true, now);
}

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[test]
fn a_head_and_a_body_must_come_in_time_and_an_answer_may_take_what_it_needs() {
    let (connections, start) = connections();
    let waits = admit(&connections, start).unwrap();
    let (sends, answered) =
        (admit(&connections, start).unwrap(), admit(&connections, start).unwrap());
    asks(&sends, true, start);
    asks(&answered, false, start);
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
    let kept = admit(&connections, start).unwrap();
    let begins = admit(&connections, start).unwrap();
    for admitted in [&kept, &begins] {
        asks(admitted, true, start);
        admitted.connection.has_body(start);
        admitted.connection.answered(start);
    }
    begins.connection.received(1, start + seconds(50));
    begins.connection.received(1, start + seconds(59));
    connections.sweep(start + seconds(61));
    assert!(!is_closed(&kept) && is_closed(&begins));
    connections.sweep(start + seconds(121));
    assert!(is_closed(&kept));
}

#[test]
fn a_client_that_takes_nothing_of_its_answer_goes() {
    let (connections, start) = connections();
    let slow = admit(&connections, start).unwrap();
    asks(&slow, false, start);
    slow.connection.done(start);
    slow.connection.takes(Written::Nothing, start);
    slow.connection.takes(Written::Bytes(1), start + seconds(29));
    slow.connection.takes(Written::Nothing, start + seconds(29));
    slow.connection.takes(Written::Nothing, start + seconds(58));
    connections.sweep(start + seconds(59));
    assert!(!is_closed(&slow));
    connections.sweep(start + seconds(60));
    assert!(is_closed(&slow));
}

#[test]
fn who_has_waited_longest_makes_room_and_who_is_answered_never_does() {
    let (connections, start) = connections();
    let idle = admit(&connections, start).unwrap();
    asks(&idle, false, start);
    idle.connection.answered(start);
    let busy = admit(&connections, start).unwrap();
    asks(&busy, true, start);
    busy.connection.has_body(start);
    let half = admit(&connections, start + seconds(1)).unwrap();
    let next = admit(&connections, start + seconds(2)).unwrap();
    assert!(next.made_room && is_closed(&half) && !is_closed(&idle));
    asks(&next, false, start);
    let last = admit(&connections, start + seconds(3)).unwrap();
    assert!(is_closed(&idle) && !is_closed(&busy));
    asks(&last, false, start);
    assert!(admit(&connections, start).is_none(), "every place is taken by a request");
    drop(last);
    assert!(!admit(&connections, start).unwrap().made_room);
}

#[test]
fn who_takes_nothing_or_sends_nothing_makes_room_for_others() {
    let (connections, start) = connections();
    let idle = admit(&connections, start).unwrap();
    asks(&idle, false, start);
    idle.connection.answered(start);
    let stalled = admit(&connections, start).unwrap();
    asks(&stalled, false, start);
    assert!(!connections.make_place(start + seconds(9)), "an answer takes what it needs");
    stalled.connection.done(start);
    stalled.connection.takes(Written::Nothing, start + seconds(1));
    let slow = admit(&connections, start).unwrap();
    asks(&slow, true, start + seconds(2));
    assert!(connections.make_place(start + seconds(2)) && is_closed(&stalled));
    let later = start + seconds(2);
    assert!(!connections.make_place(later), "a moment is no fault");
    assert_eq!(connections.place_after(later), Some(later + MOMENT));
    assert!(connections.make_place(start + seconds(2) + MOMENT) && is_closed(&slow));
    assert_eq!(
        connections.place_after(start + seconds(3)),
        Some(start + seconds(3) + MOMENT),
        "one is given back"
    );
    let busy = [(); 2].map(|()| admit(&connections, start).unwrap());
    for admitted in &busy {
        asks(admitted, false, start);
    }
    assert_eq!(connections.place_after(start + seconds(3)), None, "each is needed");
    assert!(!connections.make_place(start + seconds(5)), "who waits has no place");
    assert!(!is_closed(&idle));
}

#[test]
fn bytes_pay_for_time_and_one_now_and_then_does_not() {
    for is_body in [true, false] {
        let (connections, start) = connections();
        let (fast, trickles) =
            (admit(&connections, start).unwrap(), admit(&connections, start).unwrap());
        let moves = |admitted: &Admitted, bytes: usize, now: Instant| {
            if is_body {
                admitted.connection.received(bytes, now);
            } else {
                admitted.connection.takes(Written::Bytes(bytes), now);
            }
        };
        for admitted in [&fast, &trickles] {
            asks(admitted, is_body, start);
            if !is_body {
                admitted.connection.done(start);
                admitted.connection.takes(Written::Nothing, start);
            }
        }
        for tenth in 1..=20 {
            let now = start + Duration::from_millis(100 * tenth);
            moves(&fast, 64 << 10, now);
            moves(&trickles, 100, now);
        }
        let now = start + seconds(2);
        assert!(connections.make_place(now), "{is_body}");
        assert!(is_closed(&trickles) && !is_closed(&fast), "{is_body}");
        assert!(!connections.make_place(now), "{is_body}");
        // What was fast once is not excused for ever.
        let later = now + CREDIT + MOMENT;
        assert!(connections.make_place(later) && is_closed(&fast), "{is_body}");
    }
}

#[test]
fn a_quarter_is_for_those_that_end_however_fast_the_others_send() {
    let limits = Limits { requests: 8, reserve: 0, ..LIMITS };
    let (connections, start) = (Arc::new(Connections::new(limits, false)), Instant::now());
    let all: Vec<_> = (0..8).map(|_| admit(&connections, start).unwrap()).collect();
    for (admitted, bytes) in
        all.iter().zip([2_000, 1_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000])
    {
        asks(admitted, true, start);
        admitted.connection.received(64 << 10, start + seconds(1));
        admitted.connection.received(bytes, start + seconds(1));
    }
    let now = start + seconds(1);
    assert!(connections.make_place(now) && is_closed(&all[1]), "the one that pays least goes");
    assert!(connections.make_place(now) && is_closed(&all[0]));
    assert!(!connections.make_place(now), "six of eight may");
}

#[test]
fn what_is_in_buffers_at_once_pays_for_no_more_time_than_it_took() {
    for is_body in [true, false] {
        let (connections, start) = connections();
        let all: Vec<_> = (0..3).map(|_| admit(&connections, start).unwrap()).collect();
        for admitted in &all {
            asks(admitted, is_body, start);
            let soon = start + Duration::from_millis(3);
            if is_body {
                admitted.connection.received(4 << 20, soon);
            } else {
                admitted.connection.done(start);
                admitted.connection.takes(Written::Nothing, start);
                admitted.connection.takes(Written::Bytes(4 << 20), soon);
            }
        }
        let last = start + Duration::from_millis(6) + MOMENT;
        assert_eq!(connections.room_after(start + MOMENT), Some(last), "{is_body}");
        assert!(connections.make_room(last), "{is_body}");
        assert!(connections.make_room(last), "{is_body}");
        assert!(connections.make_room(last) && all.iter().all(is_closed), "{is_body}");
    }
}

#[test]
fn what_is_carried_out_is_never_cut_whatever_its_client_takes_of_answers_before_it() {
    for has_body in [true, false] {
        let (connections, start) = connections();
        let pipelined = admit(&connections, start).unwrap();
        asks(&pipelined, false, start);
        pipelined.connection.done(start);
        pipelined.connection.takes(Written::Nothing, start);
        pipelined.connection.answered(start);
        asks(&pipelined, has_body, start);
        pipelined.connection.has_body(start);
        let others = [(); 2].map(|()| admit(&connections, start).unwrap());
        for other in &others {
            asks(other, false, start);
        }
        let later = start + seconds(86_400);
        assert!(!connections.make_room(later) && !connections.make_place(later));
        connections.sweep(later);
        connections.close_waiting();
        assert!(!is_closed(&pipelined), "it is carried out");
        pipelined.connection.done(later);
        assert!(connections.make_room(later) && is_closed(&pipelined), "it is done");
    }
}

#[test]
fn who_waits_for_a_place_with_an_answer_untaken_makes_room() {
    let (connections, start) = connections();
    let pipelined = admit(&connections, start).unwrap();
    asks(&pipelined, false, start);
    pipelined.connection.takes(Written::Nothing, start);
    pipelined.connection.answered(start);
    pipelined.connection.asked(start);
    assert!(connections.make_room(start + MOMENT) && is_closed(&pipelined));
}

#[test]
fn who_comes_while_all_others_are_looked_at_waits_for_that_and_is_not_sent_away() {
    let (connections, start) = connections();
    let all: Vec<_> = (0..3).map(|_| admit(&connections, start).unwrap()).collect();
    for admitted in &all {
        admitted.connection.asked(start);
    }
    assert_eq!(connections.room_after(start), Some(start + SOON));
    for admitted in &all {
        admitted.connection.let_in(false, true, start);
    }
    assert_eq!(connections.room_after(start), None, "to wait would help nobody");
}

#[test]
fn half_requests_that_are_made_anew_all_the_time_leave_everyone_a_moment() {
    let (connections, start) =
        (Arc::new(Connections::new(Limits::default(), false)), Instant::now());
    let most = Limits::default().requests + Limits::default().reserve;
    // Each connects, sends half of what it asks with or takes nothing, and is replaced before it counts
    // as slow.
    let flood = |count: usize, now: Instant| -> Vec<Admitted> {
        let each = (0..count).map(|index| {
            let admitted = admit(&connections, now).expect("who comes is let in");
            if index % 3 > 0 {
                asks(&admitted, index % 3 == 1, now);
                if index % 3 == 2 {
                    admitted.connection.done(now);
                }
                admitted.connection.takes(Written::Nothing, now);
            }
            admitted
        });
        each.collect()
    };
    let old = flood(most, start);
    assert_eq!(connections.room_after(start), Some(start + MOMENT), "those who come wait");
    let later = start + MOMENT;
    assert_eq!(connections.room_after(later), None);
    let honest = admit(&connections, later).unwrap();
    let new = flood(most - 1, later);
    assert!(old.iter().all(is_closed) && !is_closed(&honest));
    assert_eq!(connections.room_after(later), Some(later + MOMENT));
    asks(&honest, true, later);
    honest.connection.has_body(later);
    drop(flood(most - 1, later + MOMENT));
    assert!(new.iter().all(is_closed) && !is_closed(&honest), "it is answered");
}

#[test]
fn who_was_answered_stays_while_a_flood_has_not_had_its_moment_and_goes_for_a_few() {
    let most = Limits::default().requests + Limits::default().reserve;
    for (count, is_flood) in [(most - 1, true), (most / 4, false)] {
        let (connections, start) =
            (Arc::new(Connections::new(Limits::default(), false)), Instant::now());
        let answered = |now| {
            let idle = admit(&connections, now).unwrap();
            asks(&idle, false, now);
            idle.connection.answered(now);
            idle
        };
        let idle: Vec<_> = (count..most).map(|_| answered(start)).collect();
        let now = start + MOMENT * 2;
        let flood: Vec<_> = (0..count)
            .map(|index| {
                let new = connections.admit(now).unwrap();
                // Of some nobody has looked at what they ask.
                if index % 2 == 0 {
                    new.connection.begun(now);
                }
                new
            })
            .collect();
        assert_eq!(connections.room_after(now).is_some(), is_flood);
        assert_eq!(connections.make_room(now), !is_flood);
        assert_eq!(is_closed(&idle[0]), !is_flood);
        for new in &flood {
            new.connection.begun(now);
        }
        assert!(connections.make_room(now + MOMENT) && is_closed(&flood[0]));
    }
}

#[test]
fn who_waits_for_us_is_never_closed_for_it() {
    let (connections, start) = connections();
    let all: Vec<_> = (0..3).map(|_| connections.admit(start).unwrap()).collect();
    let later = start + seconds(1);
    assert_eq!(connections.room_after(later), Some(later + SOON), "it is our turn");
    assert!(!connections.make_room(later) && !all.iter().any(is_closed));
    all[1].connection.begun(later);
    assert_eq!(connections.room_after(later), Some(later + SOON));
    assert_eq!(connections.room_after(later + MOMENT), None);
    assert!(connections.make_room(later + MOMENT) && is_closed(&all[1]));
}

#[test]
fn a_client_of_tls_has_time_to_take_its_turns() {
    for (has_tls, moments) in [(false, 1), (true, MOMENTS_OF_TLS)] {
        let connections = Arc::new(Connections::new(LIMITS, has_tls));
        let start = Instant::now();
        let all: Vec<_> = (0..3).map(|_| admit(&connections, start).unwrap()).collect();
        let last = start + MOMENT * moments;
        assert_eq!(connections.room_after(start), Some(last));
        assert!(!connections.make_room(last - Duration::from_millis(1)));
        assert!(connections.make_room(last) && is_closed(&all[0]));
    }
}

#[test]
fn half_open_connections_never_keep_anyone_out() {
    let (connections, start) = connections();
    let mut now = start;
    let next = |_| {
        // Those who come wait until there is room.
        now = connections.room_after(now).unwrap_or(now);
        admit(&connections, now).unwrap()
    };
    let all: Vec<_> = (0..2_000).map(next).collect();
    assert_eq!(all.iter().filter(|admitted| !is_closed(admitted)).count(), 3);
    assert!(!is_closed(all.last().unwrap()));
    assert!(now <= start + MOMENT * (2_000 / 3), "nobody waits for longer than for a moment");
}

#[test]
fn an_end_closes_what_waits() {
    let (connections, start) = connections();
    let (waits, busy) = (admit(&connections, start).unwrap(), admit(&connections, start).unwrap());
    asks(&busy, false, start);
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
