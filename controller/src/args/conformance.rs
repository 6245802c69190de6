//! Flags of `signpost conformance`.

use super::groups::{LogArgs, OutputFormat, ProviderArgs};
use daemon::GoDuration;

/// Flags of `conformance`.
#[derive(Clone, Debug, clap::Args)]
#[expect(missing_docs, reason = "each group says what it is")]
pub struct ConformanceArgs {
    /// Zone whose names are asked about; without one, the first that the provider names.
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// Also write: create, change and delete record sets below `signpost-conformance.ZONE`.
    #[arg(long, requires = "zone")]
    pub yes: bool,
    /// With --yes: how long a write may take to show in the provider's list.
    #[arg(long, value_name = "DURATION", default_value = "5s")]
    pub settle: GoDuration,
    #[command(flatten)]
    pub provider: ProviderArgs,
    #[command(flatten)]
    pub log: LogArgs,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text)]
    pub output: OutputFormat,
}
