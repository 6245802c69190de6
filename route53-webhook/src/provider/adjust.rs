//! Rewrites desired record sets into the form in which they will be reported.
//!
//! Whatever is equal here and in what [`records`](external_dns_webhook::Provider::records) reports needs no
//! write, so both are made by the same code: a desired record set is read as Route 53 would have it
//! and reported from there. What Route 53 would refuse is refused here, with the reason, and what is
//! current in its place is given back: a controller of version 1, which is not told of refusals, would
//! otherwise take it for unwanted and delete it.

mod zoned;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use daemon::Few;
use external_dns_webhook::{
    Adjusted, Adjuster, DnsName, Endpoint, RecordType, Refusal, Ttl, ZoneId,
};

use super::{Config, Dialect, Route53, view};
use crate::alias::{self, Target};
use crate::name::WireName;
use crate::properties::{
    self, ALIAS, EVALUATE_TARGET_HEALTH, HOSTED_ZONE_ID, InvalidProperty, TARGET_HOSTED_ZONE,
};
use crate::record_set::{AliasZone, DEFAULT_TTL_SECONDS, RecordSet};
use crate::records::{CachedZone, Store};
use crate::validate::{self, Invalid};
use crate::zones::{Choice, NoZone, Selection, Zone};

/// Most names without a zone that a long list is searched for.
const MAX_UNZONED: usize = 100;

/// Adjusts all desired record sets; the counterparts that dual-stack aliases get come last.
///
/// Also returns the names that go to zones where they do not go by themselves.
pub(super) fn all(
    desired: Vec<Endpoint>,
    store: &Store,
    config: &Config,
    dialect: Dialect,
) -> (Adjusted, Vec<WireName>) {
    let mut addresses = Addresses::default();
    for endpoint in &desired {
        addresses.add(endpoint);
    }
    let context = Context { store, config, desired: &addresses, dialect };
    let (mut results, mut told) = (Results::default(), Few::new(MORE));
    for endpoint in desired {
        context.add(&endpoint, &mut results, &mut told);
    }
    let Results { mut adjusted, mut counterparts, away } = results;
    adjusted.endpoints.append(&mut counterparts);
    (adjusted, away)
}

/// Adjusts a long list one record set after the other, each against what is known just then.
pub(super) struct Piecewise {
    provider: Arc<Route53>,
    config: Arc<Config>,
    dialect: Dialect,
    addresses: Addresses,
    counterparts: Vec<Endpoint>,
    unzoned: Vec<WireName>,
    told: Few,
}

impl Piecewise {
    pub(super) fn new(provider: Arc<Route53>, dialect: Dialect) -> Self {
        let config = provider.config();
        Self {
            provider,
            config,
            dialect,
            addresses: Addresses::default(),
            counterparts: Vec::new(),
            unzoned: Vec::new(),
            told: Few::new(MORE),
        }
    }
}

impl Adjuster for Piecewise {
    fn survey(&mut self, desired: &Endpoint) {
        self.addresses.add(desired);
    }

    fn adjust(&mut self, endpoint: Endpoint, adjusted: &mut Adjusted) {
        let mut results = Results::default();
        {
            let store = self.provider.store();
            let config = &self.config;
            let (desired, dialect) = (&self.addresses, self.dialect);
            let context = Context { store: &store, config, desired, dialect };
            context.add(&endpoint, &mut results, &mut self.told);
        }
        self.provider.pin(&results.away);
        if self.unzoned.len() < MAX_UNZONED {
            let name = WireName::from_text(&endpoint.dns_name);
            if !self.provider.store().zones().any(|zone| name.is_within(&zone.zone.name)) {
                self.unzoned.push(name);
            }
        }
        self.counterparts.append(&mut results.counterparts);
        adjusted.endpoints.append(&mut results.adjusted.endpoints);
        adjusted.refused.append(&mut results.adjusted.refused);
    }

    fn finish(&mut self, adjusted: &mut Adjusted) {
        adjusted.endpoints.append(&mut self.counterparts);
        // Too late for this list; the next one finds what there is.
        self.provider.request_zones(&self.unzoned);
    }
}

/// What stands for the refusals that are not logged one by one.
const MORE: &str = "Refused more desired record sets of the same request; each is in its answer";

/// What became of desired record sets.
#[derive(Default)]
struct Results {
    adjusted: Adjusted,
    counterparts: Vec<Endpoint>,
    away: Vec<WireName>,
}

/// Names and types of the addresses that are desired, as hashes: there may be very many, and two
/// that are mixed up cost no more than a refusal by AWS.
#[derive(Default)]
struct Addresses(HashSet<u64>);

