//! Who we are, what is ours, and what we may change: from flags to a registry and a planner.

use std::collections::BTreeSet;
use std::sync::Arc;

use controller_core::hold::OnTargetLoss;
use controller_core::plan::{Brake, Planner};
use controller_core::registry::{ConfigError, Key, Noop, Registry, TxtOptions, TxtRegistry};
use controller_core::verdict::Verb;
use webhook_api::RecordType;

use crate::args::{OnTargetLossName, OwnershipArgs, RegistryName, SafetyArgs, TransformArgs};

/// The owner id of everyone who never chose one.
const DEFAULT_OWNER: &str = "default";

/// How records are claimed and changes are planned.
pub struct Ownership {
    /// How records are claimed.
    pub registry: Arc<dyn Registry>,
    /// How differences become changes.
    pub planner: Planner,
    /// What happens when an object loses its targets.
    pub on_target_loss: OnTargetLoss,
}

/// Why ownership cannot be set up as asked.
#[derive(Debug, thiserror::Error)]
pub enum OwnershipError {
    /// Nobody said who we are, and deletions would be made in the name of nobody in particular.
    #[error(
        "`--policy={policy}` deletes records, so it needs to know which are its own: give this \
         cluster a name of its own with `--txt-owner-id=…` (for example the cluster's name). \
         Records that an installation without an owner id wrote belong to `default`; add \
         `--migrate-from-txt-owner=default` to take over those that are asked for here"
    )]
    NoOwner {
        /// The policy that deletes.
        policy: String,
    },
    /// The owner is the one that everyone has who never chose one.
    #[error(
        "`--txt-owner-id=default` is what every installation is called that never chose a name, \
         and two of them delete each other's records. Choose a name of its own, with \
         `--migrate-from-txt-owner=default` to take over what is asked for here; or, if this is \
         the only installation in its zones, add `--allow-default-owner`"
    )]
    DefaultOwner,
    /// The registry cannot be set up.
    #[error(transparent)]
    Registry(#[from] ConfigError),
}

/// Returns the registry and the planner that the flags ask for.
///
/// # Errors
///
/// Returns an error when records of others could be deleted, and when claims cannot be made.
pub fn ownership(
    args: OwnershipArgs,
    safety: &SafetyArgs,
    transforms: &TransformArgs,
) -> Result<Ownership, OwnershipError> {
    let OwnershipArgs {
        registry,
        txt_owner_id,
        allow_default_owner,
        allow_unowned_changes,
        txt_prefix,
        txt_suffix,
        txt_wildcard_replacement,
        txt_encrypt_enabled,
        txt_encrypt_aes_key,
        migrate_from_txt_owner,
    } = args;
    let SafetyArgs {
        policy,
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
    let brake = if allow_mass_deletes {
        Brake { max_deletes: None, max_percent: None, ..Brake::default() }
    } else {
        Brake {
            max_deletes: (max_deletes > 0).then_some(max_deletes),
            max_percent: (max_delete_percent < 100).then_some(max_delete_percent),
            ..Brake::default()
        }
    };
    let types = |names: &[String]| -> BTreeSet<RecordType> {
        names.iter().map(|it| RecordType::from(it.as_str())).collect()
    };
    let mut planner = Planner {
        policy,
        brake,
        managed: types(&transforms.managed_record_types),
        excluded: types(&transforms.exclude_record_types),
        allow_unowned: allow_unowned_changes,
        ..Planner::default()
    };
    if registry == RegistryName::Noop {
        planner.owner = None;
        return Ok(Ownership { registry: Arc::new(Noop), planner, on_target_loss });
    }
    let deletes = policy.allows(Verb::Delete);
    let owner = match txt_owner_id.as_str() {
        "" if deletes => return Err(OwnershipError::NoOwner { policy: policy.to_string() }),
        DEFAULT_OWNER if deletes && !allow_default_owner => {
            return Err(OwnershipError::DefaultOwner);
        }
        "" => DEFAULT_OWNER.to_owned(),
        _ => txt_owner_id,
    };
    planner.owner = Some(owner.clone());
    planner.migrate_from = (!migrate_from_txt_owner.is_empty()).then_some(migrate_from_txt_owner);
    let registry = txt(
        &owner,
        txt_prefix,
        txt_suffix,
        txt_wildcard_replacement,
        &Sealing { key: txt_encrypt_aes_key, on: txt_encrypt_enabled },
    )?;
    Ok(Ownership { registry: Arc::new(registry), planner, on_target_loss })
}

/// Returns a registry that only reads, whoever we are.
///
/// # Errors
///
/// Returns an error when the key for claims makes no sense.
pub fn registry_for_reading(args: OwnershipArgs) -> Result<Arc<dyn Registry>, OwnershipError> {
    if args.registry == RegistryName::Noop {
        return Ok(Arc::new(Noop));
    }
    let owner =
        if args.txt_owner_id.is_empty() { DEFAULT_OWNER } else { args.txt_owner_id.as_str() };
    let sealing = Sealing { key: args.txt_encrypt_aes_key, on: args.txt_encrypt_enabled };
    let (prefix, suffix) = (args.txt_prefix, args.txt_suffix);
    Ok(Arc::new(txt(owner, prefix, suffix, args.txt_wildcard_replacement, &sealing)?))
}

/// How claims are encrypted.
struct Sealing {
    key: String,
    on: bool,
}

fn txt(
    owner: &str,
    prefix: String,
    suffix: String,
    wildcard_replacement: String,
    sealing: &Sealing,
) -> Result<TxtRegistry, ConfigError> {
    let key = match sealing.key.as_str() {
        "" => None,
        text => Some(Key::parse(text)?),
    };
    TxtRegistry::new(TxtOptions {
        owner: owner.to_owned(),
        prefix,
        suffix,
        wildcard_replacement,
        key,
        encrypt: sealing.on,
        ..TxtOptions::default()
    })
}
