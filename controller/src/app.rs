//! Puts the parts together as the flags ask.

mod access;
mod desired_state;
mod election;
mod event_recorder;
mod options;
mod ownership;
mod reload;
mod settings;
mod state;

use anyhow::Context as _;
use external_dns_webhook::DomainFilter;
use external_dns_webhook::client::{self, Client, Observer};

pub use self::access::{kubernetes, lease_namespace, watches};
pub use self::desired_state::{DesiredState, FirstReading, Watched};
pub use self::election::election;
pub use self::event_recorder::event_recorder;
pub use self::options::{source_options, transform_options};
pub use self::ownership::{
    Ownership, OwnershipError, ownership, registry_for_reading, txt_registry,
};
pub use self::reload::{FlagReader, Reloader};
pub use self::settings::{Settings, stale_after, stuck_after};
pub use self::state::{approvals, state, state_of_another, state_place};
use crate::args::{DomainArgs, ProviderArgs};

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
    Client::new(&options).context("`--webhook-provider-url` cannot be used")
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
    })
}

/// Returns where health and metrics are served; `None` when they are turned off.
///
/// `:7979` means every address, as in Go.
pub fn admin_address(flag: &str) -> Option<String> {
    match flag {
        "" => None,
        port if port.starts_with(':') => Some(format!("0.0.0.0{port}")),
        address => Some(address.to_owned()),
    }
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
