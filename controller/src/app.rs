//! Puts the parts together as the flags ask.

mod access;
mod config;
mod desired_state;
mod election;
mod event_recorder;
mod myself;
mod options;
mod ownership;
mod reload;
mod rules;
mod state;

use anyhow::Context as _;
use daemon::{Access, AccessFiles};
use external_dns_webhook::DomainFilter;
use external_dns_webhook::client::{self, Client, Observer};

pub use self::access::{ClusterAccess, kubernetes, lease_namespace, watches};
pub use self::config::{Config, stale_after, stuck_after};
pub use self::desired_state::{About, DesiredState, FirstReading, NO_WAY, Waiting, Watched};
pub use self::election::election;
pub use self::event_recorder::{Announcing, event_recorder};
pub(crate) use self::myself::myself;
pub use self::options::{source_options, transform_options};
pub use self::ownership::{
    Ownership, OwnershipError, ownership, registry_for_reading, txt_registry,
};
pub use self::reload::{FlagReader, Reloader};
pub use self::rules::rules;
pub use self::state::{approvals, state, state_namespace, state_of_another, state_place};
use crate::args::{AdminArgs, DomainArgs, ProviderArgs};

/// Returns a client for the provider; nothing is sent yet.
///
/// # Errors
///
/// Returns an error when the provider is of a kind that is no process of its own, and when its URL
/// is not one that can be requested.
pub fn client(args: &ProviderArgs) -> anyhow::Result<Client> {
    client_watched(args, Observer::default())
}

/// Returns a client as [`client()`] does, which tells `observer` of each request.
///
/// # Errors
///
/// As [`client()`].
pub fn client_watched(args: &ProviderArgs, observer: Observer) -> anyhow::Result<Client> {
    let options = client::ClientOptions { observer, ..reach(args)? };
    Client::new(&options).context("the provider's flags, `--webhook-provider-…`, cannot be used")
}

/// Returns how to reach the provider.
///
/// # Errors
///
/// Returns an error when the provider is of a kind that is no process of its own.
pub fn reach(args: &ProviderArgs) -> anyhow::Result<client::ClientOptions> {
    let ProviderArgs {
        provider,
        webhook_provider_url: url,
        webhook_provider_read_timeout: read,
        webhook_provider_write_timeout: write,
        webhook_provider_max_body_size: max,
        webhook_provider_token_file: token_file,
        webhook_provider_ca_file: ca_file,
        webhook_provider_cert_file: certificate_file,
        webhook_provider_key_file: key_file,
        shard,
    } = args;
    match provider.as_str() {
        "webhook" => {}
        "aws" => anyhow::bail!(
            "`--provider=aws` is a process of its own here: run `route53-webhook` beside this one \
             and use `--provider=webhook`"
        ),
        other => anyhow::bail!(
            "`--provider={other}` is not built in: run the webhook provider for it beside this \
             process and use `--provider=webhook`"
        ),
    }
    Ok(client::ClientOptions {
        url: url.clone(),
        timeout: read.0 + write.0,
        max_body_size_bytes: usize::try_from(*max).unwrap_or(0),
        user_agent: concat!("Signpost/", env!("CARGO_PKG_VERSION")).to_owned(),
        observer: Observer::default(),
        credentials: client::Credentials {
            token_file: token_file.clone(),
            ca_file: ca_file.clone(),
            certificate_file: certificate_file.clone(),
            key_file: key_file.clone(),
        },
        shard: *shard,
    })
}

/// Reads what guards health and metrics.
///
/// # Errors
///
/// Returns an error that names the file that cannot be used, and its flag.
pub fn admin_access(args: &AdminArgs) -> anyhow::Result<Access> {
    // No `..`: a new flag must be given a meaning here before the crate compiles.
    let AdminArgs {
        metrics_address: _,
        metrics_cert_file,
        metrics_key_file,
        metrics_client_ca_file,
        metrics_token_file,
        // It is about what is read, not about who gets to the listener.
        metrics_anyone_reads: _,
        announce: _,
    } = args;
    let files = AccessFiles::of(
        ("--metrics-cert-file", metrics_cert_file.as_ref()),
        ("--metrics-key-file", metrics_key_file.as_ref()),
        ("--metrics-client-ca-file", metrics_client_ca_file.as_ref()),
        ("--metrics-token-file", metrics_token_file.as_ref()),
    );
    Ok(Access::new(files, true)?)
}

impl From<DomainArgs> for DomainFilter {
    fn from(args: DomainArgs) -> Self {
        let DomainArgs {
            domain_filter,
            exclude_domains,
            regex_domain_filter,
            regex_domain_exclusion,
        } = args;
        Self::from_flags(
            (&domain_filter, &exclude_domains),
            (regex_domain_filter, regex_domain_exclusion),
        )
    }
}

/// Returns the time in seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "this is the edge where the time of day is read")]
pub fn unix_seconds() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX))
}
