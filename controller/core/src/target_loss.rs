//! How long an answer outlives the loss of what it answered with.
//!
//! An object that is gone is deleted at once. One that is there but lost its targets, such as an
//! Ingress whose status was cleared while its controller restarts, keeps its last answer: for good,
//! or for a grace period counted from when the loss was first seen.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use external_dns_webhook::{CanonicalName, DnsName, ObjectRef};

use crate::desired::{Desired, Gap, Scope, Unknown};
use crate::status::Reason;

/// What happens to an answer when its object lost its targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnTargetLoss {
    /// It stays.
    Keep,
    /// It stays for this long, then it goes. Zero deletes at once.
    DeleteAfter(Duration),
}

/// When losses were first seen; kept across restarts, so that a restart does not start the grace
/// period anew. Losing it only makes answers stay longer.
///
/// As JSON it is an object of seconds since 1970, by a text for each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, i64>", into = "BTreeMap<String, i64>")]
pub struct Losses(BTreeMap<LostTargets, i64>);

/// What has lost its targets: all that an object wants, or one name or record set. What one object lost
/// long ago says nothing of what another one, or the same one elsewhere, lost just now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum LostTargets {
    /// All that an object wants.
    Object(ObjectRef),
    /// A record set, or all of a name.
    Name {
        name: CanonicalName,
        /// Type and set identifier; empty for all of the name.
        record_type: String,
        set_identifier: String,
        /// The provider's own identifier; empty where zones are not told apart.
        zone: String,
        /// `None` when it may be any.
        object: Option<ObjectRef>,
    },
}

impl LostTargets {
    /// Returns the name that it is about; `None` for all that an object wants.
    fn name(&self) -> Option<&CanonicalName> {
        match self {
            Self::Object(_) => None,
            Self::Name { name, .. } => Some(name),
        }
    }
}

impl fmt::Display for LostTargets {
    /// `kind/namespace/name`, or the name and, after a space, type, set identifier, zone and object as JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(object) => f.write_str(object.label()),
            Self::Name { name, record_type, set_identifier, zone, object } => {
                let object = object.as_ref().map_or("", ObjectRef::label);
                let row = [record_type.as_str(), set_identifier, zone, object];
                write!(f, "{name} {}", serde_json::Value::from(row.to_vec()))
            }
        }
    }
}

impl From<&str> for LostTargets {
    /// Reads what was kept; a text in another form is an object that is never seen again.
    fn from(text: &str) -> Self {
        let row = text
            .split_once(' ')
            .and_then(|(name, row)| Some((name, serde_json::from_str::<[String; 4]>(row).ok()?)));
        match row {
            None => Self::Object(ObjectRef::from(text)),
            Some((name, [record_type, set_identifier, zone, object])) => {
                let object = (!object.is_empty()).then(|| ObjectRef::from(object.as_str()));
                Self::Name { name: name.into(), record_type, set_identifier, zone, object }
            }
        }
    }
}

impl From<BTreeMap<String, i64>> for Losses {
    fn from(kept: BTreeMap<String, i64>) -> Self {
        Self(kept.into_iter().map(|(lost, since)| (lost.as_str().into(), since)).collect())
    }
}

impl From<Losses> for BTreeMap<String, i64> {
    fn from(losses: Losses) -> Self {
        losses.0.into_iter().map(|(lost, since)| (lost.to_string(), since)).collect()
    }
}

