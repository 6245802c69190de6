//! From flags to what the parts need.

use std::collections::BTreeMap;
use std::sync::Arc;

use external_dns_webhook::DomainFilter;
use tokio_util::sync::CancellationToken;

use crate::api::{self, Account, Credentials, SharedFiles, SharedPaths};
use crate::args::{Args, AwsArgs, RecordArgs, ZoneArgs, ZoneTypeArg};
use crate::batch::Limits;
use crate::metrics::Metrics;
use crate::pace::Budget;
use crate::provider::Config;
use crate::records::MaxAge;
use crate::writes::Mode;
use crate::zones::{ZoneFilter, ZoneTag, ZoneType};

/// The accounts that the flags name.
pub(super) struct Accounts {
    /// Accounts whose zones are listed.
    pub(super) listed: Vec<Arc<Account>>,
    /// Accounts of single zones, by zone id.
    pub(super) by_role: BTreeMap<String, Arc<Account>>,
}

/// Returns how the provider behaves.
pub(super) fn provider(args: &Args) -> Config {
    // No `..`: a new flag must be given a meaning here before the crate compiles.
    let Args { command: _, serve: _, zones, aws: _, records } = args;
    let RecordArgs {
        aws_evaluate_target_health,
        aws_prefer_cname,
        aws_upsert,
        aws_wait_insync,
        aws_batch_change_size,
        aws_batch_change_size_bytes,
        aws_batch_change_size_values,
        aws_batch_change_interval,
        records_timeout,
        dry_run,
    } = records;
    Config {
        zones: zone_filter(zones),
        evaluate_target_health: *aws_evaluate_target_health,
        prefer_cname: *aws_prefer_cname,
        max_age: MaxAge {
            zones: zones.aws_zones_cache_duration,
            records: zones.full_read_interval,
        },
        answer_within: *records_timeout,
        mode: if *aws_upsert { Mode::Upsert } else { Mode::CompareAndSwap },
        limits: Limits {
            changes: *aws_batch_change_size,
            bytes: *aws_batch_change_size_bytes,
            values: *aws_batch_change_size_values,
        },
        batch_interval: *aws_batch_change_interval,
        dry_run: *dry_run,
        wait_insync: *aws_wait_insync,
    }
}

/// Returns which zones are served.
pub(super) fn zone_filter(args: &ZoneArgs) -> ZoneFilter {
    let ZoneArgs {
        domain_filter,
        exclude_domains,
        regex_domain_filter,
        regex_domain_exclusion,
        zone_id_filter,
        aws_zone_type,
        aws_zone_tags,
        aws_zone_match_parent,
        aws_zones_cache_duration: _,
        full_read_interval: _,
        shard,
    } = args;
    ZoneFilter {
        ids: given(zone_id_filter),
        zone_type: match aws_zone_type {
            ZoneTypeArg::Any => ZoneType::Any,
            ZoneTypeArg::Public => ZoneType::Public,
            ZoneTypeArg::Private => ZoneType::Private,
        },
        domains: DomainFilter::from_flags(
            (domain_filter, exclude_domains),
            (regex_domain_filter.clone(), regex_domain_exclusion.clone()),
        ),
        match_parent: *aws_zone_match_parent,
        tags: aws_zone_tags.iter().filter_map(|tag| ZoneTag::parse(tag)).collect(),
        shard: *shard,
    }
}

/// Connects to the accounts. Roles in one account share its request budget.
///
/// Nothing is asked of AWS any more once `end` is cancelled.
pub(super) async fn accounts(
    args: &AwsArgs,
    metrics: &Metrics,
    end: &CancellationToken,
) -> anyhow::Result<Accounts> {
    let AwsArgs {
        aws_profile,
        aws_assume_role,
        aws_assume_role_external_id,
        zone_role,
        aws_api_retries,
        aws_requests_per_second,
    } = args;
    #[expect(
        clippy::disallowed_methods,
        reason = "these variables are those of every program of AWS"
    )]
    let variable = |name| std::env::var(name).ok();
    api::check_endpoint_urls(variable)?;
    api::check_files(variable)?;
    api::check_keys(variable)?;
    let authorities: Option<Arc<str>> = api::authorities(variable)?.map(Into::into);
    let files = SharedPaths::of(variable);
    let shared = files.read();
    let of_variable = variable("AWS_PROFILE").filter(|name| !name.is_empty());
    let default_profile = of_variable.unwrap_or_else(|| "default".to_owned());
    let every = Credentials {
        external_id: aws_assume_role_external_id.clone(),
        proxy: api::proxy(variable).map(Into::into),
        named: api::NamedSources::of(variable),
        files,
        default_profile,
        ..Credentials::default()
    };
    let with = |profile: Option<String>, role_arn: Option<String>| -> anyhow::Result<Credentials> {
        let in_use = profile.as_deref().unwrap_or(&every.default_profile);
        let authorities = trusted(&shared, authorities.as_ref(), in_use)?;
        Ok(Credentials { profile, role_arn, authorities, ..every.clone() })
    };
    let mut budgets: BTreeMap<String, Arc<Budget>> = BTreeMap::new();
    let mut connect = async |name: String, account: &str, credentials: Credentials| {
        let budget = budgets
            .entry(account.to_owned())
            .or_insert_with(|| Arc::new(Budget::new(*aws_requests_per_second)));
        let client = Box::pin(api::connect(&credentials)).await;
        let limits = (*aws_api_retries, metrics.clone());
        let account = Account::new(name, &client, Arc::clone(budget), limits);
        Arc::new(account.reconnecting(credentials).ending_with(end.clone()))
    };

    let mut profiles: Vec<_> = given(aws_profile).into_iter().map(Some).collect();
    profiles.dedup();
    if profiles.is_empty() {
        profiles.push(None);
    }
    let mut listed = Vec::new();
    for profile in &profiles {
        let credentials = with(profile.clone(), aws_assume_role.clone())?;
        if profile.is_some() {
            api::check_profile(&credentials).await?;
        }
        let name = profile.clone().unwrap_or_else(|| "default".to_owned());
        let account = aws_assume_role.as_deref().map_or(name.as_str(), account_of_role);
        listed.push(connect(name.clone(), account, credentials).await);
    }
    let mut by_role = BTreeMap::new();
    let mut connected: BTreeMap<&str, Arc<Account>> = BTreeMap::new();
    for (zone_id, role) in zone_role {
        let account = if let Some(account) = connected.get(role.as_str()) {
            Arc::clone(account)
        } else {
            let credentials = with(profiles.first().cloned().flatten(), Some(role.clone()))?;
            connect(role.clone(), account_of_role(role), credentials).await
        };
        connected.insert(role, Arc::clone(&account));
        by_role.insert(zone_id.clone(), account);
    }
    Ok(Accounts { listed, by_role })
}

