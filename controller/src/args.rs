//! What a person can ask for on the command line, in `EXTERNAL_DNS_*` variables, or in a file.
//!
//! The command line wins over the environment, which wins over the file that `--config` names, which
//! wins over the defaults. Flags of `ExternalDNS` that live elsewhere now are answered with where
//! they went; none is silently ignored.

mod cluster;
mod complaints;
mod conformance;
mod elsewhere;
mod environment;
mod groups;
mod misspelt;
mod of_run;
mod open;
mod ownership;
mod parse;
mod plugin;
mod pod;
mod preview;
mod reloaded;
mod state;
mod unsupported;
mod values;
mod way_back;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use controller_core::plan::PlanHash;

pub use self::cluster::{ElectionArgs, EventArgs};
pub use self::conformance::ConformanceArgs;
pub use self::groups::{
    AdminArgs, DomainArgs, KubernetesArgs, LogArgs, LoopArgs, ManifestArgs, OnTargetLossName,
    OutputFormat, OwnershipArgs, ProviderArgs, RegistryName, SafetyArgs, SourceArgs, TemplateArgs,
    TransformArgs, WithoutRuleName,
};
pub use self::misspelt::misspelt;
pub use self::of_run::{OfRun, PolicyNeed};
pub use self::open::OPEN;
pub use self::ownership::{
    AdoptArgs, AuditArgs, DisownArgs, MigrateArgs, OwnershipAction, OwnershipCommandArgs,
};
pub use self::parse::{Environment, Parsed, Rules, called, is_run, no_rules, parse, parse_as};
#[cfg(test)]
use self::pod::takes_objects;
pub use self::preview::PreviewArgs;
pub use self::reloaded::reloaded;
pub(crate) use self::reloaded::sources as source_flags;
pub use self::state::{ConfigMapName, NotAName, StateArgs};
pub use self::unsupported::{Whereabouts, flags_elsewhere, is_of_sidecar, whereabouts};
pub use self::values::NoPolicy;
pub use self::way_back::{flags_of_ownership, quoted, way_back};

const ABOUT: &str = "Keeps DNS names for Kubernetes true";

const LONG_ABOUT: &str = "\
Signpost watches Services, Ingresses, DNSEndpoints and other objects, works out which DNS records
should exist, and has a provider in a process of its own write them (the external-dns webhook
protocol). Records of others are never touched, and nothing is deleted because something failed.

  signpost endpoints --manifests chart.yaml --source=service      what the manifests want
  signpost plan --source=service --txt-owner-id=my-cluster        what a sync would change
  signpost run --source=service --txt-owner-id=my-cluster --policy=upsert-only
                                                                  keep it true (the default)";

const AFTER_HELP: &str = "\
Every flag can also be set as EXTERNAL_DNS_ and its name in capitals with underscores; repeated
flags take one value per line there. Lists of names, types and networks may also be written with
commas. A flag can also stand in the file of --config. Toggles have a `--no-` form. Exit status:
0 done, 1 error; 2 when `plan`, `rollback` or `ownership` show something to change and when `status`
shows something that is not as desired.";

