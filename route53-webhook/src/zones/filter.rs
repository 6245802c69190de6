//! Which hosted zones are served.

use external_dns_webhook::{DnsName, DomainFilter, Shard};

use super::{NoZone, Zone};
use crate::name::WireName;
use crate::record_set::bare_zone_id;

/// Which hosted zones are served; every part must agree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZoneFilter {
    /// Ids, or their ends; empty for every zone.
    pub ids: Vec<String>,
    /// Public or private.
    pub zone_type: ZoneType,
    /// Names.
    pub domains: DomainFilter,
    /// Whether a zone is also served when something below its name is in `domains`.
    pub match_parent: bool,
    /// Tags that a zone must have, all of them.
    pub tags: Vec<ZoneTag>,
    /// Which part of them; `None` for all. It is found out when all other zones are known.
    pub shard: Option<Shard>,
}

/// Which kind of zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ZoneType {
    /// Both kinds.
    #[default]
    Any,
    /// Zones that the Internet sees.
    Public,
    /// Zones that only networks inside AWS see.
    Private,
}

/// A tag that a zone must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneTag {
    /// Its key.
    pub key: String,
    /// Its value; `None` for any.
    pub value: Option<String>,
}

impl ZoneTag {
    /// Reads `KEY` or `KEY=VALUE`; `None` when the key is empty.
    pub fn parse(text: &str) -> Option<Self> {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        let value = Some(value.trim()).filter(|value| !value.is_empty()).map(str::to_owned);
        Some(key.trim())
            .filter(|key| !key.is_empty())
            .map(|key| Self { key: key.to_owned(), value })
    }
}

impl ZoneFilter {
    /// Returns the ids when they are whole ids, so that no zone needs to be listed.
    ///
    /// A whole id starts with `Z`; anything else is the end of one.
    pub fn whole_ids(&self) -> Option<Vec<&str>> {
        let ids: Vec<_> = self.ids.iter().map(|id| bare_zone_id(id)).collect();
        let whole = |id: &&str| {
            id.len() > 1
                && id.starts_with('Z')
                && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        };
        (!ids.is_empty() && ids.iter().all(whole)).then_some(ids)
    }

    /// Tells whether everything but the tags agrees to a zone.
    pub fn covers(&self, zone: &Zone) -> bool {
        let Self { ids, zone_type, domains, match_parent, tags: _, shard: _ } = self;
        let full_id = format!("/hostedzone/{}", zone.id);
        let name = DnsName::from(zone.name.to_text());
        (ids.is_empty() || ids.iter().any(|id| full_id.ends_with(id.as_str())))
            && match zone_type {
                ZoneType::Any => true,
                ZoneType::Public => !zone.private,
                ZoneType::Private => zone.private,
            }
            && (domains.covers(&name) || (*match_parent && has_part(domains, &name)))
    }

    /// Checks that a name is not left out: what applies to its zone applies to all zones above.
    ///
    /// Expressions are about zones only.
    ///
    /// # Errors
    ///
    /// Returns [`NoZone::Excluded`] when it is this or below something that is left out.
    pub fn admit(&self, name: &WireName) -> Result<(), NoZone> {
        let DomainFilter::Lists { exclude, .. } = &self.domains else {
            return Ok(());
        };
        let text = name.to_text();
        let excluding = DomainFilter::lists([""; 0], exclude);
        if excluding.covers(&DnsName::from(text.as_str())) {
            return Ok(());
        }
        Err(NoZone::Excluded(text))
    }

    /// Tells whether a zone could be served that has this name.
    pub fn may_cover(&self, name: &WireName) -> bool {
        // Expressions and parents are about zones, so any name will do.
        let is_about_names = matches!(self.domains, DomainFilter::Lists { .. });
        let is_about_parents = self.match_parent || !is_about_names;
        is_about_parents || self.domains.covers(&DnsName::from(name.to_text()))
    }

    /// Tells whether a zone with these tags is served.
    ///
    /// Compat: of a key that is given twice, the last value counts.
    pub fn covers_tags(&self, tags: &[(String, String)]) -> bool {
        let has_tag = |tag: &ZoneTag| {
            let last = self.tags.iter().rfind(|other| other.key == tag.key).unwrap_or(tag);
            tags.iter().any(|(key, value)| {
                *key == last.key && last.value.as_ref().is_none_or(|other| other == value)
            })
        };
        self.tags.iter().all(has_tag)
    }

    /// Returns the names that are served, for controllers: those of `zones` and all below, as far
    /// as the filter goes.
    ///
    /// A zone that is served only as the parent of what is configured is narrowed to that. Compat:
    /// each name comes with its dotted form. Without any zone nothing is known, which is
    /// [`DomainFilter::All`], but for a shard: that has none.
    pub fn served_names<'a>(&self, zones: impl IntoIterator<Item = &'a Zone>) -> DomainFilter {
        let (included, excluded) = match &self.domains {
            DomainFilter::Lists { include, exclude } => (include.as_slice(), exclude.as_slice()),
            DomainFilter::All | DomainFilter::Nothing | DomainFilter::Patterns { .. } => {
                (&[][..], &[][..])
            }
        };
        let mut include = Vec::new();
        for zone in zones {
            let name = zone.name.to_text();
            if self.domains.covers(&DnsName::from(name.as_str())) || included.is_empty() {
                include.extend([name.clone(), format!(".{name}")]);
                continue;
            }
            let below = |include: &&String| include.ends_with(&format!(".{name}"));
            let narrowed = included.iter().filter(below);
            include
                .extend(narrowed.flat_map(|narrowed| [narrowed.clone(), format!(".{narrowed}")]));
        }
        include.sort();
        include.dedup();
        if include.is_empty() {
            // A shard of which it is known that it has no zone is one without any name.
            return self.shard.map_or(DomainFilter::All, |_| DomainFilter::Nothing);
        }
        DomainFilter::lists(&include, excluded)
    }
}

/// Tells whether something that the lists include is below `zone`.
///
/// Expressions say nothing about parents, so with them only zones that match are served.
fn has_part(domains: &DomainFilter, zone: &DnsName) -> bool {
    match domains {
        DomainFilter::Nothing | DomainFilter::Patterns { .. } => false,
        DomainFilter::All | DomainFilter::Lists { .. } => domains.covers_below(zone),
    }
}
