//! What probes are told: one line a check, in the form of the API server's own `/readyz?verbose`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use tokio::time::Instant;

use external_dns_webhook::counted;

use crate::app::Watched;
use crate::cluster::CredentialTrouble;
use crate::leader::Fence;
use crate::records::time::span;
use crate::status::{Check, Status, seconds};
use controller_sources::objects::KindState;

/// How long nothing may be read of a kind: the API server ends each watch after five minutes, and
/// says something much sooner than that.
const SILENCE: Duration = Duration::from_mins(10);

/// What is told of a problem to a caller who may not read.
const WITHHELD: &str = "reason withheld: ask on the machine itself, or by `kubectl port-forward`";

/// Tells whether the loop goes on.
pub(super) fn of_loop(status: &Status, now: Instant) -> Check {
    let overdue = status.overdue(now);
    let problem = overdue
        .map(|late| format!("the loop is stuck: it should have been back {} ago", seconds(late)));
    Check::new("loop", problem)
}

/// Tells who leads, and whether that can be known.
pub(super) fn of_leadership(fence: &Fence, now: Instant) -> Check {
    let Some(leadership) = fence.leadership() else {
        return Check { note: "there is no election".to_owned(), ..Check::new("leadership", None) };
    };
    let note = match (fence.check(now), leadership.holder.as_str()) {
        (Ok(epoch), _) => format!("this replica leads, in epoch {epoch}"),
        (Err(_), "") => "this replica stands by".to_owned(),
        (Err(_), holder) => format!("this replica stands by; `{holder}` leads"),
    };
    Check { note, ..Check::new("leadership", leadership.problem) }
}

/// The check of what is shown to the API server.
pub(super) const CREDENTIALS: &str = "credentials";

/// The check of what is shown to the API server where it is asked about tokens of others.
pub(super) const REVIEW_CREDENTIALS: &str = "credentials-tokenreviews";

/// Tells why what is shown to the API server cannot be had anew; nothing is ill as long as the last one is good.
pub(super) fn of_credentials(name: &str, trouble: &CredentialTrouble) -> Check {
    let CredentialTrouble { why, is_bridged } = trouble;
    if *is_bridged {
        let note = format!("{why}; the last one is good for now, and the next try comes by itself");
        return Check { note, ..Check::new(name, None) };
    }
    let problem = format!("{why}; the last one is used as long as the API server takes it");
    Check::new(name, Some(problem))
}

/// Tells whether a kind is known and changes arrive.
pub(super) fn of_watch(watched: &Watched) -> Check {
    let Watched { kind, namespace, state, age, objects, is_optional } = watched;
    let name = match namespace.as_str() {
        "" => format!("watch-{kind}"),
        namespace => format!("watch-{kind}/{namespace}"),
    };
    let last_read = age.map(|age| format!(", last read {} ago", seconds(age)));
    let known = format!("{}{}", counted(*objects, "object"), last_read.unwrap_or_default());
    let (problem, note) = match state {
        KindState::Synced if age.is_some_and(|age| age > SILENCE) => {
            (Some(format!("nothing arrives any more: {known}")), String::new())
        }
        KindState::Synced => (None, known),
        KindState::Pending => (Some("not read yet".to_owned()), String::new()),
        // What depends on it says so for itself; the rest can be read without.
        KindState::Failed(failure) if *is_optional => (None, format!("left out: {failure}")),
        KindState::Failed(failure) => {
            (Some(format!("{failure}; what is known of it stays: {known}")), String::new())
        }
    };
    Check { note, ..Check::new(name, problem) }
}

/// Tells of all kinds what is wrong with them: what ails several is told once, with how many they are; `now` is
/// in seconds since 1970.
pub(super) fn of_watches(watches: &[Watched], now: i64) -> Vec<Check> {
    let cause = |watched: &Watched| match &watched.state {
        KindState::Failed(failure) if !watched.is_optional => Some(failure.error.clone()),
        KindState::Failed(_) | KindState::Pending | KindState::Synced => None,
    };
    let mut alike: BTreeMap<String, Vec<&Watched>> = BTreeMap::new();
    for watched in watches {
        if let Some(cause) = cause(watched) {
            alike.entry(cause).or_default().push(watched);
        }
    }
    alike.retain(|_, watches| watches.len() > 1);
    let is_alone =
        |watched: &&Watched| cause(watched).is_none_or(|cause| !alike.contains_key(&cause));
    let mut checks: Vec<_> = watches.iter().filter(is_alone).map(of_watch).collect();
    checks.extend(alike.iter().map(|(cause, watches)| {
        let since = watches.iter().filter_map(|watched| match &watched.state {
            KindState::Failed(failure) => Some(failure.since),
            KindState::Pending | KindState::Synced => None,
        });
        let lasts = span(now - since.min().unwrap_or(now));
        let kinds: BTreeSet<_> = watches.iter().map(|watched| &watched.kind).collect();
        let are = if kinds.len() == 1 { "is" } else { "are" };
        let kinds = counted(kinds.len(), "kind");
        let problem =
            format!("{cause}, for {lasts}; {kinds} {are} not read, and what is known stays");
        Check::new("watches", Some(problem))
    }));
    checks
}

/// Returns every check and what follows from them; where not all is to be seen, without what names of
/// tenants may stand in, as the API server's own probes do.
pub(super) fn text(probe: &str, checks: &[Check], sees_all: bool) -> String {
    let mut text = String::new();
    for Check { name, problem, note } in checks {
        let (problem, note) = if sees_all {
            (problem.as_deref(), note.as_str())
        } else {
            (problem.as_ref().map(|_| WITHHELD), "")
        };
        // Writing to memory cannot fail.
        let _ = match (problem, note) {
            (None, "") => writeln!(text, "[+]{name} ok"),
            (None, note) => writeln!(text, "[+]{name} ok: {note}"),
            (Some(problem), _) => writeln!(text, "[-]{name} failed: {problem}"),
        };
    }
    let is_well = checks.iter().all(|check| check.problem.is_none());
    let _ = writeln!(text, "{probe} check {}", if is_well { "passed" } else { "failed" });
    text
}

#[cfg(test)]
mod tests;
