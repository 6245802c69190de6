//! What became of every name, as the last passes left it: said once when it changes, kept to be
//! asked for.

use std::collections::{BTreeMap, BTreeSet};

use controller_core::desired::Scope;
use controller_core::verdict::{Reason, Verdict};

/// The latest verdicts, by what they are about.
#[derive(Debug, Default)]
pub struct VerdictBook {
    verdicts: BTreeMap<Subject, Box<[Verdict]>>,
}

/// What verdicts are about: a normalised name, or an object when they name none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Object(Box<str>),
    Name(Box<str>),
}

impl VerdictBook {
    /// Takes the verdicts of a pass over `scope` and logs those that are news.
    ///
    /// A verdict that says that all is well is logged at debug level only.
    pub fn note(&mut self, verdicts: &[Verdict], scope: &Scope) {
        let mut now: BTreeMap<Subject, Vec<&Verdict>> = BTreeMap::new();
        for verdict in verdicts {
            let about = now.entry(Subject::of(verdict)).or_default();
            about.reserve_exact(1);
            about.push(verdict);
        }
        for (subject, verdicts) in &now {
            let before = self.verdicts.get(subject).map_or(&[][..], Box::as_ref);
            for verdict in verdicts.iter().filter(|it| !before.contains(it)) {
                tell(verdict);
            }
        }
        match scope {
            Scope::All => self.verdicts.retain(|subject, _| now.contains_key(subject)),
            Scope::Names(names) => {
                for name in names {
                    self.verdicts.remove(&Subject::Name(name.as_str().into()));
                }
            }
        }
        for (subject, verdicts) in now {
            // What has not changed stays where it is.
            match self.verdicts.get(&subject) {
                Some(before) if before.iter().eq(verdicts.iter().copied()) => {}
                _ => {
                    let verdicts = verdicts.into_iter().cloned().collect();
                    self.verdicts.insert(subject, verdicts);
                }
            }
        }
    }

    /// Returns the verdicts on a name, or on an object given as `kind/namespace/name`.
    pub fn about(&self, asked: &str) -> Vec<&Verdict> {
        let name = webhook_api::DnsName::from(asked);
        let name = name.normalized();
        self.verdicts
            .iter()
            .flat_map(|(subject, verdicts)| verdicts.iter().map(move |it| (subject, it)))
            .filter(|(subject, it)| {
                subject.name() == Some(&*name) || it.object.as_deref() == Some(asked)
            })
            .map(|(_, it)| it)
            .collect()
    }

    /// Tells whether nothing is as it was asked for.
    pub fn is_all_amiss(&self) -> bool {
        let is_well =
            |it: &Verdict| matches!(it.reason, Reason::UpToDate | Reason::Published { .. });
        !self.all().any(is_well)
    }

    /// Iterates over all verdicts: those on whole objects, then those on names, each in order.
    pub fn all(&self) -> impl Iterator<Item = &Verdict> {
        self.verdicts.values().flatten()
    }

    /// Returns the names that have a verdict.
    pub fn names(&self) -> BTreeSet<&str> {
        self.verdicts.keys().filter_map(Subject::name).collect()
    }
}

impl Subject {
    fn of(verdict: &Verdict) -> Self {
        if verdict.name.is_empty() {
            return Self::Object(verdict.object.as_deref().unwrap_or_default().into());
        }
        Self::Name(verdict.name.normalized().as_ref().into())
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Object(_) => None,
        }
    }
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
    } else if is_from_outside(reason) {
        tracing::warn!(
            record.name = %name,
            record.r#type = record_type,
            object,
            reason = code,
            hint = reason.hint(),
            "{reason}"
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

/// Tells whether a provider, or another cluster, stands in the way: nothing in this one shows it.
fn is_from_outside(reason: &Reason) -> bool {
    matches!(reason, Reason::ProviderRejected { .. } | Reason::OwnerIdShared { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(name: &str, object: &str) -> Verdict {
        Verdict::on_name(name, object, Reason::NoTargets)
    }

    #[test]
    fn an_owner_id_that_two_clusters_share_is_a_warning_with_a_next_step() {
        let shared = Reason::OwnerIdShared { instance: "5f3a".to_owned() };
        assert!(is_from_outside(&shared));
        assert!(!shared.hint().is_empty());
        assert!(!is_from_outside(&Reason::NoTargets));
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
