//! Objects whose last change has not reached the provider yet, and since when.
//!
//! An object waits from the moment at which the watch brought the change until a sync that looked
//! at it went well. Syncs that fail in between leave it waiting, so an outage counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use controller_core::plan::Action;
use external_dns_webhook::{ObjectRef, counted};
use tokio::time::Instant;

use crate::reconcile::Report;

/// How many objects are waited for at most; of further ones nobody learns how long they took.
const MOST: usize = 10_000;

/// How long changes of objects have waited to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The one that has waited longest.
    pub object: ObjectRef,
    /// How long that is.
    pub lasts: Duration,
    /// How many wait.
    pub objects: usize,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { object, lasts, objects } = self;
        let lasts = lasts.as_secs();
        if *objects == 1 {
            return write!(f, "the change of `{object}` has waited {lasts} s to be written");
        }
        let objects = counted(*objects, "object");
        write!(f, "{objects} have changes that wait to be written, `{object}` for {lasts} s")
    }
}

/// Objects that wait, by `resource` label.
#[derive(Debug, Default)]
pub(super) struct Pending {
    since: BTreeMap<ObjectRef, Instant>,
    /// Those of them whose change was tried and refused: they wait for another change, and not for a sync.
    refused: BTreeSet<ObjectRef>,
}

impl Pending {
    /// Notes that an object changed at `at`; one that waits already waits from before.
    pub(super) fn changed(&mut self, object: &ObjectRef, at: Instant) {
        self.refused.remove(object);
        if let Some(since) = self.since.get_mut(object) {
            *since = at.min(*since);
        } else if self.since.len() < MOST {
            self.since.insert(object.clone(), at);
        }
    }

    /// Takes those off whose changes were written by `now` as `report` says, and returns how long
    /// each has waited. Those that needed nothing are taken off in silence, unless it was only about
    /// names that went first.
    ///
    /// Whatever changed after `looked`, when the sync read the objects, waits on, and so does what
    /// the provider refused.
    pub(super) fn written(
        &mut self,
        report: &Report,
        looked: Instant,
        now: Instant,
    ) -> Vec<Duration> {
        let names: BTreeSet<_> =
            report.written.refused.iter().map(|refusal| refusal.dns_name.canonical()).collect();
        let (mut written, mut waiting) = (BTreeSet::new(), BTreeSet::new());
        for step in report.plan.steps() {
            let Some(object) = &step.object else { continue };
            if names.contains(step.name.canonical()) {
                waiting.insert(object);
            } else if step.action != Action::Hold {
                written.insert(object);
            }
        }
        let mut took = Vec::new();
        self.since.retain(|object, since| {
            if *since > looked || waiting.contains(object) {
                return true;
            }
            let is_written = written.contains(object);
            if is_written {
                took.push(now.duration_since(*since));
            }
            report.is_first && !is_written
        });
        let tried: Vec<ObjectRef> = waiting.into_iter().cloned().collect();
        self.refused.extend(tried);
        self.refused.retain(|object| self.since.contains_key(object));
        took
    }

    /// Takes those off that needed nothing: a sync that read the objects at `looked` found so.
    pub(super) fn needed_nothing(&mut self, looked: Instant) {
        self.since.retain(|_, since| *since > looked);
    }

    /// Returns the object that has waited longest at `now`, since when, and how many wait; `None` when none does.
    pub(super) fn longest(&self, now: Instant) -> Option<Waiting> {
        let waits = |(object, _): &(&ObjectRef, &Instant)| !self.refused.contains(*object);
        let waiting = || self.since.iter().filter(waits);
        let (object, since) = waiting().min_by_key(|(_, since)| **since)?;
        let lasts = now.saturating_duration_since(*since);
        Some(Waiting { object: object.clone(), lasts, objects: waiting().count() })
    }

