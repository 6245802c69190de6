//! What the history says of a write, and what a zone says of one that was cut off.

use controller_core::desired::Desired;
use controller_core::history::{History, HistoryRow, Outcome, Rollback};
use external_dns_webhook::{Changes, Endpoint, Update};

use crate::world::{With as _, World, desired, options, ownership_record, planner, record};

fn row(changes: &Changes) -> HistoryRow {
    HistoryRow {
        id: 1,
        written: 0,
        changes: changes.clone(),
        outcome: Outcome::Begun,
        cause: String::new(),
    }
}

/// Returns what the zone says before and after a sync that writes one name anew, one otherwise, and
/// one no more; `since` is what happens to the zone then.
fn seen(since: impl FnOnce(&mut World, &Changes)) -> [Outcome; 2] {
    let a = |name, address| record(name, "A", address).of("o");
    let mut world = World::default();
    let first = desired([a("kept", "192.0.2.1"), a("gone", "192.0.2.2"), a("web", "192.0.2.3")]);
    world.sync(&planner(), &options(), &first);
    let before = world.read(&options());
    let then = desired([a("kept", "192.0.2.1"), a("web", "192.0.2.33"), a("new", "192.0.2.4")]);
    let (_, changes) = world.sync(&planner(), &options(), &then);
    assert!(!changes.create.is_empty() && !changes.update.is_empty() && !changes.delete.is_empty());
    since(&mut world, &changes);
    [row(&changes).outcome_in(&before), row(&changes).outcome_in(&world.read(&options()))]
}

#[test]
fn a_zone_shows_whether_a_write_was_made() {
    assert_eq!(seen(|_, _| {}), [Outcome::NotLanded, Outcome::Landed]);
}

#[test]
fn a_write_of_which_a_part_was_made_or_that_others_changed_since_is_unclear() {
    let half_rolled_back = |world: &mut World, changes: &Changes| {
        let delete = changes.create.clone();
        let rolled_back = Changes { delete, ..Changes::default() };
        world.take(&rolled_back);
    };
    let changed = |name: &'static str| {
        move |world: &mut World, _: &Changes| {
            let named = |endpoint: &&mut Endpoint| endpoint.dns_name.as_str().starts_with(name);
            let record = world.records.iter_mut().find(named).unwrap();
            record.targets = ["203.0.113.99"].into();
        }
    };
    let taken = |world: &mut World, _: &Changes| {
        world.records.push(record("gone", "A", "203.0.113.99"));
    };
    assert_eq!(seen(half_rolled_back)[1], Outcome::Unclear);
    assert_eq!(seen(changed("new"))[1], Outcome::Unclear, "what was created");
    assert_eq!(seen(changed("web"))[1], Outcome::Unclear, "what was updated");
    assert_eq!(seen(taken)[1], Outcome::Unclear, "what was deleted");
    assert_eq!(seen(changed("kept"))[1], Outcome::Landed, "what others have changed is not of it");
}

#[test]
fn a_change_that_no_zone_shows_says_nothing() {
    let record = record("www", "A", "192.0.2.1").ttl(300);
    let update = vec![Update { old: record.clone(), new: record.clone().of("service/ns/a") }];
    let mut changes = Changes { update, ..Changes::default() };
    let world = World::new([record, ownership_record("a-www", "me", "")]);
    assert_eq!(row(&changes).outcome_in(&world.read(&options())), Outcome::Unclear);
    changes.create.push(ownership_record("a-other", "me", ""));
    assert_eq!(row(&changes).outcome_in(&world.read(&options())), Outcome::NotLanded);
}

#[test]
fn of_two_rows_with_one_number_the_later_holds() {
    let create = |name| Changes {
        create: vec![record(name, "A", "192.0.2.1").of("o")],
        ..Changes::default()
    };
    let begun = |id, name| HistoryRow { id, ..row(&create(name)) };
    let settled = HistoryRow { outcome: Outcome::Landed, ..begun(1, "a") };
    let lines = [begun(1, "a"), begun(2, "b"), settled.clone()];
    let text: String =
        lines.iter().map(|line| serde_json::to_string(line).unwrap() + "\n").collect();
    let history = History::from_text(&text).unwrap();
    let rows: Vec<_> = history.rows().cloned().collect();
    assert_eq!(rows, [settled, begun(2, "b")]);
}

#[test]
fn a_row_that_does_not_say_how_it_ended_is_of_a_write_that_was_taken() {
    let mut history = History::default();
    let mut world = World::default();
    let asked = desired([record("www", "A", "192.0.2.1").of("o")]);
    let (_, changes) = world.sync(&planner(), &options(), &asked);
    history.record(changes, 7, 1);
    let text = history.to_text();
    assert!(text.contains(r#""outcome":"written""#), "{text}");
    let old = text.replace(r#""outcome":"written","#, "");
    assert_eq!(History::from_text(&old).unwrap(), history);
    assert!(History::from_text(&text.replace("\"written\",", "\"eaten\",")).is_err());
}

#[test]
fn a_write_that_was_not_made_leaves_nothing_to_roll_back() {
    let mut world = World::default();
    let asked = desired([record("www", "A", "192.0.2.1").of("o")]);
    world.sync(&planner(), &options(), &asked);
    let before = world.read(&options());
    let (_, changes) = world.sync(&planner(), &options(), &Desired::default());
    assert_eq!(row(&changes).rollback(&before), Rollback::default());
    // What is there like it was written later.
    let missed = HistoryRow { outcome: Outcome::NotLanded, ..row(&changes) };
    assert_eq!(missed.rollback(&world.read(&options())), Rollback::default());
    assert_ne!(row(&changes).rollback(&world.read(&options())), Rollback::default());
}
