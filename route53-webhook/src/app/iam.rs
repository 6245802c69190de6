//! The IAM policy that a set of flags needs, and nothing more.
//!
//! Where the flags say which names or types are written, the right to write is bound to them by the
//! [conditions] that IAM has for Route 53, so a key that is stolen changes nothing else.
//!
//! [conditions]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html

use external_dns_webhook::{DnsName, DomainFilter, RecordType};
use serde_json::{Map, Value, json};

use super::config;
use crate::args::Args;
use crate::name::WireName;

/// Returns the policy as JSON, for the partition of a region.
///
/// Roles that `--zone-role` names need the same for their own zones; this one then lets them be
/// assumed. `types` are those that the controller manages; empty when it is not said which.
pub(super) fn policy(args: &Args, types: &[RecordType], region: &str) -> String {
    let roles = args.aws.zone_role.iter().map(|(_, role)| role);
    let mut roles = args.aws.aws_assume_role.iter().chain(roles);
    // Zones are in the partition of the role that reaches them, whatever region is set.
    let of_role = roles.find_map(|role| role.strip_prefix("arn:")?.split(':').next());
    let partition = of_role.unwrap_or_else(|| partition(region));
    let filter = config::zone_filter(&args.zones);
    let ids = filter.whole_ids();
    let arn = |resource: &str| format!("arn:{partition}:route53:::{resource}");
    let zones: Vec<String> = match &ids {
        Some(ids) => ids.iter().map(|id| arn(&format!("hostedzone/{id}"))).collect(),
        None => vec![arn("hostedzone/*")],
    };
    let mut actions = vec!["route53:ListResourceRecordSets"];
    let mut bound = None;
    if !args.records.dry_run {
        actions.push("route53:GetHostedZoneLimit");
        bound = conditions(args, types);
        if bound.is_none() {
            actions.push("route53:ChangeResourceRecordSets");
        }
    }
    if ids.is_some() {
        actions.push("route53:GetHostedZone");
    }
    if !filter.tags.is_empty() {
        actions.push("route53:ListTagsForResources");
    }
    actions.sort_unstable();
    let mut statements = vec![json!({
        "Sid": "Records",
        "Effect": "Allow",
        "Action": actions,
        "Resource": zones,
    })];
    if let Some(condition) = bound {
        let mut changes = allow("Changes", "route53:ChangeResourceRecordSets", &json!(zones));
        if let Some(statement) = changes.as_object_mut() {
            statement.insert("Condition".to_owned(), condition);
        }
        statements.push(changes);
    }
    if ids.is_none() {
        statements.push(allow("Zones", "route53:ListHostedZones", &json!("*")));
    }
    if args.records.aws_wait_insync {
        let changes = json!(arn("change/*"));
        statements.push(allow("Insync", "route53:GetChange", &changes));
    }
    let mut roles: Vec<_> = args.aws.zone_role.iter().map(|(_, role)| role.as_str()).collect();
    roles.extend(args.aws.aws_assume_role.as_deref());
    roles.sort_unstable();
    roles.dedup();
    if !roles.is_empty() {
        statements.push(allow("Roles", "sts:AssumeRole", &json!(roles)));
    }
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    format!("{policy:#}")
}

/// Returns the partition of a region ([partitions]).
///
/// [partitions]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
fn partition(region: &str) -> &'static str {
    const PARTITIONS: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ];
    let region = region.trim().to_ascii_lowercase();
    let found = PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix));
    found.map_or("aws", |(_, partition)| partition)
}

/// Returns what binds the right to write; `None` when the flags say neither names nor types.
fn conditions(args: &Args, types: &[RecordType]) -> Option<Value> {
    let names = names(args);
    if names.is_empty() && types.is_empty() {
        return None;
    }
    let mut bound = Map::new();
    let mut bind = |key: &str, values: Vec<String>| {
        bound.insert(format!("route53:ChangeResourceRecordSets{key}"), json!(values));
    };
    if !names.is_empty() {
        bind("NormalizedRecordNames", names);
    }
    if !types.is_empty() {
        bind("RecordTypes", written(types));
    }
    let upsert = args.records.aws_upsert.then_some("UPSERT");
    let actions = ["CREATE", "DELETE"].into_iter().chain(upsert);
    bind("Actions", actions.map(str::to_owned).collect());
    Some(json!({ "ForAllValues:StringLike": bound }))
}