/// Everything that can be asked for.
#[derive(Debug, Parser)]
#[command(
    name = "signpost",
    version,
    about = ABOUT,
    long_about = LONG_ABOUT,
    after_help = AFTER_HELP,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// File with flags, as YAML: names without dashes, lists for repeatable ones. The command line
    /// and variables win over it. `run` reads it again when it changes, and on SIGHUP.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Configuration")]
    pub config: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Keep DNS true until told to stop (what `signpost` alone does).
    Run(Box<RunArgs>),
    /// Print what the sources want; needs no provider and, with --manifests, no cluster.
    Endpoints(Box<EndpointsArgs>),
    /// Print what one sync would change, with reasons; writes nothing.
    ///
    /// Exit status: 0 nothing to do, 2 changes are planned, 1 error; with --strict 1 also when someone
    /// has to act.
    Plan(Box<PlanCommandArgs>),
    /// Try every permission and the provider, and print what is missing with the YAML to grant it.
    ///
    /// Exit status: 0 nothing is missing, 1 something is. With --moving, which writes nothing either: 0 nothing
    /// means something else than under ExternalDNS, 2 something does, 1 not everything could be looked at.
    Check(Box<CheckArgs>),
    /// Say all that is known of a name or an object: published, wanted, why not, what to do.
    ///
    /// Asks the running controller, which also answers while its provider is away. With --manifests it plans a sync instead, with the flags of
    /// `plan`, and says what that would make of the subject.
    Explain(Box<ExplainArgs>),
    /// List what is not as desired, the most urgent first, with reasons and next steps.
    ///
    /// Asks the running controller, which answers from memory, also while its provider is away: it costs
    /// no call to the provider, and the last line says of how much it is and how old. Exit status: 0
    /// everything is as desired, 2 something is not, 1 error.
    Status(StatusArgs),
    /// List what was written, record by record: old and new values, for which object, by whom.
    History(HistoryArgs),
    /// Approve exactly those deletions that the deletion guard holds under a hash.
    Approve(ApproveArgs),
    /// Have the running controller make a full sync now.
    ///
    /// A full sync looks at all objects and at the zones, as the controller does every --interval. Ask for one when you have fixed
    /// something, such as a permission: after many failures it waits longer from one to the next.
    Sync(SyncArgs),
    /// See whose the records are, take some over, or disown some.
    Ownership(OwnershipCommandArgs),
    /// Show what writes the history holds, or take back one of them.
    ///
    /// That one write only: what came after it stays, and what was changed since is left alone. A
    /// controller that runs, and whose objects still want what is taken back, writes it again at
    /// its next sync: change the objects, too, or stop it first.
    ///
    /// A write is `begun` before the provider is asked and `written` once it took it. If nobody said
    /// how it ended, the records did later: `landed`, `not-landed`, or `unclear`.
    Rollback(Box<RollbackArgs>),
    /// Translate an installation of ExternalDNS: its arguments, its Deployment, or the values of its
    /// chart or of Bitnami's, as YAML, in Terraform, Argo CD or Flux.
    ///
    /// Prints a values file of Signpost's chart with the arguments of both programs, what means
    /// something else here, and what could not be taken with what to do instead: all of it at once.
    /// Nothing is asked and nothing is written. Exit status: 0 it is the same, 2 something means
    /// something else, 3 something could not be taken, 1 error.
    Convert(ConvertArgs),
    /// Try a webhook provider rule by rule, and say which it breaks and where that is written.
    ///
    /// For authors of providers. It asks only, unless --yes lets it write. Exit status: 0 no rule
    /// is broken, 1 some are.
    Conformance(Box<ConformanceArgs>),
    /// Print completions for a shell; the pages of the shell say where they go.
    Completion(CompletionArgs),
    /// Print the manual page of the program, or of a command: `signpost man plan | man -l -`.
    Man(ManArgs),
}

/// Flags of `convert`.
#[derive(Clone, Debug, clap::Args)]
pub struct ConvertArgs {
    /// File with the installation; standard input when it is `-` or left out. Several are layers of one, as `helm -f`
    /// has them: of two values the later one counts.
    #[arg(value_name = "FILE|-", default_value = "-")]
    pub file: Vec<PathBuf>,
    /// Arguments of `ExternalDNS`, after `--`, instead of a file.
    #[arg(last = true, value_name = "ARGUMENT")]
    pub arguments: Vec<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "the group says what it is")]
    pub log: LogArgs,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text)]
    pub output: OutputFormat,
}

/// Flags of `check`; those of `run` that say what is needed.
#[derive(Clone, Debug, clap::Args)]
#[expect(missing_docs, reason = "each group says what it is")]
pub struct CheckArgs {
    /// Before a move from `ExternalDNS`: list everything in the objects and the zones that means something else
    /// here, or would be changed by the first sync, and what to do about it; in place of permissions.
    #[arg(long)]
    pub moving: bool,
    #[command(flatten)]
    pub sources: SourceArgs,
    #[command(flatten)]
    pub templates: TemplateArgs,
    #[command(flatten)]
    pub transforms: TransformArgs,
    #[command(flatten)]
    pub manifests: ManifestArgs,
    #[command(flatten)]
    pub kubernetes: KubernetesArgs,
    #[command(flatten)]
    pub domains: DomainArgs,
    #[command(flatten)]
    pub provider: ProviderArgs,
    #[command(flatten)]
    pub ownership: OwnershipArgs,
    #[command(flatten)]
    pub safety: SafetyArgs,
    #[command(flatten)]
    pub state: StateArgs,
    #[command(flatten)]
    pub events: EventArgs,
    #[command(flatten)]
    pub election: ElectionArgs,
    #[command(flatten)]
    pub log: LogArgs,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text)]
    pub output: OutputFormat,
}

