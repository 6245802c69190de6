//! Which version of a kind is preferred: `v2` before `v1` before `v1beta1` before the rest.

use std::cmp::Reverse;

/// The order of a version; the smallest is preferred ([version priority]).
///
/// [version priority]: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#version-priority
pub(crate) type Priority = (u8, Reverse<u64>, Reverse<u64>, String);

/// Returns the place of `version` among the versions of its group.
pub(crate) fn priority(version: &str) -> Priority {
    parse(version).unwrap_or_else(|| (3, Reverse(0), Reverse(0), version.to_owned()))
}

fn parse(version: &str) -> Option<Priority> {
    let rest = version.strip_prefix('v')?;
    let (rank, major, minor) = match (rest.split_once("beta"), rest.split_once("alpha")) {
        (Some((major, minor)), _) => (1, major, minor),
        (None, Some((major, minor))) => (2, major, minor),
        (None, None) => (0, rest, "0"),
    };
    Some((rank, Reverse(major.parse().ok()?), Reverse(minor.parse().ok()?), String::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stable_versions_come_before_beta_before_alpha_before_other_words() {
        let mut versions = vec!["foo10", "v1alpha1", "v1", "v3beta1", "v10", "v2", "v1beta2"];
        versions.sort_by_key(|version| priority(version));
        assert_eq!(versions, ["v10", "v2", "v1", "v3beta1", "v1beta2", "v1alpha1", "foo10"]);
    }
}
