//! Clients of the AWS SDK: which credentials, which region, which deadlines.
//!
//! Everything that is not said here comes from the SDK's default chain: environment, profiles,
//! web identity, pod identity, instance metadata, `AWS_ENDPOINT_URL`. The SDK knows `AWS_CA_BUNDLE` in other
//! languages, so it counts here, too. Credentials are loaded when first needed and again before they expire, so they rotate without a restart.

use std::sync::Arc;
use std::time::Duration;

use aws_config::environment::{
    EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider,
};
use aws_config::identity::IdentityCache;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_route53::Client;
use aws_sdk_route53::config::{ProvideCredentials, SharedHttpClient};
use aws_smithy_http_client::ConnectorBuilder;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider as TlsProvider, TlsContext, TrustStore};

use super::shared::{ProcessChain, Role};
use super::{ATTEMPT_TIMEOUT, BadCredentials, NamedSources, Processes, SharedPaths, endpoint_url};

/// Region that signs requests when none is configured; Route 53 is global and lives there.
///
/// <https://docs.aws.amazon.com/general/latest/gr/r53.html>
const HOME_REGION: &str = "us-east-1";

/// Name that AWS logs for sessions of an assumed role.
const SESSION: &str = "signpost-route53-webhook";

/// Whose credentials to use.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// Profile of the shared configuration; `None` leaves it to the default chain.
    pub profile: Option<String>,
    /// Role to assume with them; `None` for none.
    pub role_arn: Option<String>,
    /// External id that the role demands.
    pub external_id: Option<String>,
    /// The authorities that AWS is trusted by, as PEM; `None` for the system's.
    pub authorities: Option<Arc<str>>,
    /// The proxy that the environment names, as it may be shown; `None` without one.
    pub proxy: Option<Arc<str>>,
    /// What the environment names, to be told of.
    pub named: NamedSources,
    /// The files of profiles.
    pub files: SharedPaths,
    /// The profile of the default chain.
    pub default_profile: String,
    /// The commands of profiles.
    pub processes: Arc<Processes>,
}

/// Returns a client for `credentials`. Nothing is sent yet, except to read files.
pub async fn connect(credentials: &Credentials) -> Client {
    let (base, source) = Box::pin(source(credentials)).await;
    let mut config = aws_sdk_route53::config::Builder::from(&base);
    if let Some(url) = endpoint_url::of_route53(&base) {
        config.set_endpoint_url(Some(url));
    }
    if let Some(source) = &source {
        config.set_credentials_provider(Some(source.clone()));
    }
    let Some(role_arn) = &credentials.role_arn else {
        return Client::from_conf(config.build());
    };
    let mut role = AssumeRoleProvider::builder(role_arn).session_name(SESSION).configure(&base);
    if let Some(external_id) = &credentials.external_id {
        role = role.external_id(external_id);
    }
    let assumed = match source {
        Some(source) => role.build_from_provider(source).await,
        None => role.build().await,
    };
    Client::from_conf(config.credentials_provider(assumed).build())
}

/// Returns what every client is made of, and where its credentials come from before any role of a flag; `None` where
/// that is the SDK's default chain.
async fn source(credentials: &Credentials) -> (SdkConfig, Option<SharedCredentialsProvider>) {
    let profile = credentials.profile.as_deref();
    let in_use = profile.unwrap_or(&credentials.default_profile);
    let Some(chain) = credentials.files.read().process(in_use) else {
        let base = settings(credentials, loader(credentials)).await;
        let source = match profile {
            Some(profile) => Some(of_profile(credentials, profile).await),
            None => None,
        };
        return (base, source.map(SharedCredentialsProvider::new));
    };
    // The command, and the roles behind it, are waited for as long as the call that needs them.
    let cache = IdentityCache::lazy().load_timeout(ATTEMPT_TIMEOUT).build();
    let base = settings(credentials, loader(credentials).identity_cache(cache)).await;
    let mut source = of_process(credentials, &base, chain).await;
    // The keys of the environment must not stand in for a profile that was given by name.
    if profile.is_none() {
        let variables = EnvironmentVariableCredentialsProvider::new();
        let first = CredentialsProviderChain::first_try("Environment", variables);
        source = SharedCredentialsProvider::new(first.or_else("Profile", source));
    }
    (base, Some(source))
}

/// Returns the settings of every client.
async fn settings(credentials: &Credentials, loader: ConfigLoader) -> SdkConfig {
    let in_use = credentials.profile.as_deref().unwrap_or(&credentials.default_profile);
    let of_profile = || credentials.files.read().endpoint_url(in_use);
    endpoint_url::without_empty(loader.load().await, of_profile)
}

