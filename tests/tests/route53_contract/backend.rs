//! The real SDK, pointed at a back end.

use aws_sdk_route53::{
    Client,
    config::{BehaviorVersion, Config, Credentials, Region, retry::RetryConfig},
};

/// Returns the real SDK, pointed at `endpoint`, that asks once and does not retry.
pub(crate) fn client(endpoint: &str) -> Client {
    let credentials = Credentials::new("contract", "not-a-secret", None, None, "contract suite");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}