impl Losses {
    /// Lets go what has been lost for too long, and says of the rest that it is kept.
    ///
    /// `now` is in seconds since 1970. A gap whose grace period is over is taken out of `desired`,
    /// so its records are no longer desired by any object.
    pub fn review(
        &mut self,
        desired: &mut Desired,
        scope: &Scope,
        on_loss: OnTargetLoss,
        now: i64,
    ) {
        let mut seen = BTreeMap::new();
        desired.unknown.retain_mut(|gap| {
            let Some(key) = lost(gap) else { return true };
            // A loss in the future was seen by a clock that went wrong: it counts from now on.
            let since = self.0.get(&key).copied().unwrap_or(now).min(now);
            seen.insert(key, since);
            let (is_over, grace_seconds) = match on_loss {
                OnTargetLoss::Keep => (false, None),
                OnTargetLoss::DeleteAfter(grace) => {
                    let elapsed = u64::try_from(now.saturating_sub(since)).unwrap_or(0);
                    (elapsed >= grace.as_secs(), Some(grace.as_secs()))
                }
            };
            let cause = match std::mem::replace(&mut gap.reason, Reason::no_targets("")) {
                Reason::TargetsLost { cause, .. } => cause,
                cause => Box::new(cause),
            };
            gap.reason = Reason::TargetsLost { cause, grace_seconds };
            !is_over
        });
        // A sync that leaves names out does not see their losses; those of its own that it does not
        // see are over.
        match scope {
            Scope::All => self.0.clear(),
            Scope::AllBut(others) => {
                self.0.retain(|lost, _| lost.name().is_some_and(|name| others.contains(name)));
            }
            Scope::Names(names) => names.iter().for_each(|name| self.forget(name)),
        }
        self.0.extend(seen);
    }

    /// Forgets the losses of a name.
    fn forget(&mut self, name: &CanonicalName) {
        let first = LostTargets::Name {
            name: name.clone(),
            record_type: String::new(),
            set_identifier: String::new(),
            zone: String::new(),
            object: None,
        };
        let after = self.0.range(first..).map(|(lost, _)| lost);
        let theirs: Vec<_> = after.take_while(|lost| lost.name() == Some(name)).cloned().collect();
        for lost in theirs {
            self.0.remove(&lost);
        }
    }

    /// Returns when the next grace period ends, in seconds since 1970; `None` when none runs.
    pub fn next(&self, on_loss: OnTargetLoss, now: i64) -> Option<i64> {
        let OnTargetLoss::DeleteAfter(grace) = on_loss else { return None };
        let grace = i64::try_from(grace.as_secs()).unwrap_or(i64::MAX);
        self.0.values().map(|time| time.saturating_add(grace)).filter(|time| *time > now).min()
    }

    /// Adds what was known before; of two times, the earlier is the time of the loss.
    pub fn recall(&mut self, before: Self) {
        for (key, since) in before.0 {
            let ours = self.0.entry(key).or_insert(since);
            *ours = since.min(*ours);
        }
    }

    /// Returns the half that was lost first.
    #[must_use]
    pub fn older_half(&self) -> Self {
        let mut losses: Vec<_> = self.0.iter().map(|(key, since)| (since, key)).collect();
        losses.sort();
        losses.truncate(losses.len() / 2);
        Self(losses.into_iter().map(|(since, key)| (key.clone(), *since)).collect())
    }

    /// Tells whether nothing is lost.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Returns what a gap is about if it is a loss of targets, which may end in a deletion.
///
/// A source that cannot be read is not: nothing can be told about its objects, for however long.
fn lost(gap: &Gap) -> Option<LostTargets> {
    if !matches!(
        gap.reason,
        Reason::NoTargets { .. } | Reason::ParentNotAccepted { .. } | Reason::TargetsLost { .. }
    ) {
        return None;
    }
    let named = |name: &DnsName, record_type: &str, set_identifier: &str| LostTargets::Name {
        name: name.canonical().clone(),
        record_type: record_type.to_owned(),
        set_identifier: set_identifier.to_owned(),
        zone: gap.zone.as_ref().map(ToString::to_string).unwrap_or_default(),
        object: gap.object().cloned(),
    };
    match &gap.what {
        Unknown::Name(name) => Some(named(name, "", "")),
        Unknown::RecordSet { name, record_type, set_identifier, object: _ } => {
            Some(named(name, record_type.as_str(), set_identifier))
        }
        Unknown::Resource(resource) => Some(LostTargets::Object(resource.clone())),
        Unknown::Kind(_) | Unknown::All => None,
    }
}

#[cfg(test)]
mod tests {
    use external_dns_webhook::RecordType;

    use super::*;

    const GRACE: OnTargetLoss = OnTargetLoss::DeleteAfter(Duration::from_mins(10));

