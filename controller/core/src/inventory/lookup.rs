//! Of which names everything must be known to judge one name, when not everything is known.
//!
//! Whose a record set is follows from the ownership records about its name, which stand under other
//! names; and what such a name means can depend on a third one: `a-www` is the ownership record on
//! `www`, or the old one on a host `a-www`, which that host and its own ownership records decide.

use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{CanonicalName, Endpoint, RecordType};

use super::current_record::would_fit;
use super::names::Affixes;
use super::place::{below, fits};

/// Types that ownership records without a type were written for, whatever is managed.
const ADDRESSES: [RecordType; 3] = [RecordType::A, RecordType::Aaaa, RecordType::Cname];

/// Returns the names that decide over the names of `wanted`, by these.
pub(crate) fn names(
    affixes: &Affixes,
    wanted: &[Endpoint],
    managed: &BTreeSet<RecordType>,
) -> BTreeMap<CanonicalName, BTreeSet<CanonicalName>> {
    let kinds: BTreeSet<_> = managed.iter().chain(&ADDRESSES).collect();
    let mut lookups: BTreeMap<CanonicalName, BTreeSet<CanonicalName>> = BTreeMap::new();
    for record in wanted {
        let name = record.dns_name.canonical().clone();
        let names = lookups.entry(name.clone()).or_default();
        let counterparts = [affixes.lookup_name(&name), affixes.wildcard_counterpart(&name)];
        let counterparts = counterparts.into_iter().flatten().map(CanonicalName::from);
        let owned_names = counterparts.chain([name.clone()]);
        names.extend(below(&name, record).map(CanonicalName::from));
        // An alias of type A may be owned as the CNAME that it was.
        let cname = Some(&RecordType::Cname).filter(|cname| would_fit(cname, record));
        for about in owned_names {
            let types = [Some(&record.record_type), cname].into_iter().flatten();
            let places = types.flat_map(|record_type| affixes.forms(&about, record_type));
            for place in places.filter(|place| fits(place)) {
                // The host that an ownership record there may have been about, and what is on it.
                if let Some(host) = affixes.untyped(&place) {
                    let forms = kinds.iter().flat_map(|kind| affixes.forms(&host, kind));
                    names.extend(forms.map(CanonicalName::from));
                    names.insert(host.into());
                }
                // The name that one without a type reads as one on.
                names.extend(affixes.owned(&place).map(|(other, _)| other.into()));
                names.insert(place.into());
            }
            names.insert(about);
        }
        // No zone holds another one.
        names.retain(|name| fits(name));
    }
    lookups
}
