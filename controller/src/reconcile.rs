//! One pass: read both sides, decide, write.
//!
//! A pass awaits three times, each time on the provider: list, adjust, apply. Everything between is
//! pure. Nothing is written before the last await, so a pass can be cut off anywhere.

mod asked;
mod report;

use std::collections::BTreeSet;
use std::sync::Arc;

use controller_core::desired::{Desired, Scope};
use controller_core::hold::{Losses, OnTargetLoss};
use controller_core::plan::{Plan, Planner};
use controller_core::registry::{Inventory, Registry};
use webhook_api::{
    Applied, Changes, DnsName, DomainFilter, Endpoint, Negotiation, Provider, ProviderError,
};

use self::asked::Asked;
pub use self::report::{Report, Written};

/// Everything one pass needs besides what the cluster asks for.
pub struct Reconciler<P> {
    /// Where records are current.
    pub provider: P,
    /// How records are claimed.
    pub registry: Arc<dyn Registry>,
    /// How differences become changes; what the provider negotiates is filled in by the pass.
    pub planner: Planner,
    /// Which names the person who runs us lets us manage.
    pub domain_filter: DomainFilter,
    /// Whether changes are written or only planned.
    pub writing: Writing,
    /// What happens when an object loses its targets.
    pub on_target_loss: OnTargetLoss,
    /// When losses were first seen.
    pub losses: Losses,
    /// How many record sets the provider held when last read in full; 0 when it never was.
    pub held_before: usize,
    /// What the last full pass learned; `None` when it cannot be relied on.
    known: Option<Known>,
}

/// Whoever can say what the cluster asks for.
pub trait Ask: Send + Sync {
    /// Returns what is asked for right now, with the properties that a provider understands.
    ///
    /// `prefixes` are those the provider declares, such as `aws/`; none for a provider that does
    /// not say.
    fn desired(&self, prefixes: &[String]) -> Desired;

    /// Returns what changed since the last call that a name could depend on.
    fn news(&self, prefixes: &[String]) -> News;
}

/// What changed among the objects.
#[derive(Debug)]
pub enum News {
    /// Nothing that a name depends on.
    Nothing,
    /// These objects, by `resource` label; they ask for `desired` now, and for nothing else.
    Objects {
        /// Their `resource` labels.
        objects: BTreeSet<String>,
        /// What they ask for.
        desired: Desired,
    },
    /// More than is worth telling apart.
    Everything,
}

/// Whether changes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// They are.
    Yes,
    /// They are planned and shown only.
    DryRun,
}

struct Known {
    inventory: Inventory,
    asked: Asked,
}

/// Which step of a pass failed.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// The provider did not say what it serves.
    #[error("failed to learn from the provider what it serves")]
    Negotiate(#[source] ProviderError),
    /// The provider did not list its records.
    #[error("failed to list the records that the provider holds")]
    List(#[source] ProviderError),
    /// The provider says it holds nothing where it held something.
    #[error(
        "the provider says it holds no records, and it held {before} before; if that is so, the \
         next pass will believe it"
    )]
    Vanished {
        /// How many record sets it held.
        before: usize,
    },
    /// The provider did not adjust what is desired.
    #[error("failed to have the provider adjust {count} desired record sets")]
    Adjust {
        /// How many record sets were sent.
        count: usize,
        /// The provider's reason.
        #[source]
        source: ProviderError,
    },
    /// The provider did not write, or does not say what it wrote.
    #[error("failed to write {count} changes")]
    Apply {
        /// How many record sets were to be changed, claims included.
        count: usize,
        /// What was to be done.
        plan: Box<Plan>,
        /// The provider's reason.
        #[source]
        source: ProviderError,
    },
}

impl PassError {
    /// Returns how long the provider asks to be left alone.
    pub fn retry_after(&self) -> Option<std::time::Duration> {
        let (Self::Negotiate(source)
        | Self::List(source)
        | Self::Adjust { source, .. }
        | Self::Apply { source, .. }) = self
        else {
            return None;
        };
        match source {
            ProviderError::Unavailable { retry_after, .. } => *retry_after,
            ProviderError::Refused(_) => None,
        }
    }
}

impl<P: Provider> Reconciler<P> {
    /// Returns a reconciler that knows nothing yet.
    pub fn new(
        provider: P,
        registry: Arc<dyn Registry>,
        planner: Planner,
        domain_filter: DomainFilter,
        writing: Writing,
    ) -> Self {
        Self {
            provider,
            registry,
            planner,
            domain_filter,
            writing,
            on_target_loss: OnTargetLoss::Keep,
            losses: Losses::default(),
            held_before: 0,
            known: None,
        }
    }

    /// Reads everything on both sides and writes the differences; `now` is in seconds since 1970.
    ///
    /// # Errors
    ///
    /// Returns the step that failed. Nothing is written unless both sides were read in full.
    pub async fn full(&mut self, asking: &impl Ask, now: i64) -> Result<Report, PassError> {
        // What was known is relied on again only when this pass ends well.
        let last = self.known.take();
        // Asked before the objects are read: what changes from here on is news for the next pass.
        asking.news(&self.planner.property_prefixes);
        let negotiation = self.provider.negotiate().await.map_err(PassError::Negotiate)?;
        let zones = self.zones(&negotiation).await?;
        self.planner.filters = vec![self.domain_filter.clone(), negotiation.domain_filter];
        self.planner.property_prefixes = negotiation.property_prefixes;

        let records = self.provider.records().await.map_err(PassError::List)?;
        let before = std::mem::replace(&mut self.held_before, records.len());
        if records.is_empty() && before > 0 {
            return Err(PassError::Vanished { before });
        }
        let mut inventory = self.registry.read(records, &zones);
        if let (Some(last), Some(owner)) = (&last, &self.planner.owner) {
            // A claim that someone deleted is written again only where we saw it ourselves.
            inventory.recall(&last.inventory, owner);
        }
        let desired = asking.desired(&self.planner.property_prefixes);
        let asked = Asked::of(&desired);
        let report = self.write(&mut inventory, desired, &Scope::All, now).await?;
        // A pass about a few names cannot see how many deletions are held, so it is told.
        self.planner.brake.holding =
            report.plan.held().map(|it| it.names.clone()).unwrap_or_default();
        if report.went_as_planned() {
            self.known = Some(Known { inventory, asked });
        }
        Ok(report)
    }

