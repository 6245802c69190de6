//! Everything the emulator holds as one JSON document, for the state file and the admin route.
//!
//! A snapshot is trusted as far as its record sets are well formed; rules between record sets are not
//! validated again, because their order in the file is not the order in which they came.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::account::{Account, HealthCheck};
use crate::error::ApiError;
use crate::name::NameProblem;
use crate::shape::{Change, ResourceRecordSet};
use crate::validate::{self, Quota};
use crate::zone::{Vpc, Zone};

/// A snapshot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Snapshot {
    /// How many ids were drawn, so that new ones stay new.
    #[serde(default)]
    pub serial: u64,
    /// The zones.
    #[serde(default)]
    pub hosted_zones: Vec<ZoneSnapshot>,
    /// The health checks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub health_checks: Vec<HealthCheckSnapshot>,
}

/// One zone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ZoneSnapshot {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// Whether only VPCs see it.
    #[serde(default)]
    pub private_zone: bool,
    /// The comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// What made its creation unique; `None` draws one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_reference: Option<String>,
    /// The VPCs.
    #[serde(rename = "VPCs", default, skip_serializing_if = "Vec::is_empty")]
    pub vpcs: Vec<Vpc>,
    /// The tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The record sets; SOA and NS are added when they are missing.
    #[serde(default)]
    pub resource_record_sets: Vec<ResourceRecordSet>,
}

/// One health check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct HealthCheckSnapshot {
    /// The id.
    pub id: String,
    /// What made its creation unique.
    #[serde(default)]
    pub caller_reference: String,
    /// Its plain members.
    #[serde(default)]
    pub config: Vec<(String, String)>,
    /// The tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Whether DNS answers skip what depends on it.
    #[serde(default)]
    pub unhealthy: bool,
}

/// Why a snapshot was not taken or written.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A zone's name is none.
    #[error("zone `{zone}` has no valid name")]
    ZoneName {
        /// The name.
        zone: String,
        /// Why.
        #[source]
        source: NameProblem,
    },
    /// A record set is not well formed.
    #[error("zone `{zone}` has an invalid record set")]
    RecordSet {
        /// The zone's name.
        zone: String,
        /// Why.
        #[source]
        source: ApiError,
    },
    /// The file cannot be read.
    #[error("failed to read the state file `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not a snapshot.
    #[error("the state file `{}` is not a snapshot of the emulator; remove it to start afresh", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The file cannot be written.
    #[error("failed to write the state file `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl From<&Account> for Snapshot {
    fn from(account: &Account) -> Self {
        Self {
            serial: account.serial,
            hosted_zones: account.zones.values().map(ZoneSnapshot::from).collect(),
            health_checks: account
                .health_checks
                .iter()
                .map(|(id, check)| {
                    let HealthCheck { caller_reference, config, tags, unhealthy } = check.clone();
                    HealthCheckSnapshot {
                        id: id.clone(),
                        caller_reference,
                        config,
                        tags,
                        unhealthy,
                    }
                })
                .collect(),
        }
    }
}

impl From<&Zone> for ZoneSnapshot {
    fn from(zone: &Zone) -> Self {
        Self {
            id: zone.id.clone(),
            name: zone.name.to_string(),
            private_zone: zone.private,
            comment: zone.comment.clone(),
            caller_reference: Some(zone.caller_reference.clone()),
            vpcs: zone.vpcs.clone(),
            tags: zone.tags.clone(),
            resource_record_sets: zone.all().map(ResourceRecordSet::from).collect(),
        }
    }
}

impl Account {
    /// Replaces zones and health checks by those of a snapshot; limits and delays stay.
    ///
    /// # Errors
    ///
    /// [`StateError::ZoneName`] and [`StateError::RecordSet`]; nothing has changed then.
    pub(crate) fn restore(&mut self, snapshot: Snapshot) -> Result<(), StateError> {
        let Snapshot { serial, hosted_zones, health_checks } = snapshot;
        let mut zones = BTreeMap::new();
        for zone in hosted_zones {
            let zone = restore_zone(zone)?;
            zones.insert(zone.id.clone(), zone);
        }
        let restore_check = |check| {
            let HealthCheckSnapshot { id, caller_reference, config, tags, unhealthy } = check;
            (id, HealthCheck { caller_reference, config, tags, unhealthy })
        };
        self.zones = zones;
        self.health_checks = health_checks.into_iter().map(restore_check).collect();
        self.serial = self.serial.max(serial);
        Ok(())
    }
}

fn restore_zone(snapshot: ZoneSnapshot) -> Result<Zone, StateError> {
    let ZoneSnapshot {
        id,
        name: text,
        private_zone,
        comment,
        caller_reference,
        vpcs,
        tags,
        resource_record_sets,
    } = snapshot;
    let name =
        text.parse().map_err(|source| StateError::ZoneName { zone: text.clone(), source })?;
    let mut zone = Zone::new(id, name, private_zone);
    zone.comment = comment;
    zone.vpcs = vpcs;
    zone.tags = tags;
    if let Some(caller_reference) = caller_reference {
        zone.caller_reference = caller_reference;
    }
    let changes: Vec<_> = resource_record_sets
        .into_iter()
        .map(|set| Change { action: "UPSERT".to_owned(), resource_record_set: set })
        .collect();
    if !changes.is_empty() {
        let checked = validate::batch(&changes, Quota::Ignored)
            .map_err(|source| StateError::RecordSet { zone: text, source })?;
        for change in checked {
            zone.put(change.set);
        }
    }
    Ok(zone)
}

/// Reads a state file; `None` when it does not exist yet.
///
/// # Errors
///
/// [`StateError::Read`] and [`StateError::Parse`].
pub(crate) fn load(path: &Path) -> Result<Option<Snapshot>, StateError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(StateError::Read { path: path.to_owned(), source }),
    };
    serde_json::from_slice(&text)
        .map(Some)
        .map_err(|source| StateError::Parse { path: path.to_owned(), source })
}

/// Writes a state file: whole or not at all, so a kill leaves the old or the new one.
///
/// # Errors
///
/// [`StateError::Write`].
pub(crate) fn save(path: &Path, account: &Account) -> Result<(), StateError> {
    let write = || {
        let text = serde_json::to_vec_pretty(&Snapshot::from(account))?;
        let mut next = path.as_os_str().to_owned();
        next.push(".next");
        let next = PathBuf::from(next);
        let mut file = fs::File::create(&next)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&next, path)
    };
    write().map_err(|source| StateError::Write { path: path.to_owned(), source })
}
