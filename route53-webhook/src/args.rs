//! The command line, and the environment that stands in for it.
//!
//! Flags that ExternalDNS has keep its names, its variables (`EXTERNAL_DNS_…`) and its grammar:
//! `--flag` and `--no-flag`, Go durations, lists by repetition or, in a variable, by lines. What
//! neither sets, the file of `--config` may.

mod reloaded;
mod values;

use std::path::Path;
use std::time::Duration;

use clap::{Args as _, CommandFactory as _, Parser, Subcommand, ValueEnum};
use daemon::{CommandLine, Complaints, ServeArgs};
use external_dns_webhook::{DomainFilter, Pattern, RecordType, Shard};

pub use self::reloaded::reloaded;
use crate::batch;

/// Serves AWS Route 53 to external-dns controllers over the webhook protocol.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "route53-webhook",
    version,
    args_override_self = false,
    subcommand_negates_reqs = true,
    after_help = "Every flag has an environment variable, shown in brackets. Lists are given by repeating the\n\
                  flag, or one to a line in the variable. They can also stand in the file of --config,\n\
                  which is read again when it changes and on SIGHUP. Credentials and region come from the AWS SDK's\n\
                  default chain; AWS_ENDPOINT_URL is honoured."
)]
pub struct Args {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Flags about serving.
    #[command(flatten)]
    pub serve: ServeArgs,
    /// Flags about zones.
    #[command(flatten)]
    pub zones: ZoneArgs,
    /// Flags about accounts.
    #[command(flatten)]
    pub aws: AwsArgs,
    /// Flags about records.
    #[command(flatten)]
    pub records: RecordArgs,
}

/// What to do instead of serving.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Print the IAM policy that the given flags need, as JSON.
    IamPolicy {
        /// Bind the right to write to these types, those that the controller manages; repeatable
        #[arg(long, value_delimiter = ',', value_parser = values::managed_type, value_name = "TYPE")]
        managed_record_types: Vec<RecordType>,
    },
    /// Try every permission that the given flags need, and print what is missing.
    Check,
}

/// Flags about zones.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Zones")]
pub struct ZoneArgs {
    /// Serve zones whose name is this or below it
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_DOMAIN_FILTER",
        value_delimiter = '\n',
        value_parser = DomainFilter::validate,
        value_name = "DOMAIN"
    )]
    pub domain_filter: Vec<String>,
    /// Leave out zones and names that are this or below it
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_EXCLUDE_DOMAINS",
        value_delimiter = '\n',
        value_parser = DomainFilter::validate,
        value_name = "DOMAIN"
    )]
    pub exclude_domains: Vec<String>,
    /// Serve zones whose name matches, instead of the two lists; an empty one counts as not given
    #[arg(long, global = true, env = "EXTERNAL_DNS_REGEX_DOMAIN_FILTER", value_parser = Pattern::new, value_name = "REGEX")]
    pub regex_domain_filter: Option<Pattern>,
    /// Leave out zones whose name matches
    #[arg(long, global = true, env = "EXTERNAL_DNS_REGEX_DOMAIN_EXCLUSION", value_parser = Pattern::new, value_name = "REGEX")]
    pub regex_domain_exclusion: Option<Pattern>,
    /// Serve zones whose id is or ends with this; whole ids need no permission to list zones
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_ZONE_ID_FILTER",
        value_delimiter = '\n',
        value_parser = values::zone_id,
        value_name = "ID"
    )]
    pub zone_id_filter: Vec<String>,
    /// Serve public or private zones only
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_AWS_ZONE_TYPE",
        default_value = "",
        hide_default_value = true,
        value_name = "public|private",
        hide_possible_values = true
    )]
    pub aws_zone_type: ZoneTypeArg,
    /// Serve zones that have this tag, KEY or KEY=VALUE; given more than once, all of them
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_AWS_ZONE_TAGS",
        value_delimiter = '\n',
        value_parser = values::zone_tag,
        value_name = "TAG"
    )]
    pub aws_zone_tags: Vec<String>,
    /// Also serve zones that are parents of a domain filter
    #[arg(long, global = true, env = "EXTERNAL_DNS_AWS_ZONE_MATCH_PARENT", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, value_parser = daemon::toggle, value_name = "BOOL")]
    pub aws_zone_match_parent: bool,
    /// How long a list of zones is used; 0 lists them for every request
    #[arg(long, global = true, env = "EXTERNAL_DNS_AWS_ZONES_CACHE_DURATION", default_value = "10m", value_parser = daemon::duration, value_name = "DURATION")]
    pub aws_zones_cache_duration: Duration,
    /// How long it takes until all records are read again; 0 reads them for every request
    #[arg(long, global = true, env = "EXTERNAL_DNS_FULL_READ_INTERVAL", default_value = "1h", value_parser = daemon::duration, value_name = "DURATION")]
    pub full_read_interval: Duration,
    /// Serve one of several equal parts of the zones, such as 1/4 for the first of four; the controller needs the
    /// same. Each zone, with all zones in it, belongs to one part
    #[arg(long, global = true, env = "EXTERNAL_DNS_SHARD", value_name = "NUMBER/COUNT")]
    pub shard: Option<Shard>,
}

