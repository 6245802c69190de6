//! The text of a plan, for people.

use std::fmt;

use external_dns_webhook::Printable;
use serde::{Serialize, Serializer};

use super::step::{Action, Step, Values};
use super::{Held, Plan, PlanHash};

impl fmt::Display for Plan {
    /// One line per record set with values old → new, then a line of counts.
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
        writeln!(f, "\nPlan {}: {}.", self.hash(), counts.join(", "))?;
        let Some(held) = &self.held else { return Ok(()) };
        for (zone, it) in &held.zones {
            let zone = if zone.is_empty() { "all zones together" } else { zone };
            writeln!(
                f,
                "Deletions are held: {} of {} names in {zone} would lose {} record sets.",
                it.names, it.of, it.records
            )?;
        }
        writeln!(f, "Approve exactly these with `signpost approve {}`.", held.hash)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { action, name, record_type, set_identifier, old, new, .. } = self;
        write!(f, "{:<7} {} {}", action.as_str(), Printable(name), Printable(record_type))?;
        if !set_identifier.is_empty() {
            write!(f, " ({})", Printable(set_identifier))?;
        }
        match (old, new) {
            (Some(old), Some(new)) if old == new => write!(f, "  {old}")?,
            (Some(old), Some(new)) => write!(f, "  {old} → {new}")?,
            (Some(old), None) => write!(f, "  {old} → nothing")?,
            (None, Some(new)) => write!(f, "  nothing → {new}")?,
            (None, None) => {}
        }
        let Self { owner, new_owner, object, zone, reason, .. } = self;
        let moved = match (owner, new_owner) {
            (Some(old), Some(new)) => Some(format!("{old} → {new}")),
            (owner, new_owner) => owner.clone().or_else(|| new_owner.clone()),
        };
        let zone = zone.as_ref().map(ToString::to_string);
        let told = [("owner", &moved), ("object", object), ("zone", &zone)];
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

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { targets, ttl, properties } = self;
        write!(f, "{}", Printable(targets.join(" ")))?;
        if let Some(ttl) = ttl {
            write!(f, " ttl={ttl}")?;
        }
        for (name, value) in properties {
            write!(f, " {}={}", Printable(name), Printable(value))?;
        }
        Ok(())
    }
}

impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Told<'a> {
            hash: PlanHash,
            steps: &'a [Step],
            #[serde(skip_serializing_if = "Option::is_none")]
            held: Option<&'a Held>,
        }
        let told = Told { hash: self.hash(), steps: &self.steps, held: self.held.as_ref() };
        told.serialize(serializer)
    }
}