/// Where a running controller answers unless it is said.
const CONTROLLER: &str = "http://localhost:7979";

/// Where the running controller answers.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Controller")]
#[group(skip)]
pub struct ControllerArgs {
    /// Address of the running controller's health and metrics.
    #[arg(long, value_name = "URL", default_value = CONTROLLER)]
    pub controller: String,
    /// File with the token that is shown to the controller.
    #[arg(long, value_name = "FILE")]
    pub controller_token_file: Option<PathBuf>,
    /// File with the authorities (PEM) that alone are trusted for an https:// controller; default:
    /// those of the machine.
    #[arg(long, value_name = "FILE")]
    pub controller_ca_file: Option<PathBuf>,
    /// File with the certificate (PEM) that is shown to the controller; with --controller-key-file.
    #[arg(long, value_name = "FILE", requires = "controller_key_file")]
    pub controller_cert_file: Option<PathBuf>,
    /// File with the key (PEM) of --controller-cert-file.
    #[arg(long, value_name = "FILE", requires = "controller_cert_file")]
    pub controller_key_file: Option<PathBuf>,
}

/// Flags of `explain`.
#[derive(Clone, Debug, clap::Args)]
#[expect(missing_docs, reason = "each group says what it is")]
pub struct ExplainArgs {
    /// A name such as `www.example.com`, or an object such as `service/default/web`, in any spelling
    /// of kubectl: `svc/web`, `dnsendpoint/default/x`.
    #[arg(value_name = "NAME|KIND/NAMESPACE/NAME")]
    pub subject: String,
    /// Namespace of the object, as kubectl has it: `-n default svc/web`.
    #[arg(short = 'n', value_name = "NAMESPACE")]
    pub in_namespace: Option<String>,
    #[command(flatten)]
    pub controller: ControllerArgs,
    /// What a sync would take; only with --manifests.
    #[command(flatten)]
    pub plan: PlanArgs,
}

/// Flags of `status`.
#[derive(Clone, Debug, clap::Args)]
#[expect(missing_docs, reason = "each group says what it is")]
pub struct StatusArgs {
    /// Only what objects in this namespace want.
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Only this reason, such as `NoZone`.
    #[arg(long, value_name = "REASON")]
    pub reason: Option<String>,
    /// Also what is as desired, and what no object wants.
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub controller: ControllerArgs,
    #[command(flatten)]
    pub log: LogArgs,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text)]
    pub output: OutputFormat,
}

/// Flags of `history`.
#[derive(Clone, Debug, clap::Args)]
#[expect(missing_docs, reason = "each group says what it is")]
pub struct HistoryArgs {
    /// Only what was written under this name, or for this object, such as `svc/default/web`.
    #[arg(value_name = "NAME|OBJECT")]
    pub name: Option<String>,
    /// Only what was written this long ago or later, such as `24h`.
    #[arg(long, value_name = "DURATION")]
    pub since: Option<daemon::GoDuration>,
    /// Also writes that were begun and are not known to be made.
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub state: StateArgs,
    #[command(flatten)]
    pub kubernetes: KubernetesArgs,
    #[command(flatten)]
    pub log: LogArgs,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text)]
    pub output: OutputFormat,
}

/// Flags of `completion`.
#[derive(Clone, Debug, clap::Args)]
#[expect(missing_docs, reason = "each group says what it is")]
pub struct CompletionArgs {
    /// The shell.
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: daemon::Shell,
    #[command(flatten)]
    pub log: LogArgs,
}

/// Flags of `man`.
#[derive(Clone, Debug, clap::Args)]
#[expect(missing_docs, reason = "each group says what it is")]
pub struct ManArgs {
    /// The command, such as `plan` or `ownership adopt`, also as `signpost-ownership-adopt`; the whole program without one.
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
    #[command(flatten)]
    pub log: LogArgs,
}

/// Flags of `approve`.
#[derive(Clone, Debug, clap::Args)]
#[expect(missing_docs, reason = "each group says what it is")]
pub struct ApproveArgs {
    /// The hash that the plan shows with the held deletions, or its first 12 digits or more.
    #[arg(value_name = "HASH")]
    pub hash: PlanHash,
    #[command(flatten)]
    pub controller: ControllerArgs,
    #[command(flatten)]
    pub log: LogArgs,
}

