//! What a controller answered, for people.

mod left_out;

use std::fmt::Write as _;

use external_dns_webhook::{Printable, counted};
use serde_json::Value;

use crate::records::time::{OR_BEFORE, span};
use crate::records::{AskedAbout, RecentWrite};
use crate::status::MISSPELT_PREFIX;

/// How many problems of the controller are told.
const MOST_PROBLEMS: usize = 50;

/// Where an answer has the flags with which it was wanted, each after a space.
pub(super) const FLAGS: &str = "askedWith";

/// How many past writes are told.
const MOST_WRITES: usize = 5;

/// Tells whether nothing is known: no row, no write, and no object that does not want its names.
pub(super) fn is_unknown(answer: &Value) -> bool {
    let lists = ["records", "writes", "lookedAt.leftOut"];
    lists.into_iter().all(|key| list(answer, key).is_empty())
}

/// Says of what is not known why it is not, and what was looked at, in lines.
pub(super) fn unknown(subject: &str, answer: &Value) -> String {
    let mut lines = vec![];
    if is_absent(subject, answer) {
        lines.push(format!(
            "`{subject}` is not there: no object that the sources read is called so"
        ));
    } else if let Some(outage) = answer.get("outage") {
        lines.push(format!(
            "`{subject}` is not known: the last sync failed, and so have all for {}: {}",
            span(number(outage, "seconds")),
            text(outage, "cause")
        ));
        lines.extend(problems(answer));
    } else if !is_sure(answer) {
        lines.push(format!("nothing can be said of `{subject}` by this controller:"));
        lines.extend(freshness(answer).lines().filter(|line| !line.is_empty()).map(str::to_owned));
    } else if let Some(elsewhere) = answer.pointer("/lookedAt/elsewhere").and_then(Value::as_str) {
        lines.push(elsewhere.to_owned());
    } else if let Some(object) = list(answer, "lookedAt.objects").first() {
        lines
            .push(format!("`{}` is there, and wants no name", object.as_str().unwrap_or_default()));
    } else if !list(answer, "lookedAt.ownedFromHere").is_empty() {
        let names = list(answer, "lookedAt.ownedFromHere").iter().filter_map(Value::as_str);
        let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
        lines.push(format!(
            "`{subject}` has an ownership record, which says whose {} is, and nothing wants another \
             record there",
            names.join(", ")
        ));
    } else {
        lines.push(format!(
            "nothing is known of `{subject}`: no object that the sources read wants it or is called \
             so, and the provider holds no record of that name"
        ));
    }
    if is_sure(answer) || answer.get("outage").is_some() {
        lines.extend(unread_annotations(answer));
    }
    for (key, what) in [("lookedAt.kinds", "objects"), ("lookedAt.zones", "zones")] {
        let each: Vec<_> = list(answer, key).iter().filter_map(Value::as_str).collect();
        if !each.is_empty() {
            lines.push(format!("looked at {what}: {}", each.join(", ")));
        }
    }
    lines.push(
        "write a name as `www.example.com`, and an object as `service/default/web`, `svc/web` or \
         `dnsendpoint/default/x`"
            .to_owned(),
    );
    let lines: Vec<_> = lines.iter().map(|line| Printable(line).to_string()).collect();
    lines.join("\n")
}

/// Tells whether an object that is asked for is surely not there, although nothing is known of records: objects
/// are watched well.
fn is_absent(subject: &str, answer: &Value) -> bool {
    let is_object = matches!(AskedAbout::parse(subject), AskedAbout::Object { .. });
    let is_of_watch = |problem: &Value| text(problem, "part").starts_with("watch");
    is_object
        && answer.get("outage").is_some()
        && answer.get("standsBy").is_none()
        && list(answer, "lookedAt.objects").is_empty()
        && !list(answer, "problems").iter().any(is_of_watch)
}

/// Returns what is not well of the controller, a line each.
fn problems(answer: &Value) -> impl Iterator<Item = String> {
    list(answer, "problems").iter().take(MOST_PROBLEMS).map(|problem| {
        let (part, problem) =
            (Printable(text(problem, "part")), Printable(text(problem, "problem")));
        format!("Not well: {part}: {problem}")
    })
}