    /// Writes the differences of the names that are asked for differently than before.
    ///
    /// Returns `None` when there is no such name, and makes a full pass when what the provider
    /// holds is not known.
    ///
    /// # Errors
    ///
    /// Returns the step that failed; what the provider holds is then not known any more.
    pub async fn focused(
        &mut self,
        asking: &impl Ask,
        now: i64,
    ) -> Result<Option<Report>, PassError> {
        let Some(Known { mut inventory, asked: before }) = self.known.take() else {
            return self.full(asking, now).await.map(Some);
        };
        let (names, desired, asked) = match asking.news(&self.planner.property_prefixes) {
            News::Nothing => {
                self.known = Some(Known { inventory, asked: before });
                return Ok(None);
            }
            News::Objects { objects, mut desired } => match before.touched(&objects, &desired) {
                Some(names) => {
                    let mut asked = before;
                    asked.replace(&objects, &desired);
                    desired.unknown.extend(asked.wide_gaps().cloned());
                    (names, desired, asked)
                }
                None => self.everything(asking, &before),
            },
            News::Everything => self.everything(asking, &before),
        };
        if names.is_empty() {
            self.known = Some(Known { inventory, asked });
            return Ok(None);
        }
        let scope = Scope::Names(names);
        let report = self.write(&mut inventory, desired, &scope, now).await?;
        if report.went_as_planned() {
            self.known = Some(Known { inventory, asked });
        }
        Ok(Some(report))
    }

    /// Forgets what the provider held: someone else may have written since.
    pub fn forget(&mut self) {
        self.known = None;
    }

    /// Looks at everything and returns the names that are asked for in another way than `before`.
    fn everything(&self, asking: &impl Ask, before: &Asked) -> (BTreeSet<String>, Desired, Asked) {
        let desired = asking.desired(&self.planner.property_prefixes);
        let asked = Asked::of(&desired);
        (asked.difference(before), desired, asked)
    }

    /// Returns what the provider held after the last pass; `None` when it is not known.
    pub fn inventory(&self) -> Option<&Inventory> {
        self.known.as_ref().map(|it| &it.inventory)
    }

    async fn write(
        &mut self,
        inventory: &mut Inventory,
        mut desired: Desired,
        scope: &Scope,
        now: i64,
    ) -> Result<Report, PassError> {
        desired.endpoints.retain(|it| scope.covers(&it.dns_name));
        desired.repeated.retain(|it| scope.covers(&it.endpoint.dns_name));
        self.losses.review(&mut desired, scope, self.on_target_loss, now);
        let planner = &self.planner;
        // Names outside the filters are not the provider's business; the planner says why.
        let inside =
            |it: &Endpoint| planner.filters.iter().all(|filter| filter.covers(&it.dns_name));
        let (sent, outside): (Vec<_>, Vec<_>) = desired.endpoints.into_iter().partition(inside);
        desired.endpoints = sent;
        let count = desired.endpoints.len();
        if count > 0 {
            let answer = self.provider.adjust(desired.endpoints.clone()).await;
            let answer = answer.map_err(|source| PassError::Adjust { count, source })?;
            desired = desired.adjusted(answer);
        }
        desired.endpoints.extend(outside);

        let plan = planner.plan(inventory, &desired, scope);
        let changes = self.registry.write(inventory, &plan);
        if changes.is_empty() || self.writing == Writing::DryRun {
            return Ok(Report::new(plan, desired, scope.clone(), Written::default(), count));
        }
        let written = self.apply(inventory, changes, &plan).await?;
        Ok(Report::new(plan, desired, scope.clone(), written, count))
    }

    async fn apply(
        &self,
        inventory: &mut Inventory,
        changes: Changes,
        plan: &Plan,
    ) -> Result<Written, PassError> {
        let count = changes.len();
        let answer = self.provider.apply(changes.clone()).await;
        let failed = |source| PassError::Apply { count, plan: Box::new(plan.clone()), source };
        let Applied { refused } = answer.map_err(failed)?;
        if refused.is_empty() {
            inventory.apply(&changes);
        }
        Ok(Written::new(plan, changes, refused))
    }

    async fn zones(&self, negotiation: &Negotiation) -> Result<Vec<DnsName>, PassError> {
        let zones = self.provider.zones().await.map_err(PassError::Negotiate)?;
        if !zones.is_empty() {
            return Ok(zones.into_iter().map(|it| it.name).collect());
        }
        // A provider of version 1 tells its zones only through its filter.
        let DomainFilter::Lists { include, .. } = &negotiation.domain_filter else {
            return Ok(Vec::new());
        };
        Ok(include.iter().filter(|it| !it.starts_with('.')).map(|it| it.as_str().into()).collect())
    }
}