/// Flags of `sync`.
#[derive(Clone, Debug, clap::Args)]
#[expect(missing_docs, reason = "each group says what it is")]
pub struct SyncArgs {
    #[command(flatten)]
    pub controller: ControllerArgs,
    #[command(flatten)]
    pub log: LogArgs,
}

/// Flags of `rollback`.
#[derive(Clone, Debug, clap::Args)]
#[expect(missing_docs, reason = "each group says what it is")]
pub struct RollbackArgs {
    /// Number of the write to take back; without one, the history is listed.
    #[arg(value_name = "ID")]
    pub id: Option<u64>,
    /// Write it; without this, it is only shown.
    #[arg(long = "yes", value_name = "YES", visible_alias = "apply")]
    pub apply: bool,
    #[command(flatten)]
    pub provider: ProviderArgs,
    #[command(flatten)]
    pub ownership: OwnershipArgs,
    #[command(flatten)]
    pub state: StateArgs,
    #[command(flatten)]
    pub kubernetes: KubernetesArgs,
    #[command(flatten)]
    pub log: LogArgs,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text)]
    pub output: OutputFormat,
}

/// Flags of `run`.
#[derive(Clone, Debug, clap::Args)]
#[expect(missing_docs, reason = "each group says what it is")]
pub struct RunArgs {
    #[command(flatten)]
    pub sources: SourceArgs,
    #[command(flatten)]
    pub templates: TemplateArgs,
    #[command(flatten)]
    pub transforms: TransformArgs,
    #[command(flatten)]
    pub manifests: ManifestArgs,
    #[command(flatten)]
    pub kubernetes: KubernetesArgs,
    #[command(flatten)]
    pub domains: DomainArgs,
    #[command(flatten)]
    pub provider: ProviderArgs,
    #[command(flatten)]
    pub ownership: OwnershipArgs,
    #[command(flatten)]
    pub safety: SafetyArgs,
    #[command(flatten)]
    pub pace: LoopArgs,
    #[command(flatten)]
    pub state: StateArgs,
    #[command(flatten)]
    pub events: EventArgs,
    #[command(flatten)]
    pub election: ElectionArgs,
    #[command(flatten)]
    pub admin: AdminArgs,
    #[command(flatten)]
    pub log: LogArgs,
}

/// Flags of `endpoints`.
#[derive(Clone, Debug, clap::Args)]
#[expect(missing_docs, reason = "each group says what it is")]
pub struct EndpointsArgs {
    #[command(flatten)]
    pub sources: SourceArgs,
    #[command(flatten)]
    pub templates: TemplateArgs,
    #[command(flatten)]
    pub transforms: TransformArgs,
    #[command(flatten)]
    pub manifests: ManifestArgs,
    #[command(flatten)]
    pub kubernetes: KubernetesArgs,
    #[command(flatten)]
    pub domains: DomainArgs,
    #[command(flatten)]
    pub preview: PreviewArgs,
    #[command(flatten)]
    pub log: LogArgs,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text)]
    pub output: OutputFormat,
}

/// Flags of `plan`, the command.
#[derive(Clone, Debug, clap::Args)]
#[expect(missing_docs, reason = "each group says what it is")]
pub struct PlanCommandArgs {
    /// Have the provider read what its zones hold anew before, whatever it keeps of them.
    #[arg(long)]
    pub refresh: bool,
    #[command(flatten)]
    pub plan: PlanArgs,
    #[command(flatten)]
    pub preview: PreviewArgs,
}

/// Flags of `plan`, and of whatever begins with a plan.
#[derive(Clone, Debug, clap::Args)]
#[expect(missing_docs, reason = "each group says what it is")]
pub struct PlanArgs {
    #[command(flatten)]
    pub sources: SourceArgs,
    #[command(flatten)]
    pub templates: TemplateArgs,
    #[command(flatten)]
    pub transforms: TransformArgs,
    #[command(flatten)]
    pub manifests: ManifestArgs,
    #[command(flatten)]
    pub kubernetes: KubernetesArgs,
    #[command(flatten)]
    pub domains: DomainArgs,
    #[command(flatten)]
    pub provider: ProviderArgs,
    #[command(flatten)]
    pub ownership: OwnershipArgs,
    #[command(flatten)]
    pub safety: SafetyArgs,
    #[command(flatten)]
    pub log: LogArgs,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text)]
    pub output: OutputFormat,
}