impl Addresses {
    fn add(&mut self, desired: &Endpoint) {
        if matches!(desired.record_type, RecordType::A | RecordType::Aaaa) {
            let name = WireName::from_text(&desired.dns_name);
            self.0.insert(Self::hash(&name, &desired.record_type));
        }
    }

    fn has(&self, name: &WireName, record_type: &RecordType) -> bool {
        self.0.contains(&Self::hash(name, record_type))
    }

    fn hash(name: &WireName, record_type: &RecordType) -> u64 {
        let mut hasher = DefaultHasher::new();
        (name, record_type.as_str()).hash(&mut hasher);
        hasher.finish()
    }
}

struct Context<'a> {
    store: &'a Store,
    config: &'a Config,
    desired: &'a Addresses,
    dialect: Dialect,
}

/// What a desired record set becomes, and its counterpart.
type Pair = (Endpoint, Option<Endpoint>);

impl Context<'_> {
    /// Adds what becomes of one desired record set.
    fn add(&self, desired: &Endpoint, results: &mut Results, told: &mut Few) {
        let known = properties::check(&desired.properties);
        let known = known.map_err(|bad| refuse(desired, &Invalid::from(bad)));
        if self.dialect == Dialect::Zoned {
            return match known {
                Ok(()) => self.add_to_each(desired, results, told),
                Err(refusal) => {
                    tell(&refusal, told);
                    results.adjusted.refused.push(*refusal);
                }
            };
        }
        let Results { adjusted, counterparts, away } = results;
        match known.and_then(|()| self.one(desired)) {
            Ok((endpoint, counterpart)) => {
                away.extend(self.away(&endpoint));
                adjusted.endpoints.push(endpoint);
                counterparts.extend(counterpart);
            }
            Err(refusal) => {
                tell(&refusal, told);
                adjusted.endpoints.extend(self.current(desired));
                adjusted.refused.push(*refusal);
            }
        }
    }

    fn selection(&self, desired: &Endpoint) -> Result<Selection, Box<Refusal>> {
        // What was adjusted before stays where it was sent.
        if let (Dialect::Zoned, Some(zone)) = (self.dialect, &desired.zone) {
            return Ok(Selection::Ids(vec![zone.to_string()]));
        }
        let properties = properties::canonical(&desired.properties);
        Selection::from_properties(&properties)
            .map_err(|error| refuse(desired, &Invalid::from(error)))
    }

    fn one(&self, desired: &Endpoint) -> Result<Pair, Box<Refusal>> {
        let refuse = |invalid: Invalid| refuse(desired, &invalid);
        let mut endpoint = desired.clone();
        endpoint.dns_name = DnsName::from(desired.dns_name.as_str());
        endpoint.properties = properties::canonical(&desired.properties);
        let selection = self.selection(desired)?;
        let counterpart = self.decide_alias(&mut endpoint).map_err(refuse)?;

        let name = WireName::from_text(&endpoint.dns_name);
        let choice = self.zones(desired, &name, &selection)?;
        let finish = |endpoint| {
            let mut endpoint = self.finish(endpoint, &choice).map_err(refuse)?;
            self.mark(&mut endpoint, &name, &choice);
            Ok::<_, Box<Refusal>>(endpoint)
        };
        Ok((finish(endpoint)?, counterpart.map(finish).transpose()?))
    }

    /// Decides whether the record set is an alias, and returns its counterpart of the other family.
    fn decide_alias(&self, endpoint: &mut Endpoint) -> Result<Option<Endpoint>, Invalid> {
        let alias = endpoint.properties.get(ALIAS).map(str::to_owned);
        let alias = alias.as_deref();
        if let Some(alias) = alias.filter(|alias| !["true", "false", "A", "AAAA"].contains(alias)) {
            let problem = "use `true`, `false`, `A` or `AAAA`";
            return Err(InvalidProperty::new(ALIAS, alias, problem).into());
        }
        properties::flag(&endpoint.properties, EVALUATE_TARGET_HEALTH)?;
        match (&endpoint.record_type, alias) {
            (RecordType::A | RecordType::Aaaa, Some("true")) => Ok(None),
            (RecordType::A | RecordType::Aaaa, _) => {
                endpoint.properties.remove(ALIAS);
                endpoint.properties.remove(EVALUATE_TARGET_HEALTH);
                Ok(None)
            }
            (RecordType::Cname, Some("A")) => {
                become_alias(endpoint, RecordType::A);
                Ok(None)
            }
            (RecordType::Cname, Some("AAAA")) => {
                become_alias(endpoint, RecordType::Aaaa);
                Ok(None)
            }
            (RecordType::Cname, Some("true")) => Ok(self.both_families(endpoint)),
            (RecordType::Cname, Some("false")) => {
                stay_cname(endpoint);
                Ok(None)
            }
            (RecordType::Cname, _) => {
                let target = endpoint.targets.first().map_or(Target::Elsewhere, alias::target);
                let has_zone = endpoint.properties.get(TARGET_HOSTED_ZONE).is_some();
                match target {
                    Target::UnknownRegion if has_zone && !self.config.prefer_cname => {
                        Ok(self.both_families(endpoint))
                    }
                    Target::Service(_) if !self.config.prefer_cname => {
                        Ok(self.both_families(endpoint))
                    }
                    Target::UnknownRegion if !self.config.prefer_cname => {
                        let target = endpoint.targets.first().unwrap_or_default();
                        Err(Invalid::UnknownRegion(target.to_owned()))
                    }
                    Target::Service(_) | Target::UnknownRegion | Target::Elsewhere => {
                        stay_cname(endpoint);
                        Ok(None)
                    }
                }
            }
            _ => Ok(None),
        }
    }

    /// Makes aliases of both address families, or of the one that a target of ours has alone.
    fn both_families(&self, endpoint: &mut Endpoint) -> Option<Endpoint> {
        let mut counterpart = endpoint.clone();
        become_alias(endpoint, RecordType::A);
        become_alias(&mut counterpart, RecordType::Aaaa);
        match self.families_of_target(endpoint) {
            (true, false) => None,
            (false, true) => {
                *endpoint = counterpart;
                None
            }
            (true, true) | (false, false) => Some(counterpart),
        }
    }

    /// Tells which address families the target of an alias into its own zone is known to have.
    ///
    /// Route 53 refuses an alias to a record set that does not exist.
    fn families_of_target(&self, endpoint: &Endpoint) -> (bool, bool) {
        let Some(target) = endpoint.targets.first() else {
            return (false, false);
        };
        if AliasZone::of(target, &endpoint.properties) != AliasZone::Same {
            return (true, true);
        }
        let target = WireName::from_text(&DnsName::from(target));
        let has = |record_type: RecordType| {
            // An alias points into its own zone.
            let zone = endpoint.zone.as_ref().map(ZoneId::as_str);
            let zones = self
                .store
                .available()
                .filter(|cached_zone| zone.is_none_or(|id| *cached_zone.zone.id == *id));
            let sets = zones.map(CachedZone::records);
            let has_target =
                sets.flat_map(|set| set.named(&target)).any(|set| set.record_type == record_type);
            has_target || self.desired.has(&target, &record_type)
        };
        (has(RecordType::A), has(RecordType::Aaaa))
    }

    /// Returns the usable zones that a desired record set goes to; empty when we serve none.
    fn zones(
        &self,
        desired: &Endpoint,
        name: &WireName,
        selection: &Selection,
    ) -> Result<Choice, Box<Refusal>> {
        let choice = self.choice(desired, name, selection)?;
        let usable: Choice =
            choice.iter().filter(|zone| self.reason(&zone.id).is_none()).cloned().collect();
        match choice.first() {
            Some(zone) if usable.is_empty() => match self.unavailable(desired, zone) {
                Some(refusal) => Err(refusal),
                None => Ok(usable),
            },
            _ => Ok(usable),
        }
    }

    /// Returns why a zone cannot be used; `None` when it can.
    fn reason(&self, zone_id: &str) -> Option<String> {
        self.store.zone(zone_id)?.unavailable.clone()
    }

    /// Returns the refusal of a record set whose zone cannot be used; `None` when it can.
    fn unavailable(&self, desired: &Endpoint, zone: &Zone) -> Option<Box<Refusal>> {
        let reason = self.reason(&zone.id)?;
        let message = format!("zone `{}` ({}) cannot be used: {reason}", zone.name, zone.id);
        let refusal = Refusal::of(desired, "ZoneUnavailable", message);
        Some(Box::new(Refusal { retryable: true, ..refusal }))
    }

    /// Returns the zones that a desired record set goes to; empty when we serve none.
    fn choice(
        &self,
        desired: &Endpoint,
        name: &WireName,
        selection: &Selection,
    ) -> Result<Choice, Box<Refusal>> {
        let choice = match selection.choose(name, self.store.zones().map(|zone| &zone.zone)) {
            Ok(choice) => choice,
            // For others to serve, or for the controller to leave out; not for us to validate.
            Err(NoZone::NoneMatches(_)) if *selection == Selection::Default => return Ok(vec![]),
            Err(no_zone) => {
                return Err(Box::new(Refusal::of(desired, no_zone.code(), no_zone.to_string())));
            }
        };
        if let Err(no_zone) = self.config.zones.admit(name) {
            return Err(Box::new(Refusal::of(desired, no_zone.code(), no_zone.to_string())));
        }
        Ok(choice)
    }

    /// Reports a decided record set in the form in which it would be read back.
    fn finish(&self, mut endpoint: Endpoint, choice: &Choice) -> Result<Endpoint, Invalid> {
        one_alias_target(&endpoint, self.config.prefer_cname)?;
        let set = RecordSet::from_endpoint(&endpoint, self.config.evaluate_target_health)?;
        if !endpoint.targets.is_empty() {
            validate::record_set(&set)?;
            if !choice.is_empty() && choice.iter().all(|zone| zone.private) {
                validate::in_private(&set)?;
            }
            for zone in choice {
                validate::in_zone(&set, &zone.name)?;
            }
        }
        let reported = set.to_endpoint();
        endpoint.targets = reported.targets;
        endpoint.properties = reported.properties;
        if endpoint.properties.get(ALIAS) == Some("true") {
            let ttl = Ttl::from_seconds(i64::from(DEFAULT_TTL_SECONDS));
            endpoint.ttl = endpoint.ttl.and(ttl);
        }
        Ok(endpoint)
    }

    /// Marks a record set that goes where its name does not go by itself with its zones.
    fn mark(&self, endpoint: &mut Endpoint, name: &WireName, choice: &Choice) {
        let ids =
            |choice: &Choice| choice.iter().map(|zone| zone.id.to_string()).collect::<Vec<_>>();
        let chosen = ids(choice);
        if !chosen.is_empty() && chosen != ids(&view::home(name, self.store)) {
            endpoint.properties.set(HOSTED_ZONE_ID, chosen.join(","));
        }
    }

    /// Returns the name of an adjusted record set that goes where it does not go by itself.
    fn away(&self, endpoint: &Endpoint) -> Option<WireName> {
        let ids: Vec<_> =
            endpoint.properties.get(HOSTED_ZONE_ID)?.split(',').map(Box::from).collect();
        let name = WireName::from_text(&endpoint.dns_name);
        view::is_away(&name, &ids, self.store).then_some(name)
    }

    /// Returns what is current in place of a refused record set, owned as that would be.
    fn current(&self, desired: &Endpoint) -> Vec<Endpoint> {
        let name = WireName::from_text(&desired.dns_name);
        let could_be = |current: &Endpoint| match (&desired.record_type, &current.record_type) {
            (RecordType::Cname, RecordType::A | RecordType::Aaaa | RecordType::Cname) => true,
            (desired, current) => desired == current,
        };
        let mut current = view::named(&[name], self.store);
        current.retain(|set| could_be(set) && set.set_identifier == desired.set_identifier);
        for endpoint in &mut current {
            endpoint.labels = desired.labels.clone();
        }
        current
    }
}

