//! Who we are, what is ours, and what we may change: from flags to a registry and a planner.

use std::collections::BTreeSet;
use std::sync::Arc;

use controller_core::inventory::Key;
use controller_core::plan::{DeletionGuard, Planner, Policy};
use controller_core::registry::{ConfigError, Noop, Registry, TxtOptions, TxtRegistry};
use controller_core::status::Verb;
use controller_core::target_loss::OnTargetLoss;
use daemon::Complaints;
use external_dns_webhook::{DomainFilter, RecordType};

use crate::args::{OnTargetLossName, OwnershipArgs, RegistryName, SafetyArgs, TransformArgs};

/// The owner id of everyone who never chose one.
const DEFAULT_OWNER: &str = "default";

/// The instance id that stands for one derived from the cluster.
const DERIVED_INSTANCE: &str = "auto";

/// What is said of a policy that a command took since none was given.
pub(super) const UNSAID: &str = ", which is what is shown where no policy is given,";

/// How records are owned and changes are planned.
pub struct Ownership {
    /// How records are owned; none without ownership records.
    txt: Option<TxtOptions>,
    /// Whether the instance is to be derived from the cluster.
    pub wants_instance: bool,
    /// How differences become changes.
    pub planner: Planner,
    /// What happens when an object loses its targets.
    pub on_target_loss: OnTargetLoss,
}

impl Ownership {
    /// Returns the registry, for the instance that the cluster gives us if it does.
    ///
    /// # Errors
    ///
    /// Returns an error when ownership records cannot be made.
    pub fn registry(&self, derived: Option<String>) -> Result<Arc<dyn Registry>, OwnershipError> {
        let Some(mut options) = self.txt.clone() else { return Ok(Arc::new(Noop)) };
        options.instance = options.instance.or(derived);
        Ok(Arc::new(TxtRegistry::new(options)?))
    }
}

/// Why ownership cannot be set up as asked.
#[derive(Debug, thiserror::Error)]
pub enum OwnershipError {
    /// Nobody said who we are, and deletions would be made in the name of nobody in particular.
    #[error(
        "{whose} needs to know which records are its own: give this cluster a name of its own with \
         `--txt-owner-id=…` (for example the cluster's name). Records that an installation without an owner id wrote belong to `default`; add \
         `--migrate-from-txt-owner=default` to take over those that are desired here"
    )]
    NoOwner {
        /// The policy that deletes, and what it does.
        whose: String,
    },
    /// The owner is the one that everyone has who never chose one.
    #[error(
        "`--txt-owner-id=default` is what every installation is called that never chose a name, \
         and two of them delete each other's records. Choose a name of its own, with \
         `--migrate-from-txt-owner=default` to take over what is desired here; or, if this is \
         the only installation in its zones, add `--allow-default-owner`"
    )]
    DefaultOwner,
    /// The file with the key cannot be read.
    #[error("cannot use `{path}` (--txt-encrypt-aes-key-file)")]
    KeyFile {
        /// The file.
        path: String,
        /// What is wrong with it.
        #[source]
        source: input_files::BadFile,
    },
    /// The registry cannot be set up.
    #[error(transparent)]
    Registry(#[from] ConfigError),
}

/// Returns how records are owned and changes are planned, as the flags ask.
///
/// `policy` is that of the flags, or what a command that only looks uses instead.
///
/// # Errors
///
/// Returns an error when records of others could be deleted, and when ownership records cannot be
/// made.
pub fn ownership(
    (args, domain_filter): (OwnershipArgs, DomainFilter),
    safety: &SafetyArgs,
    transforms: &TransformArgs,
    policy: Policy,
) -> Result<Ownership, OwnershipError> {
    let OwnershipArgs {
        registry,
        txt_owner_id: _,
        instance_id: _,
        former_instance: _,
        allow_default_owner: _,
        allow_unowned_changes,
        txt_prefix: _,
        txt_suffix: _,
        txt_wildcard_replacement: _,
        txt_encrypt_enabled: _,
        txt_encrypt_aes_key: _,
        txt_encrypt_aes_key_file: _,
        migrate_from_txt_owner,
        adopt,
        normalise_ownership_records,
    } = &args;
    let SafetyArgs {
        policy: _,
        max_deletes,
        max_delete_percent,
        allow_mass_deletes,
        on_target_loss,
        target_loss_grace,
    } = *safety;
    let on_target_loss = match on_target_loss {
        OnTargetLossName::Keep => OnTargetLoss::Keep,
        OnTargetLossName::Delete => OnTargetLoss::DeleteAfter(target_loss_grace.0),
    };
    let guard = if allow_mass_deletes {
        DeletionGuard::off()
    } else {
        DeletionGuard {
            max_deletes: (max_deletes > 0).then_some(max_deletes),
            max_percent: (max_delete_percent < 100).then_some(max_delete_percent),
            ..DeletionGuard::default()
        }
    };
    let types = |names: &[String]| -> BTreeSet<RecordType> {
        names
            .iter()
            .filter(|name| !name.is_empty())
            .map(|name| RecordType::from(name.as_str()))
            .collect()
    };
    let mut planner = Planner {
        policy,
        domain_filter,
        guard,
        managed: types(&transforms.managed_record_types),
        excluded: types(&transforms.exclude_record_types),
        allow_unowned: *allow_unowned_changes,
        priority_scope: transforms.priority_scope(),
        ..Planner::default()
    };
    if *registry == RegistryName::Noop {
        planner.owner = None;
        return Ok(Ownership { txt: None, wants_instance: false, planner, on_target_loss });
    }
    let unsaid = if safety.policy.is_some() { "" } else { UNSAID };
    let owner = owner(&args, policy, unsaid)?.to_owned();
    planner.owner = Some(owner.clone());
    planner.migrate_from =
        (!migrate_from_txt_owner.is_empty()).then(|| migrate_from_txt_owner.clone());
    planner.adopt = adopt.iter().map(|name| name.as_str().into()).collect();
    planner.normalise_ownership_records = *normalise_ownership_records;
    let wants_instance = args.instance_id == DERIVED_INSTANCE;
    let txt = ownership_records(owner, args)?;
    // Made once here, so that what is wrong is said before anything is asked of a cluster.
    TxtRegistry::new(txt.clone())?;
    Ok(Ownership { txt: Some(txt), wants_instance, planner, on_target_loss })
}