/// Returns the authorities that AWS is trusted by with a profile, after a look at where that says AWS is.
fn trusted(
    shared: &SharedFiles,
    of_all: Option<&Arc<str>>,
    profile: &str,
) -> anyhow::Result<Option<Arc<str>>> {
    shared.check_endpoint_urls(profile)?;
    match of_all {
        Some(authorities) => Ok(Some(Arc::clone(authorities))),
        None => Ok(shared.authorities(profile)?.map(Into::into)),
    }
}

/// Compat: an empty value in a list means that nothing was given.
fn given(values: &[String]) -> Vec<String> {
    values
        .iter()
        .map(|value| value.trim())
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Returns the account in `arn:aws:iam::ACCOUNT:role/NAME`.
fn account_of_role(arn: &str) -> &str {
    arn.split(':').nth(4).filter(|part| !part.is_empty()).unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use daemon::CommandLine as _;

    use super::*;

    fn parsed(args: &[&str]) -> Args {
        Args::parse_words(["route53-webhook"].iter().chain(args)).unwrap().0
    }

    #[test]
    fn an_empty_value_among_several_ids_does_not_let_every_zone_in() {
        let ids = |args: &[&str]| zone_filter(&parsed(args).zones).ids;
        assert_eq!(ids(&["--zone-id-filter=A1", "--zone-id-filter="]), ["A1"]);
        assert_eq!(ids(&["--zone-id-filter="]), [""; 0]);
    }

    #[test]
    fn an_expression_wins_over_the_list_unless_it_is_empty() {
        let domains = |args: &[&str]| zone_filter(&parsed(args).zones).domains;
        let list = domains(&["--domain-filter=example.com"]);
        let both = ["--domain-filter=example.com", "--regex-domain-filter="];
        assert_eq!(domains(&both), list);
        let expression = domains(&["--regex-domain-filter=org$"]);
        let both = ["--domain-filter=example.com", "--regex-domain-filter=org$"];
        assert_eq!(domains(&both), expression);
        assert_ne!(expression, list);
    }

    #[tokio::test]
    async fn without_a_profile_there_is_one_account_with_the_name_default() {
        for args in [&[][..], &["--aws-profile="]] {
            let accounts =
                accounts(&parsed(args).aws, &Metrics::default(), &CancellationToken::new())
                    .await
                    .unwrap();
            let names: Vec<_> =
                accounts.listed.iter().map(|account| account.name.as_str()).collect();
            assert_eq!(names, ["default"], "{args:?}");
        }
    }

    #[tokio::test]
    async fn roles_of_one_account_share_its_budget_and_other_accounts_have_their_own() {
        let arguments = [
            "--zone-role=Z1=arn:aws:iam::111111111111:role/a",
            "--zone-role=Z2=arn:aws:iam::111111111111:role/b",
            "--zone-role=Z3=arn:aws:iam::222222222222:role/a",
            "--zone-role=Z4=arn:aws:iam::111111111111:role/a",
        ];
        let args = parsed(&arguments);
        let accounts =
            accounts(&args.aws, &Metrics::default(), &CancellationToken::new()).await.unwrap();
        let account = |zone: &str| &accounts.by_role[zone];
        let share = |a: &str, b: &str| std::ptr::eq(account(a).budget(), account(b).budget());
        assert!(share("Z1", "Z2") && !share("Z1", "Z3"));
        assert!(Arc::ptr_eq(account("Z1"), account("Z4")), "a role is assumed once");
        assert!(
            accounts
                .listed
                .iter()
                .all(|other| !std::ptr::eq(other.budget(), account("Z1").budget()))
        );
    }
}
