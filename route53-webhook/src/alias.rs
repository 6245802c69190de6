//! Which host names of AWS services an alias can point to, and in which hosted zone they live.
//!
//! The table is data (`alias/canonical_zones.txt`). A load balancer in a region it does not know is
//! a reason that people can act on, never a silent CNAME.

use std::collections::HashMap;
use std::sync::LazyLock;

static TABLE: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    include_str!("alias/canonical_zones.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .collect()
});

/// Zones of services whose targets have no health that Route 53 knows ([`EvaluateTargetHealth`]): an
/// alias to them must not evaluate it.
///
/// `CloudFront`, which edge-optimised APIs are behind, too.
///
/// [`EvaluateTargetHealth`]: https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html
pub const WITHOUT_HEALTH: [&str; 1] = ["Z2FDTNDATAQYW2"];

/// What the table says about a host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// An AWS service, in the hosted zone with this id.
    Service(&'static str),
    /// A load balancer of AWS in a region that the table does not know.
    UnknownRegion,
    /// Any other host name.
    Elsewhere,
}

/// Returns what the table says about `hostname`, whatever its case and final dot.
pub fn target(hostname: &str) -> Target {
    let name = hostname.strip_suffix('.').unwrap_or(hostname).to_ascii_lowercase();
    let mut suffix = name.as_str();
    loop {
        if let Some(zone) = TABLE.get(suffix) {
            return Target::Service(zone);
        }
        match suffix.split_once('.') {
            Some((_, rest)) => suffix = rest,
            None if is_load_balancer(&name) => return Target::UnknownRegion,
            None => return Target::Elsewhere,
        }
    }
}

/// Tells whether a name has the form `….elb.REGION.amazonaws.com` or `….REGION.elb.amazonaws.com`.
fn is_load_balancer(name: &str) -> bool {
    [".amazonaws.com", ".amazonaws.com.cn"]
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix))
        .is_some_and(|head| head.rsplit('.').take(2).any(|label| label == "elb"))
}

/// Returns every suffix and hosted zone id of the table.
pub fn table() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.iter().map(|(suffix, zone)| (*suffix, *zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suffix_of_the_table_finds_its_zone() {
        assert_eq!(table().count(), 133);
        for (suffix, zone) in table() {
            assert_eq!(target(suffix), Target::Service(zone), "{suffix}");
            assert_eq!(target(&format!("foo.{suffix}")), Target::Service(zone), "{suffix}");
        }
    }

    #[test]
    fn the_table_says_where_and_when_each_part_was_read() {
        let text = include_str!("alias/canonical_zones.txt");
        assert!(text.contains("Checked 20"), "the date");
        for group in
            text.split("\n\n").filter(|group| group.lines().any(|line| !line.starts_with('#')))
        {
            assert!(group.contains("# https://docs.aws.amazon.com/"), "{group}");
        }
    }

    #[test]
    fn case_and_final_dot_do_not_hide_a_load_balancer() {
        let zone = Target::Service("Z35SXDOTRQ7X7K");
        assert_eq!(target("x.US-EAST-1.elb.amazonaws.com."), zone);
    }

    #[test]
    fn an_unknown_region_is_told_apart_from_another_host() {
        assert_eq!(target("foo.elb.eastwest-1.amazonaws.com"), Target::UnknownRegion);
        assert_eq!(target("foo.eastwest-1.elb.amazonaws.com"), Target::UnknownRegion);
        assert_eq!(target("foo.example.org"), Target::Elsewhere);
        assert_eq!(target("bucket.s3.amazonaws.com"), Target::Elsewhere);
        assert_eq!(target("notcloudfront.net"), Target::Elsewhere);
    }
}