/// Returns the names that are written, as IAM spells them, with `*` for everything; empty when the
/// flags do not say.
///
/// A zone that is served as a parent has ownership records that lie beside the names of the list.
fn names(args: &Args) -> Vec<String> {
    let filter = config::zone_filter(&args.zones);
    let DomainFilter::Lists { include, .. } = &filter.domains else {
        return Vec::new();
    };
    if filter.match_parent {
        return Vec::new();
    }
    let given = include.iter().map(|include| include.trim()).filter(|include| !include.is_empty());
    let names = given.flat_map(|domain| {
        let is_below = domain.starts_with('.');
        let name = WireName::from_text(&DnsName::from(domain.trim_start_matches('.')));
        let own = (!is_below).then(|| name.as_str().to_owned());
        own.into_iter().chain([format!("*.{}", name.as_str())])
    });
    names.collect()
}

/// Returns the types that are written where these are managed: a CNAME may become aliases, and
/// ownership records are text.
fn written(types: &[RecordType]) -> Vec<String> {
    let mut written: Vec<_> =
        types.iter().map(|record_type| record_type.as_str().to_owned()).collect();
    if types.contains(&RecordType::Cname) {
        written.extend(
            [RecordType::A, RecordType::Aaaa].map(|record_type| record_type.as_str().to_owned()),
        );
    }
    written.push(RecordType::Txt.as_str().to_owned());
    written.sort_unstable();
    written.dedup();
    written
}

fn allow(sid: &str, action: &str, resource: &Value) -> Value {
    json!({ "Sid": sid, "Effect": "Allow", "Action": [action], "Resource": resource })
}

#[cfg(test)]
mod tests {
    use daemon::CommandLine as _;

    use super::*;

    fn printed(args: &[&str], types: &[RecordType], region: &str) -> Value {
        let args = ["route53-webhook"].iter().chain(args);
        let (args, _) = Args::parse_words(args).unwrap();
        serde_json::from_str(&policy(&args, types, region)).unwrap()
    }

    #[test]
    fn every_resource_is_in_the_partition_of_the_region() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("eu-central-1", "aws"),
            ("cn-northwest-1", "aws-cn"),
            ("CN-NORTH-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            let policy = printed(&["--zone-id-filter=Z1", "--aws-wait-insync"], &[], region);
            let arn = |resource| format!("arn:{partition}:route53:::{resource}");
            assert_eq!(policy["Statement"][0]["Resource"][0], arn("hostedzone/Z1"));
            assert_eq!(policy["Statement"][1]["Resource"], arn("change/*"));
        }
    }

    #[test]
    fn a_role_says_the_partition_where_no_region_does() {
        let role = "arn:aws-cn:iam::123456789012:role/dns";
        for argument in [format!("--aws-assume-role={role}"), format!("--zone-role=Z1={role}")] {
            let policy = printed(&[&argument, "--zone-id-filter=Z1"], &[], "us-east-1");
            assert_eq!(policy["Statement"][0]["Resource"][0], "arn:aws-cn:route53:::hostedzone/Z1");
        }
    }

    #[test]
    fn the_right_to_write_is_bound_to_the_names_and_types_that_the_flags_say() {
        let args = ["--domain-filter=Example.com.", "--domain-filter=.b\u{fc}cher.example"];
        let policy = printed(&args, &[RecordType::Cname], "us-east-1");
        assert_eq!(
            policy["Statement"][1],
            json!({
                "Sid": "Changes",
                "Effect": "Allow",
                "Action": ["route53:ChangeResourceRecordSets"],
                "Resource": ["arn:aws:route53:::hostedzone/*"],
                "Condition": { "ForAllValues:StringLike": {
                    "route53:ChangeResourceRecordSetsActions": ["CREATE", "DELETE"],
                    "route53:ChangeResourceRecordSetsNormalizedRecordNames":
                        ["example.com", "*.example.com", "*.xn--bcher-kva.example"],
                    "route53:ChangeResourceRecordSetsRecordTypes": ["A", "AAAA", "CNAME", "TXT"],
                }},
            })
        );
        let actions = policy["Statement"][0]["Action"].as_array().unwrap();
        assert!(!actions.iter().any(|action| action == "route53:ChangeResourceRecordSets"));
    }

    #[test]
    fn without_names_and_types_or_where_they_cannot_be_told_nothing_is_bound() {
        for args in [
            &[][..],
            &["--regex-domain-filter=example"],
            &["--domain-filter=x.example.com", "--aws-zone-match-parent"],
            &["--domain-filter=example.com", "--dry-run"],
        ] {
            let policy = printed(args, &[], "us-east-1").to_string();
            assert!(!policy.contains("Condition"), "{args:?}: {policy}");
        }
    }

    #[test]
    fn where_records_are_written_over_that_is_allowed_too() {
        let policy = printed(&["--domain-filter=a.org", "--aws-upsert"], &[], "us-east-1");
        let bound = &policy["Statement"][1]["Condition"]["ForAllValues:StringLike"];
        let actions = &bound["route53:ChangeResourceRecordSetsActions"];
        assert_eq!(*actions, json!(["CREATE", "DELETE", "UPSERT"]));
    }
}