/// Checks that an alias has one target, since it has no more, and that only an alias says in which
/// zone its target is; where a CNAME is preferred, that is for record sets that want an alias.
fn one_alias_target(endpoint: &Endpoint, prefer_cname: bool) -> Result<(), Invalid> {
    let is_alias = endpoint.properties.get(ALIAS) == Some("true");
    match (&endpoint.record_type, endpoint.properties.get(TARGET_HOSTED_ZONE)) {
        (RecordType::A | RecordType::Aaaa, _) if is_alias && endpoint.targets.len() > 1 => {
            let targets: Vec<_> = endpoint.targets.iter().collect();
            Err(Invalid::AliasTargets(targets.join(", ")))
        }
        (RecordType::A | RecordType::Aaaa | RecordType::Cname, Some(zone))
            if !is_alias && !prefer_cname =>
        {
            let problem = "the record set is no alias; set `alias` to `true`, or remove it";
            Err(InvalidProperty::new(TARGET_HOSTED_ZONE, zone, problem).into())
        }
        _ => Ok(()),
    }
}

fn refuse(desired: &Endpoint, invalid: &Invalid) -> Box<Refusal> {
    Box::new(Refusal::of(desired, invalid.code(), invalid.to_string()))
}

fn tell(refusal: &Refusal, told: &mut Few) {
    if !told.is_first() {
        return;
    }
    tracing::warn!(
        record.name = %refusal.dns_name,
        record.r#type = refusal.record_type.as_str(),
        zone.id = refusal.zone.as_ref().map(ZoneId::as_str),
        reason = refusal.code.as_str(),
        error = refusal.message,
        "Refused a desired record set; what is held stays as it is"
    );
}

fn become_alias(endpoint: &mut Endpoint, record_type: RecordType) {
    endpoint.record_type = record_type;
    endpoint.properties.set(ALIAS, "true");
}

fn stay_cname(endpoint: &mut Endpoint) {
    endpoint.properties.set(ALIAS, "false");
    endpoint.properties.remove(EVALUATE_TARGET_HEALTH);
}