    fn lost_app() -> Desired {
        let mut desired = Desired::default();
        desired.unknown(Unknown::Resource("ingress/default/app".into()), Reason::no_targets(""));
        desired
    }

    fn is_kept(losses: &mut Losses, on_loss: OnTargetLoss, now: i64) -> bool {
        let mut desired = lost_app();
        losses.review(&mut desired, &Scope::All, on_loss, now);
        !desired.unknown.is_empty()
    }

    #[test]
    fn the_grace_period_counts_from_the_first_loss_and_survives_a_restart() {
        let mut losses = Losses::default();
        assert!(is_kept(&mut losses, GRACE, 1000));
        let saved = serde_json::to_string(&losses).unwrap();
        let mut losses: Losses = serde_json::from_str(&saved).unwrap();
        assert!(is_kept(&mut losses, GRACE, 1599));
        assert_eq!(losses.next(GRACE, 1599), Some(1600));
        assert!(!is_kept(&mut losses, GRACE, 1600));
    }

    #[test]
    fn a_loss_that_ended_starts_anew() {
        let mut losses = Losses::default();
        assert!(is_kept(&mut losses, GRACE, 0));
        losses.review(&mut Desired::default(), &Scope::All, GRACE, 500);
        assert!(losses.is_empty());
        assert!(is_kept(&mut losses, GRACE, 700));
    }

    #[test]
    fn a_sync_of_other_names_does_not_forget_a_loss() {
        let mut losses = Losses::default();
        assert!(is_kept(&mut losses, GRACE, 0));
        let scope = Scope::Names(["other.example.com".into()].into());
        losses.review(&mut Desired::default(), &scope, GRACE, 1);
        assert!(!is_kept(&mut losses, GRACE, 600));
    }