/// Returns what the SDK makes the settings of every client of.
fn loader(credentials: &Credentials) -> ConfigLoader {
    let profile = credentials.profile.as_deref();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(regions(profile))
        // Retries go through the request budget; see `Account::call`.
        .retry_config(RetryConfig::disabled())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(5))
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .build(),
        );
    if let Some(client) = credentials.authorities.as_deref().and_then(trusting) {
        loader = loader.http_client(client);
    }
    match profile {
        Some(profile) => loader.profile_name(profile),
        None => loader,
    }
}

/// Returns the credentials that a command prints, and those of the roles that are assumed with them.
async fn of_process(
    credentials: &Credentials,
    base: &SdkConfig,
    chain: ProcessChain,
) -> SharedCredentialsProvider {
    let ProcessChain { command, place, roles } = chain;
    let process: Arc<dyn ProvideCredentials> = credentials.processes.of(&command, place);
    let mut source = SharedCredentialsProvider::from(process);
    for Role { arn, external_id, session_name } in roles {
        let session_name = session_name.unwrap_or_else(|| SESSION.to_owned());
        let mut role = AssumeRoleProvider::builder(arn).session_name(session_name).configure(base);
        if let Some(external_id) = external_id {
            role = role.external_id(external_id);
        }
        source = SharedCredentialsProvider::new(role.build_from_provider(source).await);
    }
    source
}

/// Returns a client that trusts these authorities and no others, and goes through a proxy as the SDK's own does: whose
/// proxy opens TLS needs both.
fn trusting(authorities: &str) -> Option<SharedHttpClient> {
    let trusted = TrustStore::empty().with_pem_certificate(authorities);
    let context = TlsContext::builder().with_trust_store(trusted).build().ok()?;
    let client = aws_smithy_http_client::Builder::new();
    Some(client.build_with_connector_fn(move |settings, components| {
        let mut connector = ConnectorBuilder::default()
            .tls_provider(TlsProvider::Rustls(CryptoMode::AwsLc))
            .tls_context(context.clone());
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    }))
}

/// Returns the proxy on the way to AWS that the environment names, as it may be shown; `None` when it names none.
pub fn proxy(lookup: impl Fn(&'static str) -> Option<String>) -> Option<String> {
    let set = |name| lookup(name).filter(|text| !text.is_empty());
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    names.into_iter().find_map(set).map(|proxy| daemon::shown_proxy(&proxy))
}

/// Returns the region that signs requests.
pub async fn region(profile: Option<&str>) -> String {
    let region = regions(profile).region().await;
    region.map_or_else(|| HOME_REGION.to_owned(), |region| region.to_string())
}

/// Returns where the region is looked for: in the environment and the profile; the machine we run on says nothing about
/// where Route 53 is, and asking it for its region takes seconds where there is none.
fn regions(profile: Option<&str>) -> RegionProviderChain {
    let file = ProfileFileRegionProvider::builder();
    let file = match profile {
        Some(profile) => file.profile_name(profile),
        None => file,
    };
    RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(file.build())
        .or_else(HOME_REGION)
}

/// A profile that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "--aws-profile: the profile `{profile}` cannot be used; check the shared configuration files"
)]
pub struct BadProfile {
    profile: String,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// Checks that the files with a named profile can be read.
///
/// # Errors
///
/// Returns an error when a file cannot be read or has no such profile.
pub async fn check_profile(credentials: &Credentials) -> Result<(), BadProfile> {
    let Some(profile) = &credentials.profile else {
        return Ok(());
    };
    let (_, Some(source)) = Box::pin(source(credentials)).await else {
        return Ok(());
    };
    match source.provide_credentials().await {
        Ok(_) => Ok(()),
        Err(error) => {
            // The SDK tells what a command printed, and no names of files.
            let source = match BadCredentials::before_sending(&error) {
                Some(problem @ (BadCredentials::Process(_) | BadCredentials::NoToken(..))) => {
                    problem.named_by(&credentials.named).to_string().into()
                }
                _ => error.into(),
            };
            Err(BadProfile { profile: profile.clone(), source })
        }
    }
}

/// Returns the credentials of a profile that was given by name.
async fn of_profile(credentials: &Credentials, profile: &str) -> ProfileFileCredentialsProvider {
    // A profile can itself assume a role, and STS is in a region.
    let region = regions(Some(profile)).region().await;
    let mut config = ProviderConfig::without_region().with_region(region);
    if let Some(client) = credentials.authorities.as_deref().and_then(trusting) {
        config = config.with_http_client(client);
    }
    ProfileFileCredentialsProvider::builder().profile_name(profile).configure(&config).build()
}
