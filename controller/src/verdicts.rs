//! What became of every name, as the last passes left it: said once when it changes, kept to be
//! asked for.

use std::collections::{BTreeMap, BTreeSet};

use controller_core::desired::Scope;
use controller_core::verdict::{Reason, Verdict};

/// The latest verdict on each name, type and object.
#[derive(Debug, Default)]
pub struct VerdictBook {
    verdicts: BTreeMap<Subject, Vec<Verdict>>,
}

/// What a verdict is about: name, type, object.
type Subject = (String, String, String);

impl VerdictBook {
    /// Takes the verdicts of a pass over `scope` and logs those that are news.
    ///
    /// A verdict that says that all is well is logged at debug level only.
    pub fn note(&mut self, verdicts: &[Verdict], scope: &Scope) {
        let mut now: BTreeMap<Subject, Vec<Verdict>> = BTreeMap::new();
        for verdict in verdicts {
            now.entry(subject(verdict)).or_default().push(verdict.clone());
        }
        for (subject, verdicts) in &now {
            if self.verdicts.get(subject).is_none_or(|before| before != verdicts) {
                verdicts.iter().for_each(tell);
            }
        }
        match scope {
            Scope::All => self.verdicts = now,
            Scope::Names(names) => {
                self.verdicts.retain(|(name, _, _), _| !names.contains(name));
                self.verdicts.extend(now);
            }
        }
    }

    /// Returns the verdicts on a name, or on an object given as `kind/namespace/name`.
    pub fn about(&self, asked: &str) -> Vec<&Verdict> {
        let name = webhook_api::DnsName::from(asked);
        let name = name.normalized();
        let wanted = |(it, _, object): &Subject| *it == *name || object == asked;
        self.verdicts
            .iter()
            .filter(|(subject, _)| wanted(subject))
            .flat_map(|(_, verdicts)| verdicts)
            .collect()
    }

    /// Iterates over all verdicts, by name, type and object.
    pub fn all(&self) -> impl Iterator<Item = &Verdict> {
        self.verdicts.values().flatten()
    }

    /// Returns the names that have a verdict.
    pub fn names(&self) -> BTreeSet<&str> {
        self.verdicts.keys().map(|(name, _, _)| name.as_str()).collect()
    }
}

fn subject(verdict: &Verdict) -> Subject {
    let Verdict { name, record_type, object, reason: _ } = verdict;
    let record_type = record_type.as_ref().map(ToString::to_string).unwrap_or_default();
    (name.normalized().into_owned(), record_type, object.clone().unwrap_or_default())
}

fn tell(verdict: &Verdict) {
    let Verdict { name, record_type, object, reason } = verdict;
    let record_type = record_type.as_ref().map(ToString::to_string).unwrap_or_default();
    let object = object.as_deref().unwrap_or_default();
    let code = reason.code();
    if matches!(reason, Reason::UpToDate | Reason::Published { .. }) {
        tracing::debug!(
            record.name = %name, record.r#type = record_type, object, reason = code, "{reason}"
        );
    } else {
        tracing::info!(
            record.name = %name,
            record.r#type = record_type,
            object,
            reason = code,
            hint = reason.hint(),
            "{reason}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(name: &str, object: &str) -> Verdict {
        Verdict::on_name(name, object, Reason::NoTargets)
    }

    #[test]
    fn a_focused_pass_replaces_only_the_verdicts_of_its_names() {
        let mut book = VerdictBook::default();
        book.note(
            &[verdict("a.example.com", "x/n/1"), verdict("b.example.com", "x/n/2")],
            &Scope::All,
        );
        book.note(&[], &Scope::Names(["a.example.com".to_owned()].into()));
        assert_eq!(book.names(), ["b.example.com"].into());
        assert_eq!(book.about("B.example.com.").len(), 1);
        assert_eq!(book.about("x/n/2").len(), 1);
        assert!(book.about("x/n/1").is_empty());
    }
}
