//! The zones that AWS services publish for alias targets, and the names that lie in each.
//!
//! The table is AWS's own: ELB, Global Accelerator, `CloudFront`, `PrivateLink`, API Gateway and S3
//! website endpoints ([endpoints]). A target in a service's zone has to end with the suffix that the
//! zone serves, whatever stands before it.
//!
//! [endpoints]: https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html

use std::collections::BTreeMap;

use crate::name::Name;

/// One suffix and zone id per line.
const TABLE: &str = include_str!("../alias_zones.tsv");

/// The zone id of `CloudFront` and of edge-optimised APIs, for which extra rules hold.
pub(crate) const CLOUDFRONT: &str = "Z2FDTNDATAQYW2";

/// Which names lie in the zones of AWS services.
#[derive(Debug, Clone)]
pub(crate) struct AliasZones(BTreeMap<String, Vec<Name>>);

impl Default for AliasZones {
    /// The zones of AWS services.
    fn default() -> Self {
        let mut zones = Self(BTreeMap::new());
        for line in TABLE.lines() {
            if let Some((suffix, id)) = line.split_once('\t')
                && let Ok(suffix) = suffix.parse()
            {
                zones.add(id, suffix);
            }
        }
        zones
    }
}

impl AliasZones {
    /// Adds a zone, for services and regions that the table lacks.
    pub(crate) fn add(&mut self, id: &str, suffix: Name) {
        self.0.entry(id.to_owned()).or_default().push(suffix);
    }

    /// Tells whether a service has a zone of this id and the name lies in it.
    pub(crate) fn covers(&self, id: &str, name: &Name) -> bool {
        let suffixes = self.0.get(id).map(Vec::as_slice).unwrap_or_default();
        suffixes.iter().any(|suffix| name.is_within(suffix))
    }
}
