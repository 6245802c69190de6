//! The IAM policy that a set of flags needs, and nothing more.

use serde_json::{Value, json};

use super::settings;
use crate::args::Args;

/// Returns the policy as JSON.
///
/// Roles that `--zone-role` names need the same for their own zones; this one then lets them be
/// assumed.
pub(super) fn policy(args: &Args) -> String {
    let filter = settings::zone_filter(&args.zones);
    let ids = filter.whole_ids();
    let zones: Vec<String> = match &ids {
        Some(ids) => ids.iter().map(|id| format!("arn:aws:route53:::hostedzone/{id}")).collect(),
        None => vec!["arn:aws:route53:::hostedzone/*".to_owned()],
    };
    let mut actions = vec!["route53:ListResourceRecordSets"];
    if !args.records.dry_run {
        actions.push("route53:ChangeResourceRecordSets");
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
    if ids.is_none() {
        statements.push(allow("Zones", "route53:ListHostedZones", &json!("*")));
    }
    if args.records.aws_wait_insync {
        let changes = json!("arn:aws:route53:::change/*");
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

fn allow(sid: &str, action: &str, resource: &Value) -> Value {
    json!({ "Sid": sid, "Effect": "Allow", "Action": [action], "Resource": resource })
}