    /// Returns the objects that wait.
    pub(super) fn objects(&self) -> BTreeSet<ObjectRef> {
        self.since.keys().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use controller_core::desired::{Desired, Scope};
    use controller_core::plan::Planner;
    use controller_core::registry::{Noop, Registry};
    use external_dns_webhook::{Endpoint, RecordType, Refusal};

    use super::*;
    use crate::reconcile::Written;

    fn report(objects: &[&str], refused: Vec<Refusal>) -> Report {
        let registry: Arc<dyn Registry> = Arc::new(Noop);
        let endpoint = |object: &&str| {
            let mut endpoint =
                Endpoint::new(format!("{object}.example.com"), RecordType::A, ["192.0.2.1"]);
            endpoint.labels.set("resource", *object);
            endpoint
        };
        let desired =
            Desired { endpoints: objects.iter().map(endpoint).collect(), ..Desired::default() };
        let planner = Planner { allow_unowned: true, ..Planner::default() };
        let plan = planner.plan(
            &controller_core::plan::memory::Memory::default(),
            &registry.read(Vec::new(), &[]),
            &desired,
            &Scope::All,
        );
        Report {
            plan,
            desired,
            scope: Scope::All,
            objects: BTreeSet::new(),
            written: Written { refused, ..Written::default() },
            dropped: 0,
            sent: 0,
            is_first: false,
        }
    }

    fn refusal(object: &str) -> Refusal {
        Refusal {
            dns_name: format!("{object}.example.com").into(),
            record_type: RecordType::A,
            set_identifier: String::new(),
            zone: None,
            resource: None,
            code: "NoZone".into(),
            message: String::new(),
            retryable: true,
        }
    }

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn what_waits_is_told_of_one_object_and_of_many() {
        let told = |objects| {
            let (object, lasts) = ("service/a/x".into(), Duration::from_secs(40));
            Waiting { object, lasts, objects }.to_string()
        };
        assert_eq!(told(1), "the change of `service/a/x` has waited 40 s to be written");
        assert_eq!(
            told(5001),
            "5001 objects have changes that wait to be written, `service/a/x` for 40 s"
        );
    }

    #[test]
    fn an_object_waits_from_its_first_change_until_it_is_written() {
        let (mut pending, start) = (Pending::default(), Instant::now());
        pending.changed(&"web".into(), after(start, 1));
        pending.changed(&"web".into(), after(start, 3));
        pending.changed(&"idle".into(), after(start, 3));
        let took = pending.written(&report(&["web"], Vec::new()), after(start, 4), after(start, 6));
        assert_eq!(took, [Duration::from_secs(5)]);
        assert!(pending.objects().is_empty(), "what needed nothing does not wait");
        let again =
            pending.written(&report(&["web"], Vec::new()), after(start, 7), after(start, 8));
        assert!(again.is_empty(), "it was told once");
    }

    #[test]
    fn what_is_refused_and_what_changed_since_waits_on() {
        let (mut pending, start) = (Pending::default(), Instant::now());
        pending.changed(&"refused".into(), start);
        pending.changed(&"late".into(), after(start, 9));
        pending.changed(&"web".into(), start);
        let report = report(&["refused", "late", "web"], vec![refusal("refused")]);
        let took = pending.written(&report, after(start, 5), after(start, 10));
        assert_eq!(took, [Duration::from_secs(10)]);
        assert_eq!(pending.objects(), ["late".into(), "refused".into()].into());
        let longest = pending.longest(after(start, 30)).unwrap();
        assert_eq!(
            (longest.object, longest.lasts.as_secs(), longest.objects),
            ("late".into(), 21, 1)
        );
        pending.needed_nothing(after(start, 5));
        assert_eq!(pending.objects(), ["late".into()].into());
    }

    #[test]
    fn who_is_not_among_the_names_that_go_first_waits_on() {
        let (mut pending, start) = (Pending::default(), Instant::now());
        pending.changed(&"web".into(), start);
        pending.changed(&"other".into(), start);
        let first = Report { is_first: true, ..report(&["web"], Vec::new()) };
        let took = pending.written(&first, after(start, 1), after(start, 2));
        assert_eq!(took, [Duration::from_secs(2)]);
        assert_eq!(pending.objects(), ["other".into()].into());
    }

    #[test]
    fn a_storm_does_not_fill_the_memory() {
        let (mut pending, start) = (Pending::default(), Instant::now());
        for number in 0..MOST + 10 {
            pending.changed(&number.to_string().into(), start);
        }
        assert_eq!(pending.objects().len(), MOST);
    }
}
