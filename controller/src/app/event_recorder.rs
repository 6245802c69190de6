//! Makes Events as the flags ask.

use anyhow::Context as _;

use super::access::ClusterAccess;
use crate::args::{EventArgs, StateArgs};
use crate::events::{EventFilter, EventRecorder};
use crate::tasks::Tasks;

/// Which Events a process makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announcing {
    /// All that the flags say.
    All,
    /// Not those that are made unless the flags say otherwise: where objects come from files there is
    /// nothing to make them on, and a process that makes one sync and ends would say the same each time.
    WhatIsAskedFor,
    /// None.
    Nothing,
}

/// Returns what makes Events; `None` when none are asked for.
///
/// `owner` is our owner id, for their notes; `state` says what stands for this controller.
///
/// # Errors
///
/// Returns an error when there is no way to a cluster, where Events are kept.
pub async fn event_recorder(
    args: EventArgs,
    kubernetes: &ClusterAccess,
    state: &StateArgs,
    (announcing, owner): (Announcing, String),
    tasks: &mut Tasks,
) -> anyhow::Result<Option<EventRecorder>> {
    let EventArgs { events_emit } = args;
    for value in events_emit.iter().filter(|value| !EventFilter::is_kind(value)) {
        tracing::warn!(value = value.as_str(), "`--events-emit` knows no such kind of Event");
    }
    let filter = EventFilter::parse(&events_emit);
    let is_made = match announcing {
        Announcing::All => true,
        Announcing::WhatIsAskedFor => !filter.is_default(),
        Announcing::Nothing => false,
    };
    if filter.is_empty() || !is_made {
        return Ok(None);
    }
    let client = super::kubernetes(kubernetes).await;
    let client = match announcing {
        // Objects are read from the same cluster, so it is not for the Events that it is missed.
        Announcing::All => client?,
        Announcing::WhatIsAskedFor | Announcing::Nothing => {
            client.context("`--events-emit` needs a cluster to write Events into")?
        }
    };
    let myself = super::myself(state, &client);
    let (mut recorder, task) = EventRecorder::new(filter, owner, client, tasks.stop());
    if let Some(myself) = myself {
        recorder.stand_for(myself);
    }
    tasks.spawn("send events", task);
    Ok(Some(recorder))
}