/// Which kind of zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ZoneTypeArg {
    /// Both kinds.
    #[value(name = "")]
    Any,
    /// Zones that the Internet sees.
    Public,
    /// Zones that only networks inside AWS see.
    Private,
}

/// Flags about accounts.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "AWS accounts")]
pub struct AwsArgs {
    /// Use this profile of the shared configuration; given more than once, the zones of all
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_AWS_PROFILE",
        value_delimiter = '\n',
        value_name = "PROFILE"
    )]
    pub aws_profile: Vec<String>,
    /// Assume this role
    #[arg(long, global = true, env = "EXTERNAL_DNS_AWS_ASSUME_ROLE", value_parser = values::role, value_name = "ARN")]
    pub aws_assume_role: Option<String>,
    /// External id for assuming roles
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_AWS_ASSUME_ROLE_EXTERNAL_ID",
        hide_env_values = true,
        value_name = "ID"
    )]
    pub aws_assume_role_external_id: Option<String>,
    /// Reach this zone through this role: ZONEID=ARN
    #[arg(long, global = true, env = "EXTERNAL_DNS_ZONE_ROLE", value_delimiter = '\n', value_parser = values::zone_role, value_name = "ZONEID=ARN")]
    pub zone_role: Vec<(String, String)>,
    /// Most attempts of each call; 0 for no limit
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_AWS_API_RETRIES",
        default_value_t = 3,
        value_name = "NUMBER"
    )]
    pub aws_api_retries: u32,
    /// Most calls a second to each account, of the 5 that AWS takes from all its users; 0 for no limit
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_AWS_REQUESTS_PER_SECOND",
        default_value_t = 2.0,
        value_parser = values::rate,
        allow_negative_numbers = true,
        value_name = "NUMBER"
    )]
    pub aws_requests_per_second: f64,
}