/// Says that the annotations that objects have are none that are read, where it is so.
fn unread_annotations(answer: &Value) -> Option<String> {
    let unread = answer.get("unreadAnnotations").and_then(Value::as_str)?;
    Some(format!("Annotations are not read: {}; {MISSPELT_PREFIX}", Printable(unread)))
}

/// Returns all that was answered; `now` is in seconds since 1970.
pub(super) fn all(subject: &str, answer: &Value, now: i64) -> String {
    let mut out = freshness(answer);
    for record in list(answer, "records") {
        out.push_str(&row(record, now));
    }
    out.push_str(&held(answer, list(answer, "records")));
    for object in list(answer, "lookedAt.leftOut") {
        out.push_str(&left_out::row(object));
    }
    let writes = list(answer, "writes");
    if writes.is_empty() {
        return out;
    }
    if list(answer, "records").is_empty() {
        let _ = writeln!(out, "{}: not published, and not wanted", Printable(subject));
    }
    out.push_str("\nWrites, the latest first:\n");
    for write in writes.iter().take(MOST_WRITES) {
        out.push_str(&past(write, answer, now));
    }
    out
}

/// Says what lets the deletions go that are held, where one of `rows` is about such a deletion.
pub(in crate::commands) fn held(answer: &Value, rows: &[Value]) -> String {
    let is_held = |row: &Value| text(row, "reason") == "DeletionHeld";
    let Some(held) = answer.get("held").filter(|_| rows.iter().any(is_held)) else {
        return String::new();
    };
    let (hash, names) = (Printable(text(held, "hash")), number(held, "names"));
    let why: Vec<_> = list(held, "why").iter().filter_map(Value::as_str).collect();
    let why = if why.is_empty() { String::new() } else { format!(": {}", why.join("; ")) };
    format!(
        "\nThe deletion of {} in all is held{}. If all of it is meant: `signpost approve \
         {hash}{}`; the page and /v1/plan have the hashes of parts of it.\n",
        counted(usize::try_from(names).unwrap_or_default(), "name"),
        Printable(why),
        text(answer, FLAGS),
    )
}

/// Says how well what follows is known, where that is not as well as usual.
pub(in crate::commands) fn freshness(answer: &Value) -> String {
    let mut said = String::new();
    if let Some(leader) = answer.get("standsBy").and_then(Value::as_str) {
        let _ = writeln!(said, "{}", stands_by(leader));
    }
    for problem in problems(answer) {
        let _ = writeln!(said, "{problem}");
    }
    if let Some(unread) = unread_annotations(answer) {
        let _ = writeln!(said, "{unread}");
    }
    if let Some(writing) = answer.get("writing").and_then(Value::as_str) {
        let writing = Printable(writing);
        let _ =
            writeln!(said, "A write is under way: {writing}. What follows is as it was before.");
    }
    if !said.is_empty() {
        said.push('\n');
    }
    let Some(outage) = answer.get("outage") else { return said };
    let (cause, lasts) = (Printable(text(outage, "cause")), span(number(outage, "seconds")));
    let seen = match answer.get("ageSeconds").and_then(Value::as_i64) {
        Some(age) => {
            format!("What follows was read {} ago, at {}.", span(age), text(answer, "asOf"))
        }
        None => "The provider was never read, so nothing is known of what is published.".to_owned(),
    };
    format!("{said}Syncs have failed for {lasts}: {cause}\n{seen}\n\n")
}

/// Says that a replica makes no syncs, and where to ask.
fn stands_by(leader: &str) -> String {
    let pod = leader.rsplit_once('_').map_or(leader, |(pod, _)| pod);
    // What is not the name of a Pod becomes no command to copy.
    let is_pod = pod.len() <= 253
        && pod.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        && pod.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    match leader {
        leader if !leader.is_empty() && !is_pod => {
            let leader: String = leader.chars().take(253).collect();
            format!(
                "This replica stands by and makes no syncs: `{}` leads. Ask there.",
                Printable(leader)
            )
        }
        "" => "This replica stands by, and nobody is known to lead: nothing is written for now."
            .to_owned(),
        leader => format!(
            "This replica stands by and makes no syncs: `{}` leads. Ask there: `kubectl port-forward pod/{} 7979`.",
            Printable(leader),
            Printable(pod)
        ),
    }
}