/// Returns who we are under `policy`; `unsaid` is what is said of one that nobody chose.
///
/// # Errors
///
/// Returns an error when deletions would be made in the name of nobody in particular.
fn owner<'a>(
    args: &'a OwnershipArgs,
    policy: Policy,
    unsaid: &'static str,
) -> Result<&'a str, OwnershipError> {
    let deletes = policy.allows(Verb::Delete);
    match args.txt_owner_id.as_str() {
        "" if deletes && unsaid == ANY_THAT_DELETES => {
            Err(OwnershipError::NoOwner { whose: unsaid.to_owned() })
        }
        "" if deletes => {
            let whose = format!("`--policy={policy}`{unsaid} deletes records, so it");
            Err(OwnershipError::NoOwner { whose })
        }
        DEFAULT_OWNER if deletes && !args.allow_default_owner => Err(OwnershipError::DefaultOwner),
        "" => Ok(DEFAULT_OWNER),
        owner => Ok(owner),
    }
}

/// Adds what is wrong with flags about ownership; `policy` is that of the flags, or what a command goes by
/// without one, with what is said of that.
pub(super) fn check(
    args: &OwnershipArgs,
    policy: Option<(Policy, &'static str)>,
    complaints: &mut Complaints,
) {
    const OWNER: [&str; 4] = ["txt-owner-id", "registry", "allow-default-owner", "policy"];
    if args.registry == RegistryName::Noop {
        return;
    }
    if let Some((policy, unsaid)) = policy {
        complaints.took(&OWNER, owner(args, policy, unsaid));
    }
    complaints.took(&RECORDS, txt_registry(args.clone()));
}

/// What is said where `run` was given no policy at all.
pub(super) const ANY_THAT_DELETES: &str = "a policy that deletes";

/// Flags that say what ownership records look like.
const RECORDS: [&str; 7] = [
    "txt-prefix",
    "txt-suffix",
    "txt-wildcard-replacement",
    "txt-encrypt-enabled",
    "txt-encrypt-aes-key",
    "txt-encrypt-aes-key-file",
    "instance-id",
];

/// Returns a registry that only reads, whatever our owner id is.
///
/// # Errors
///
/// Returns an error when the key for ownership records makes no sense.
pub fn registry_for_reading(args: OwnershipArgs) -> Result<Arc<dyn Registry>, OwnershipError> {
    if args.registry == RegistryName::Noop {
        return Ok(Arc::new(Noop));
    }
    Ok(Arc::new(txt_registry(args)?))
}

/// Returns the registry of ownership records, whatever our owner id is.
///
/// # Errors
///
/// Returns an error when the key for ownership records makes no sense.
pub fn txt_registry(args: OwnershipArgs) -> Result<TxtRegistry, OwnershipError> {
    let owner = match args.txt_owner_id.as_str() {
        "" => DEFAULT_OWNER,
        owner => owner,
    };
    Ok(TxtRegistry::new(ownership_records(owner.to_owned(), args)?)?)
}

fn ownership_records(owner: String, args: OwnershipArgs) -> Result<TxtOptions, OwnershipError> {
    let key = match (&args.txt_encrypt_aes_key_file, args.txt_encrypt_aes_key.as_str()) {
        (Some(path), _) => {
            let unreadable =
                |source| OwnershipError::KeyFile { path: path.display().to_string(), source };
            let text = input_files::read_text(path).map_err(unreadable)?;
            // Editors end a file with a line's end, which is none of the key.
            let text = text.strip_suffix('\n').unwrap_or(&text);
            Some(Key::parse(text.strip_suffix('\r').unwrap_or(text)).map_err(ConfigError::from)?)
        }
        (None, "") => None,
        (None, text) => Some(Key::parse(text).map_err(ConfigError::from)?),
    };
    let instance = match args.instance_id.as_str() {
        "" | DERIVED_INSTANCE => None,
        _ => Some(args.instance_id),
    };
    Ok(TxtOptions {
        owner,
        instance,
        former_instances: args.former_instance,
        prefix: args.txt_prefix,
        suffix: args.txt_suffix,
        wildcard_replacement: args.txt_wildcard_replacement,
        key,
        encrypt: args.txt_encrypt_enabled,
    })
}