/// Flags about records.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[command(next_help_heading = "Records")]
pub struct RecordArgs {
    /// Let aliases evaluate the health of their target unless they say otherwise
    #[arg(long, global = true, env = "EXTERNAL_DNS_AWS_EVALUATE_TARGET_HEALTH", default_value = "true", default_missing_value = "true", num_args = 0..=1, require_equals = true, value_parser = daemon::toggle, value_name = "BOOL")]
    pub aws_evaluate_target_health: bool,
    /// Keep a CNAME to an AWS service a CNAME unless it wants an alias
    #[arg(long, global = true, env = "EXTERNAL_DNS_AWS_PREFER_CNAME", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, value_parser = daemon::toggle, value_name = "BOOL")]
    pub aws_prefer_cname: bool,
    /// Overwrite records whatever they hold, instead of only what the controller has seen
    #[arg(long, global = true, env = "EXTERNAL_DNS_AWS_UPSERT", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, value_parser = daemon::toggle, value_name = "BOOL")]
    pub aws_upsert: bool,
    /// Answer a write only when all DNS servers of AWS have it. That can take up to two minutes a
    /// batch, and a controller waits for 15 seconds: give it --webhook-provider-write-timeout=3m
    #[arg(long, global = true, env = "EXTERNAL_DNS_AWS_WAIT_INSYNC", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, value_parser = daemon::toggle, value_name = "BOOL")]
    pub aws_wait_insync: bool,
    /// Most changes in one batch
    #[arg(long, global = true, env = "EXTERNAL_DNS_AWS_BATCH_CHANGE_SIZE", default_value_t = batch::MAX_CHANGES, value_name = "NUMBER")]
    pub aws_batch_change_size: usize,
    /// Most characters of values in one batch
    #[arg(long, global = true, env = "EXTERNAL_DNS_AWS_BATCH_CHANGE_SIZE_BYTES", default_value_t = batch::MAX_BYTES, value_name = "NUMBER")]
    pub aws_batch_change_size_bytes: usize,
    /// Most values in one batch
    #[arg(long, global = true, env = "EXTERNAL_DNS_AWS_BATCH_CHANGE_SIZE_VALUES", default_value_t = batch::MAX_VALUES, value_name = "NUMBER")]
    pub aws_batch_change_size_values: usize,
    /// Pause between two batches of a zone, beyond what the calls a second impose
    #[arg(long, global = true, env = "EXTERNAL_DNS_AWS_BATCH_CHANGE_INTERVAL", default_value = "0s", value_parser = daemon::duration, value_name = "DURATION")]
    pub aws_batch_change_interval: Duration,
    /// How long a request waits for a read that it needs before it is answered 503
    #[arg(long, global = true, env = "EXTERNAL_DNS_RECORDS_TIMEOUT", default_value = "10s", value_parser = daemon::duration, value_name = "DURATION")]
    pub records_timeout: Duration,
    /// Log changes and write nothing
    #[arg(long, global = true, env = "EXTERNAL_DNS_DRY_RUN", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, value_parser = daemon::toggle, value_name = "BOOL")]
    pub dry_run: bool,
}

impl CommandLine for Args {
    fn config(&self) -> Option<&Path> {
        self.serve.config.as_deref()
    }

    fn check(&self, complaints: &mut Complaints) {
        if self.aws.aws_assume_role_external_id.is_some()
            && self.aws.aws_assume_role.is_none()
            && self.aws.zone_role.is_empty()
        {
            complaints.rule(
                &["aws-assume-role-external-id", "aws-assume-role", "zone-role"],
                "--aws-assume-role-external-id does nothing without --aws-assume-role or \
                 --zone-role; add one of them",
            );
        }
        if let Some((zone, one, other)) = values::two_roles(&self.aws.zone_role) {
            complaints.rule(
                &["zone-role"],
                format!(
                    "--zone-role gives zone `{zone}` two roles, `{one}` and `{other}`; leave one"
                ),
            );
        }
        for (flag, value, most) in [
            ("aws-batch-change-size", self.records.aws_batch_change_size, batch::MAX_CHANGES),
            (
                "aws-batch-change-size-bytes",
                self.records.aws_batch_change_size_bytes,
                batch::MAX_BYTES,
            ),
            (
                "aws-batch-change-size-values",
                self.records.aws_batch_change_size_values,
                batch::MAX_VALUES,
            ),
        ] {
            if value == 0 {
                let text = format!("--{flag} is 0, so nothing could be written; use 1 to {most}");
                complaints.rule(&[flag], text);
            } else if value > most {
                let text = format!(
                    "--{flag} is {value}, and AWS takes at most {most} in one batch; use 1 to {most}"
                );
                complaints.rule(&[flag], text);
            }
        }
    }
}

/// Returns all flags, for documentation.
pub fn command() -> clap::Command {
    ServeArgs::augment_args(Args::command())
}

#[cfg(test)]
mod tests;