/// Tells whether the answer is of a replica that knows what there is: one that makes syncs, ended one, and is well.
pub(in crate::commands) fn is_sure(answer: &Value) -> bool {
    answer.get("standsBy").is_none()
        && answer.get("outage").is_none()
        && list(answer, "problems").is_empty()
}

/// Tells whether what the answer does not list is as desired: its replica is sure, and no write is under way.
pub(in crate::commands) fn is_settled(answer: &Value) -> bool {
    is_sure(answer) && answer.get("writing").is_none()
}

/// Says how much was looked at, and how old that is; empty where the outage has said it, and where the
/// controller does not tell.
pub(in crate::commands) fn view(answer: &Value) -> String {
    let Some(age) = answer.get("ageSeconds").and_then(Value::as_i64) else { return String::new() };
    let (Some(view), None) = (answer.get("view"), answer.get("outage")) else {
        return String::new();
    };
    let count = |key: &str, one: &str| match number(view, key) {
        1 => format!("1 {one}"),
        more => format!("{more} {one}s"),
    };
    format!(
        "Of {} and {} in {}, as they were read {} ago, at {}.\n",
        count("names", "name"),
        count("recordSets", "record set"),
        count("zones", "zone"),
        span(age),
        text(answer, "asOf")
    )
}

/// Returns one row in full.
pub(in crate::commands) fn row(row: &Value, now: i64) -> String {
    let mut out = String::new();
    let mut line = |head: &str, said: &str| add_line(&mut out, head, said);
    let reason = text(row, "reason");
    line("because:", text(row, "message"));
    let is_before = row.get("isSinceBefore").and_then(Value::as_bool) == Some(true);
    let before = if is_before { OR_BEFORE } else { "" };
    line("since:", &format!("{}{before}", ago(text(row, "since"), now)));
    line("next:", text(row, "hint"));
    if !text(row, "name").is_empty() {
        line("published:", &published(row, now));
    }
    for wanted in list(row, "wanted") {
        line("wanted:", &values(wanted));
    }
    line("object:", text(row, "object"));
    if let Some(write) = row.get("lastWrite") {
        line("written:", &written(write, now));
    }
    let about = [text(row, "name"), text(row, "type"), text(row, "setIdentifier")].join(" ");
    let about = match about.trim() {
        "" => text(row, "object"),
        about => about,
    };
    let zone = zone(row);
    let zone = if zone.is_empty() { zone } else { format!(" in {zone}") };
    let code = if reason.is_empty() { "not wanted" } else { reason };
    format!("{}\n{out}", Printable(format!("{about}{zone}: {code}")))
}

/// Adds a line of a row; none where there is nothing to say.
fn add_line(out: &mut String, head: &str, said: &str) {
    if !said.is_empty() {
        let _ = writeln!(out, "  {head:<10} {}", Printable(said));
    }
}

/// Returns what is published, with its TTL, its owner, and when it was read if that is long ago.
fn published(row: &Value, now: i64) -> String {
    let read = match text(row, "asOf") {
        "" => String::new(),
        read => format!(", as it was read {}", ago(read, now)),
    };
    if row.get("targets").is_none() {
        let is_unknown = row.get("isPublishedUnknown").and_then(Value::as_bool) == Some(true);
        let unknown = "not known: nobody could see it";
        return if is_unknown { unknown.to_owned() } else { format!("nothing{read}") };
    }
    let owner = match text(row, "owner") {
        "" => ", without an owner".to_owned(),
        owner => format!(", owner {owner}"),
    };
    if row.get("isZoneUnlisted").and_then(Value::as_bool) == Some(true) {
        let (zone, read) = (zone(row), ago(text(row, "asOf"), now));
        return format!(
            "not known: its zone {zone} is not listed any more; last read {read}: {}{owner}",
            values(row)
        );
    }
    format!("{}{owner}{read}", values(row))
}