    #[test]
    fn a_loss_that_a_sync_of_its_name_saw_end_starts_anew_and_no_other() {
        let lost = || {
            let mut desired = Desired::default();
            for name in ["a.example.com", "a.example.com.au"] {
                desired.unknown(Unknown::Name(name.into()), Reason::no_targets(""));
                let (record_type, set_identifier) = (RecordType::A, String::new());
                let name = name.into();
                let what = Unknown::RecordSet { name, record_type, set_identifier, object: None };
                desired.unknown(what, Reason::no_targets(""));
            }
            desired
        };
        let mut losses = Losses::default();
        losses.review(&mut lost(), &Scope::All, GRACE, 0);
        let scope = Scope::Names(["a.example.com".into()].into());
        losses.review(&mut Desired::default(), &scope, GRACE, 500);
        let mut desired = lost();
        losses.review(&mut desired, &Scope::All, GRACE, 600);
        let kept: Vec<_> = desired.unknown.iter().filter_map(super::lost).collect();
        let both = [r#"a.example.com ["","","",""]"#, r#"a.example.com ["A","","",""]"#];
        assert_eq!(kept, both.map(LostTargets::from));
        let others = Scope::AllBut(["a.example.com".into()].into());
        losses.review(&mut Desired::default(), &others, GRACE, 700);
        let kept: Vec<_> = losses.0.into_iter().collect();
        let both = both.map(|lost| (lost.into(), 600));
        assert_eq!(kept, both, "what was left out was not seen");
    }

    #[test]
    fn a_loss_is_kept_as_a_text_and_read_back() {
        for text in [
            "ingress/default/app",
            r#"*.a.example.com ["","","",""]"#,
            r#"a.example.com ["A","\"a b","Z1","Service/default/web"]"#,
            "of another form",
            r#"of another ["form"]"#,
        ] {
            assert_eq!(LostTargets::from(text).to_string(), text);
        }
    }

    #[test]
    fn of_two_memories_of_a_loss_the_older_counts() {
        let losses = |text| serde_json::from_str::<Losses>(text).unwrap();
        let mut ours = losses(r#"{"a": 9, "b": 2}"#);
        ours.recall(losses(r#"{"a": 5, "b": 7, "c": 1}"#));
        assert_eq!(ours, losses(r#"{"a": 5, "b": 2, "c": 1}"#));
        assert_eq!(ours.older_half(), losses(r#"{"c": 1}"#));
    }

    #[test]
    fn a_loss_that_a_wrong_clock_saw_in_the_future_counts_from_now_on() {
        let mut losses = Losses::default();
        assert!(is_kept(&mut losses, GRACE, 1 << 40));
        assert!(is_kept(&mut losses, GRACE, 1000));
        assert!(!is_kept(&mut losses, GRACE, 1600));
    }

    #[test]
    fn only_what_is_lost_for_now_may_be_given_up_in_the_end() {
        let given_up = |reason: Reason| {
            let mut desired = Desired::default();
            desired.unknown(Unknown::Resource("httproute/default/app".into()), reason);
            let mut losses = Losses::default();
            losses.review(&mut desired.clone(), &Scope::All, GRACE, 0);
            losses.review(&mut desired, &Scope::All, GRACE, 1 << 40);
            desired.unknown.is_empty()
        };
        let (parent, why) = ("Gateway/default/gw".to_owned(), "no".to_owned());
        assert!(given_up(Reason::ParentNotAccepted { parent, why }));
        assert!(given_up(Reason::no_targets("")));
        let (what, error) = ("watch services".to_owned(), "no".to_owned());
        assert!(!given_up(Reason::SourceUnavailable { what, error }));
        assert!(!given_up(Reason::Unreadable { error: "no".to_owned() }));
    }

    #[test]
    fn each_record_set_of_a_name_has_a_grace_period_of_its_own() {
        let of = |object: &str, set: &str, zone: &str| {
            let what = Unknown::RecordSet {
                name: "www.example.com".into(),
                record_type: RecordType::A,
                set_identifier: set.to_owned(),
                object: Some(object.into()),
            };
            let (reason, zone) = (Reason::no_targets(""), Some(zone.into()));
            Gap { what, reason, zone, object: None }
        };
        let name = |object: &str| {
            let (what, reason) = (Unknown::Name("WWW.example.com".into()), Reason::no_targets(""));
            Gap { what, reason, zone: None, object: Some(object.into()) }
        };
        let [a, b] = ["service/n/a", "service/n/b"];
        for (old, new) in [
            (name(a), name(b)),
            (name(a), of(a, "", "Z1")),
            (of(a, "", "Z1"), of(b, "", "Z1")),
            (of(a, "s1", "Z1"), of(a, "s2", "Z1")),
            (of(a, "s1", "Z1"), of(a, "s1", "Z2")),
        ] {
            let mut losses = Losses::default();
            let mut review = |gaps: &[&Gap], now| {
                let unknown = gaps.iter().copied().cloned().collect();
                let mut desired = Desired { unknown, ..Desired::default() };
                losses.review(&mut desired, &Scope::All, GRACE, now);
                desired.unknown.into_iter().map(|gap| gap.what).collect::<Vec<_>>()
            };
            review(&[&old], 0);
            review(&[&old, &new], 500);
            let kept = review(&[&old, &new], 600);
            assert_eq!(kept, std::slice::from_ref(&new.what), "{old:?} {new:?}");
            assert_eq!(review(&[&new], 1100), []);
        }
    }

    #[test]
    fn by_default_the_last_answer_stays_for_good() {
        let mut losses = Losses::default();
        assert!(is_kept(&mut losses, OnTargetLoss::Keep, 0));
        assert!(is_kept(&mut losses, OnTargetLoss::Keep, 1 << 40));
    }

    #[test]
    fn a_source_that_cannot_be_read_is_never_given_up() {
        let mut desired = Desired::default();
        let forbidden = Reason::SourceUnavailable { what: "list".into(), error: "no".into() };
        desired.unknown(Unknown::Kind("ingress".into()), forbidden);
        let mut losses = Losses::default();
        losses.review(&mut desired, &Scope::All, GRACE, 0);
        losses.review(&mut desired, &Scope::All, GRACE, 1 << 40);
        assert_eq!(desired.unknown.len(), 1);
    }
}
