//! The flags of `ownership` and its commands.

use clap::Subcommand;

use super::groups::{KubernetesArgs, LogArgs, OutputFormat, OwnershipArgs, ProviderArgs};
use super::{PlanArgs, StateArgs, values};

/// Flags of `ownership`.
#[derive(Clone, Debug, clap::Args)]
pub struct OwnershipCommandArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: OwnershipAction,
}

/// What to do about ownership.
#[derive(Clone, Debug, Subcommand)]
pub enum OwnershipAction {
    /// Count whose the records are, and list ownership records that deserve a look; writes nothing.
    Audit(Box<AuditArgs>),
    /// Take over the records of another owner that are desired here.
    ///
    /// Of names that nobody here wants, nothing changes hands. What differs from what is asked
    /// is updated as well, and a record of another type that is in the way of what is asked, such as a
    /// CNAME where an A is wanted, is replaced: taken over, and deleted for it. Nothing else is created
    /// or deleted. `run --migrate-from-txt-owner` does the same in every sync.
    ///
    /// Exit status: 0 nothing to do or written, 2 something is planned, 1 error.
    Migrate(Box<MigrateArgs>),
    /// Take over records of these names that nobody owns, if they are desired here.
    ///
    /// What differs from what is asked
    /// is updated as well, and a record of another type that is in the way of what is asked, such as a
    /// CNAME where an A is wanted, is replaced: taken over, and deleted for it. Nothing else is created
    /// or deleted. `run --adopt` does the same in every sync.
    ///
    /// Exit status: 0 nothing to do or written, 2 something is planned, 1 error.
    Adopt(Box<AdoptArgs>),
    /// Disown records: their ownership records go, the records stay.
    Disown(Box<DisownArgs>),
}

/// Flags of `ownership audit`.
#[derive(Clone, Debug, clap::Args)]
#[expect(missing_docs, reason = "each group says what it is")]
pub struct AuditArgs {
    #[command(flatten)]
    pub provider: ProviderArgs,
    #[command(flatten)]
    pub ownership: OwnershipArgs,
    #[command(flatten)]
    pub log: LogArgs,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text)]
    pub output: OutputFormat,
}

/// Flags of `ownership migrate`.
#[derive(Clone, Debug, clap::Args)]
#[expect(missing_docs, reason = "each group says what it is")]
pub struct MigrateArgs {
    /// Owner whose records are taken over.
    #[arg(long, value_name = "ID", required = true, value_parser = values::owner_id)]
    pub from_owner: String,
    /// Write it; without this, it is only shown.
    #[arg(long = "yes", value_name = "YES", visible_alias = "apply")]
    pub apply: bool,
    /// Where the controller keeps its history: what is written becomes a row of it.
    #[command(flatten)]
    pub state: StateArgs,
    #[command(flatten)]
    pub plan: PlanArgs,
}

/// Flags of `ownership adopt`.
#[derive(Clone, Debug, clap::Args)]
#[expect(missing_docs, reason = "each group says what it is")]
pub struct AdoptArgs {
    /// Names to take over.
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
    /// Write it; without this, it is only shown.
    #[arg(long = "yes", value_name = "YES", visible_alias = "apply")]
    pub apply: bool,
    /// Where the controller keeps its history: what is written becomes a row of it.
    #[command(flatten)]
    pub state: StateArgs,
    #[command(flatten)]
    pub plan: PlanArgs,
}

/// Flags of `ownership disown`.
#[derive(Clone, Debug, clap::Args)]
#[expect(missing_docs, reason = "each group says what it is")]
pub struct DisownArgs {
    /// Names to disown.
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
    /// Write it; without this, it is only shown.
    #[arg(long = "yes", value_name = "YES", visible_alias = "apply")]
    pub apply: bool,
    #[command(flatten)]
    pub provider: ProviderArgs,
    #[command(flatten)]
    pub ownership: OwnershipArgs,
    /// Where the controller keeps its history: what is written becomes a row of it.
    #[command(flatten)]
    pub state: StateArgs,
    #[command(flatten)]
    pub kubernetes: KubernetesArgs,
    #[command(flatten)]
    pub log: LogArgs,
}