/// Returns what a record set answers with, with its TTL.
fn values(row: &Value) -> String {
    let targets: Vec<_> = list(row, "targets").iter().filter_map(Value::as_str).collect();
    let ttl = row.get("ttl").and_then(Value::as_u64).map(|ttl| format!(", TTL {ttl}"));
    format!("{}{}", targets.join(" "), ttl.unwrap_or_default())
}

fn zone(row: &Value) -> String {
    let (name, id) = (text(row, "zone"), text(row, "zoneId"));
    let kind = match row.get("private").and_then(Value::as_bool) {
        Some(true) => ", private",
        Some(false) => ", public",
        None => "",
    };
    match (name, id) {
        ("", id) => id.to_owned(),
        (name, "") => name.to_owned(),
        (name, id) => format!("{name} ({id}{kind})"),
    }
}

/// Returns what a write did, without its record set.
fn written(write: &Value, now: i64) -> String {
    let action = match text(write, "action") {
        "create" => "created",
        "delete" => "deleted",
        "own" => "changed hands",
        _ => "updated",
    };
    let (old, new) = (write.get("old").map(values), write.get("new").map(values));
    let nothing = || "nothing".to_owned();
    let id = write.get("id").and_then(Value::as_u64);
    let id = id.map(|id| format!("write {id}, ")).unwrap_or_default();
    let by = crate::records::by(text(write, "cause"));
    format!(
        "{action} {} ({id}{} → {}{by})",
        ago(text(write, "at"), now),
        old.unwrap_or_else(nothing),
        new.unwrap_or_else(nothing),
    )
}

/// Tells whether a command made a write, rather than a sync; older histories do not say.
fn is_by_command(cause: &str) -> bool {
    !cause.is_empty() && !cause.starts_with("sync")
}

/// Returns a past write of `answer`, with why it was made and how it is taken back.
fn past(write: &Value, answer: &Value, now: i64) -> String {
    // The flag that says where the history is.
    let history = text(answer, "history");
    let unwanted = |object| {
        let why = answer.get("unwanted")?.get(object)?.as_str()?;
        Some(format!(", because nothing wants it any more: {why}"))
    };
    let about = [text(write, "name"), text(write, "type"), text(write, "setIdentifier")];
    let because = match (text(write, "action"), text(write, "object")) {
        (_, "") => String::new(),
        // What a command of a person deleted went for no object's sake.
        ("delete", object) if is_by_command(text(write, "cause")) => format!(", of {object}"),
        ("delete", object) => {
            let unknown = || format!(", because {object} went or no longer wanted it");
            unwanted(object).unwrap_or_else(unknown)
        }
        (_, object) => format!(", for {object}"),
    };
    let others = usize::try_from(number(write, "others")).unwrap_or_default();
    let besides = RecentWrite::besides(others);
    let back = match write.get("id").and_then(Value::as_u64) {
        Some(id) if history.is_empty() => {
            format!("; `signpost rollback {id}` shows the way back{besides}")
        }
        Some(id) => format!("; `signpost rollback {id} {history}` shows the way back{besides}"),
        None if !history.is_empty() => "; the history has no number for it, or not yet".to_owned(),
        None if text(write, "action") == "delete" => {
            "; there is no history to roll it back from: keep one with --state-configmap or \
             --state-dir"
                .to_owned()
        }
        None => String::new(),
    };
    let about = about.join(" ");
    let said = format!("{}: {}{because}{back}", about.trim(), written(write, now));
    format!("  {}\n", Printable(said))
}

/// Returns a moment with how long ago it was.
fn ago(moment: &str, now: i64) -> String {
    match moment.parse::<jiff::Timestamp>() {
        Ok(at) => format!("{moment} ({} ago)", span(now - at.as_second())),
        Err(_) => moment.to_owned(),
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn number(value: &Value, key: &str) -> i64 {
    value.get(key).and_then(Value::as_i64).unwrap_or_default()
}

/// Returns a list; its key may lead through objects, with dots.
fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    let found = key.split('.').try_fold(value, |value, key| value.get(key));
    found.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests;
