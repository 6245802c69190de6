//! `signpost rollback`: takes back one write.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use controller_core::history::{Found, History, HistoryRow, Outcome, Rollback};
use controller_core::inventory::{Inventory, ZoneInventory};
use external_dns_webhook::{Changes, Elsewhere, Printable, Provider, RecordKey};
use serde_json::json;

use super::apply::NotedChanges;
use super::{preview, print};
use crate::app;
use crate::args::{OutputFormat, RollbackArgs};

/// Status that says there is something to roll back, as for `plan`.
const CHANGES: u8 = 2;

/// What a running controller does to what is rolled back.
const TAKEN_BACK: &str = "\nA running controller takes this back at its next sync where its objects do not \
                          want it: change them first.\n";

/// Lists the history, or shows (and with `--yes` makes) the exact return from one write.
///
/// What someone changed since is left alone and listed. The return is a write in the history
/// itself, so it can be seen and rolled back; that it cannot be noted stops it as little as a sync.
///
/// # Errors
///
/// Returns an error without a history or such a write, and when the provider fails.
pub async fn run(args: RollbackArgs) -> anyhow::Result<ExitCode> {
    let RollbackArgs { id, apply: writes, provider, ownership, state, kubernetes, log: _, output } =
        args;
    if state.state_dir.is_none() && state.state_configmap.is_none() {
        bail!(
            "the history is where the controller was told to keep it, with `--state-configmap=…` \
             or `--state-dir=…`; `signpost explain` of any name that was written shows which"
        );
    }
    let mut state = app::state_of_another(&state, &kubernetes.into()).await?;
    if let Some(id) = id {
        state = state.caused_by(format!("rollback {id}"));
    }
    let history = state.history()?;
    let Some(id) = id else {
        list(&history, output)?;
        return Ok(ExitCode::SUCCESS);
    };
    let row = history.row(id).with_context(|| {
        format!("the history has no write {id}; `signpost rollback` without a number lists it")
    })?;
    let registry = app::registry_for_reading(ownership)?;
    let client = app::client(&provider)?;
    let negotiation = client.negotiate().await?;
    let zones = client.zones().await?;
    let records = client.records().await?;
    let current = if negotiation.extensions.offer_zoned_records() {
        registry.read_zones(records, &zones)
    } else {
        registry.read(records, &[])
    };
    let rollback = row.rollback(&current);
    match output {
        OutputFormat::Json => print::json(&json!({
            "id": id,
            "changes": rollback.changes,
            "skipped": rollback.skipped.iter().map(|skipped| skipped.key.to_string()).collect::<Vec<_>>(),
        }))?,
        OutputFormat::Text if row.outcome == Outcome::NotLanded => {
            print::text("Nothing to roll back: this write was begun and not made.\n")?;
        }
        OutputFormat::Text => {
            let elsewhere = Elsewhere::of(negotiation.shard.as_ref());
            print::plan(&shown(&rollback, &current, &elsewhere))?;
            if !rollback.changes.is_empty() {
                print::text(TAKEN_BACK)?;
            }
        }
    }
    if rollback.changes.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    if !writes {
        if output == OutputFormat::Text {
            print::text(print::NOTHING_WRITTEN)?;
        }
        return Ok(ExitCode::from(CHANGES));
    }
    let written = NotedChanges::begin(state, &current, rollback.changes).apply(&client).await?;
    if output == OutputFormat::Text {
        let number = written.map(|number| format!(", as write {number}")).unwrap_or_default();
        print::text(&format!("Written{number}.\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn list(history: &History, output: OutputFormat) -> anyhow::Result<()> {
    if output == OutputFormat::Json {
        return print::text(&history.to_text());
    }
    let head =
        ["ID", "WRITTEN", "OUTCOME", "CREATED", "UPDATED", "DELETED", "FIRST"].map(str::to_owned);
    let row = |row: &HistoryRow| {
        let Changes { create, update, delete } = &row.changes;
        let first = create.first().or(delete.first()).or(update.first().map(|update| &update.new));
        let written = jiff::Timestamp::from_second(row.written);
        [
            row.id.to_string(),
            written.map_or_else(|_| row.written.to_string(), |time| time.to_string()),
            row.outcome.as_str().to_owned(),
            create.len().to_string(),
            update.len().to_string(),
            delete.len().to_string(),
            first.map(|endpoint| endpoint.key().to_string()).unwrap_or_default(),
        ]
    };
    let rows: Vec<_> = std::iter::once(head).chain(history.rows().map(row)).collect();
    print::text(&print::columns(&rows))
}

fn shown(rollback: &Rollback, current: &Inventory, elsewhere: &Elsewhere) -> String {
    let mut lines: Vec<_> = preview::lines(&rollback.changes).collect();
    lines.extend(rollback.skipped.iter().map(|skipped| {
        let why = match skipped.found {
            Found::Nothing => "someone deleted it since".to_owned(),
            Found::Another => "someone changed it since".to_owned(),
            Found::Companion => "something that belongs with it was changed since".to_owned(),
            Found::Unseen => unseen(&skipped.key, current, elsewhere),
        };
        format!("  keep    {}  {why}", skipped.key)
    }));
    if lines.is_empty() {
        lines.push("Nothing to roll back: everything is as it was before.".to_owned());
    }
    print::lines(lines)
}

/// Says why nobody can tell what became of a record set, and which zone is for its name now.
fn unseen(key: &RecordKey, current: &Inventory, elsewhere: &Elsewhere) -> String {
    let zone = key.zone().and_then(|id| current.zone(Some(id)));
    if let Some(why) = zone.and_then(ZoneInventory::unavailable) {
        return format!("its zone cannot be used: {}", Printable(why));
    }
    if elsewhere.has(key.name()) {
        return match elsewhere.shard_of(key.name()) {
            Some(shard) => format!(
                "its zone is shard {shard}'s; take it back there, with `--shard={shard}` and its provider"
            ),
            None => "its zone is another shard's; take it back there".to_owned(),
        };
    }
    let is_for = |zone: &&ZoneInventory| zone.zone_of(key.name()).is_some();
    let now = current.zones().filter(is_for).filter_map(ZoneInventory::info);
    let now: Vec<_> = now.map(ToString::to_string).collect();
    let id = key.zone().map(|id| format!(" {}", Printable(id))).unwrap_or_default();
    let now = match now.as_slice() {
        [] => String::new(),
        now => format!("; the name is in {} now", Printable(now.join(", "))),
    };
    format!("its zone{id} is not listed any more{now}")
}

#[cfg(test)]
mod tests {
    use controller_core::registry::{Noop, Registry as _};
    use external_dns_webhook::{Endpoint, RecordType, ShardScope, Zone};

    use super::*;

    #[test]
    fn what_was_written_into_a_zone_that_is_gone_was_changed_by_nobody() {
        let mut record = Endpoint::new("a.example.com", RecordType::A, ["192.0.2.1"]);
        record.zone = Some("Z1".into());
        let changes = Changes { create: vec![record], ..Changes::default() };
        let mut history = History::default();
        history.record(changes, 7, 10);
        let row = history.row(1).unwrap();
        let told_to =
            |scope: Option<&ShardScope>, name: &str, unavailable: Option<&str>, id: &str| {
                let unavailable = unavailable.map(str::to_owned);
                let (id, name) = (id.to_owned(), name.into());
                let zone = Zone { id, name, private: false, unavailable };
                let current = Noop.read_zones(Vec::new(), &[zone]);
                let rollback = row.rollback(&current);
                assert!(rollback.changes.is_empty());
                shown(&rollback, &current, &Elsewhere::of(scope))
            };
        let told =
            |name: &str, unavailable: Option<&str>, id: &str| told_to(None, name, unavailable, id);
        let replaced = told("example.com", None, "Z2");
        assert!(
            replaced.ends_with(
                "its zone Z1 is not listed any more; the name is in example.com (Z2, public) now\n"
            ),
            "{replaced}"
        );
        let other = told("example.org", None, "Z2");
        assert!(other.ends_with("its zone Z1 is not listed any more\n"), "{other}");
        let shard = "1/4".parse().unwrap();
        let scope = ShardScope { shard, elsewhere: vec!["example.com".into()] };
        let of_shard = told_to(Some(&scope), "example.org", None, "Z2");
        assert!(
            of_shard.ends_with(
                "its zone is shard 4/4's; take it back there, with `--shard=4/4` and its provider\n"
            ),
            "{of_shard}"
        );
        let denied = told("example.com", Some("AccessDenied"), "Z1");
        assert!(denied.ends_with("its zone cannot be used: AccessDenied\n"), "{denied}");
    }
}
