//! The text of a plan, for people.

use std::collections::BTreeMap;
use std::fmt;

use external_dns_webhook::{Printable, counted};
use serde::{Serialize, Serializer};

use super::step::{Action, Step, Values};
use super::{Held, HeldObject, HeldZone, Plan};
use crate::zone::ZoneInfo;

/// How many objects of a namespace are listed with what approves their deletions alone.
const MOST_OBJECTS: usize = 5;

impl fmt::Display for Plan {
    /// One line per record set, with a mark and values old → new, then a line of counts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.steps.is_empty() {
            return writeln!(f, "Nothing to do.");
        }
        for step in &self.steps {
            writeln!(f, "{step}")?;
        }
        let mut counts = Vec::new();
        for action in [
            Action::Create,
            Action::Update,
            Action::Replace,
            Action::Delete,
            Action::Own,
            Action::Hold,
        ] {
            let count = self.steps.iter().filter(|step| step.action == action).count();
            if count > 0 {
                counts.push(format!("{count} to {}", action.as_str()));
            }
        }
        writeln!(f, "\nPlan: {}.", counts.join(", "))?;
        let Some(held) = &self.held else { return Ok(()) };
        write!(f, "{held}")
    }
}

impl fmt::Display for Held {
    /// What each namespace would lose in each zone and what approves it, then what approves all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let in_zone = |zone: &Option<ZoneInfo>| match zone {
            None => "all zones together".to_owned(),
            Some(zone) => Printable(&zone.to_string()).to_string(),
        };
        if self.groups.len() == 1 {
            for (zone, HeldZone { names, of, records }) in &self.zones {
                let (zone, sets) = (in_zone(zone), counted(*records, "record set"));
                writeln!(
                    f,
                    "Deletions are held: {names} of {of} names in {zone} would lose {sets}."
                )?;
            }
        }
        for group in self.groups.iter().filter(|_| self.groups.len() > 1) {
            let HeldZone { names, of, records } = group.counts;
            let sets = counted(records, "record set");
            let (zone, hash) = (in_zone(&group.zone), &group.hash);
            let whose = match group.namespace.as_str() {
                "" => "outside of namespaces".to_owned(),
                namespace => format!("of the namespace {}", Printable(namespace)),
            };
            writeln!(
                f,
                "Deletions are held: {names} of {of} names {whose} in {zone} would lose {sets}.\n  \
                 Approve exactly these with `signpost approve {hash}`."
            )?;
        }
        match self.groups.as_slice() {
            [_] => writeln!(f, "Approve exactly these with `signpost approve {}`.", self.hash)?,
            _ => writeln!(f, "Approve all of them with `signpost approve {}`.", self.hash)?,
        }
        for group in self.groups.iter().filter(|group| group.objects.len() > 1) {
            for HeldObject { source, hash, names } in group.objects.iter().take(MOST_OBJECTS) {
                let (source, many) = (source.to_string(), if *names == 1 { "" } else { "s" });
                let source = Printable(&source);
                writeln!(f, "  only {names} name{many} of {source}: `signpost approve {hash}`")?;
            }
            let more = group.objects.len().saturating_sub(MOST_OBJECTS);
            if more > 0 {
                writeln!(f, "  … and {more} more objects; `--output=json` has their hashes")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { action, name, record_type, set_identifier, old, new, .. } = self;
        let (mark, action) = (mark(self), action.as_str());
        write!(f, "{mark} {action:<7} {} {}", Printable(name), Printable(record_type))?;
        if !set_identifier.is_empty() {
            write!(f, " ({})", Printable(set_identifier))?;
        }
        match (old, new) {
            (Some(old), Some(new)) if old == new => write!(f, "  {}", WithTtl(old))?,
            (Some(old), Some(new)) => write!(f, "  {} → {}", WithTtl(old), WithTtl(new))?,
            (Some(old), None) => write!(f, "  {} → nothing", WithTtl(old))?,
            (None, Some(new)) => write!(f, "  nothing → {}", WithTtl(new))?,
            (None, None) => {}
        }
        let Self { owner, new_owner, object, zone, reason, .. } = self;
        let moved = match (owner, new_owner) {
            (Some(old), Some(new)) => Some(format!("{old} → {new}")),
            (owner, new_owner) => owner.clone().or_else(|| new_owner.clone()),
        };
        let zone = zone.as_ref().map(ToString::to_string);
        let object = object.as_ref().map(ToString::to_string);
        let told = [("owner", &moved), ("object", &object), ("zone", &zone)];
        let told: Vec<_> = told
            .iter()
            .filter_map(|(key, value)| Some(format!("{key} {}", value.as_ref()?)))
            .collect();
        if !told.is_empty() {
            write!(f, "  [{}]", Printable(told.join(", ")))?;
        }
        if let Some(reason) = reason {
            write!(f, "\n        {}: {reason}", reason.code())?;
            if !reason.hint().is_empty() {
                write!(f, "\n        next: {}", reason.hint())?;
            }
        }
        Ok(())
    }
}

/// Returns what a line begins with: `+` for what comes, `-` for what goes, `~` for what changes, `!` for
/// what is held.
fn mark(step: &Step) -> char {
    match step.action {
        Action::Create => '+',
        Action::Replace if step.new.is_some() => '+',
        Action::Delete | Action::Replace => '-',
        Action::Update | Action::Own => '~',
        Action::Hold => '!',
    }
}

/// Values with their TTL, `auto` where the provider chooses it.
#[derive(Debug)]
pub struct WithTtl<'a>(pub &'a Values);

impl fmt::Display for WithTtl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Values { targets, ttl, properties }) = self;
        write!(f, "{}", Printable(targets.join(" ")))?;
        match ttl {
            Some(ttl) => write!(f, " ttl={ttl}")?,
            None => write!(f, " ttl=auto")?,
        }
        show_properties(properties, f)
    }
}

fn show_properties(
    properties: &BTreeMap<String, String>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    properties
        .iter()
        .try_for_each(|(name, value)| write!(f, " {}={}", Printable(name), Printable(value)))
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { targets, ttl, properties } = self;
        write!(f, "{}", Printable(targets.join(" ")))?;
        if let Some(ttl) = ttl {
            write!(f, " ttl={ttl}")?;
        }
        show_properties(properties, f)
    }
}

impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Told<'a> {
            steps: &'a [Step],
            #[serde(skip_serializing_if = "Option::is_none")]
            held: Option<&'a Held>,
        }
        let told = Told { steps: &self.steps, held: self.held.as_ref() };
        told.serialize(serializer)
    }
}
