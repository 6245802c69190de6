//! What can happen to a world, one thing at a time; written out, a script that says it all.

use std::fmt;

use route53_emulator::ResourceRecordSet;

use super::calls::{Call, Service};
use super::model::{Key, Kind, Object};
use super::oracle::shown;
use super::rules::Rule;

/// A program of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProgramKind {
    /// `signpost run`.
    Controller,
    /// `route53-webhook`.
    Sidecar,
}

/// What a user does to a zone by hand, past the sidecar.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Hand {
    /// Makes a record set, if there is room for it.
    Make(Box<ResourceRecordSet>),
    /// Gives one of their own record sets another value, if it is there.
    Change(Key, String),
    /// Deletes one of their own record sets, if it is there.
    Remove(Key),
    /// Gives a record set of ours another value, if it is there with its ownership record.
    EditOurs(Key, String),
    /// Deletes a record set of ours and its ownership record, if they are there.
    RemoveOurs(Key),
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// An object is made, or replaced.
    Put(Object),
    /// An object is deleted, if it is there.
    Delete(Kind, String),
    /// Something is done to a zone by hand.
    ByHand(&'static str, Hand),
    /// From now on, this happens to calls of a service.
    Break(Service, Rule),
    /// All is well with a service again.
    Repair(Service),
    /// A service does not take connections.
    Away(Service),
    /// Nothing happens until a service has been called so once more; at most a while.
    Await(Service, Call),
    /// Nothing happens for so many milliseconds.
    Sleep(u32),
    /// A program is killed.
    Kill(ProgramKind),
    /// A program is told to end, and must.
    Terminate(ProgramKind),
    /// A program is started, if it does not run.
    Start(ProgramKind),
    /// A program does not run for a while.
    Pause(ProgramKind),
    /// A program that does not run goes on.
    Continue(ProgramKind),
    /// The API server breaks off every watch.
    DropWatches,
    /// The API server forgets its history: what watches from before is told 410.
    Compact,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put(object) => write!(f, "put {object}"),
            Self::Delete(kind, name) => write!(f, "delete {kind:?} {name}"),
            Self::ByHand(zone, hand) => match hand {
                Hand::Make(set) => write!(f, "by hand in {zone}: make {}", shown(set)),
                Hand::Change(key, value) => write!(f, "by hand in {zone}: change {key} to {value}"),
                Hand::Remove(key) => write!(f, "by hand in {zone}: remove {key}"),
                Hand::EditOurs(key, value) => {
                    write!(f, "by hand in {zone}: edit our {key} to {value}")
                }
                Hand::RemoveOurs(key) => {
                    write!(f, "by hand in {zone}: remove our {key} with its ownership record")
                }
            },
            Self::Break(service, rule) => write!(f, "break {service}: {rule}"),
            Self::Repair(service) => write!(f, "repair {service}"),
            Self::Away(service) => write!(f, "away {service}"),
            Self::Await(service, call) => write!(f, "await {service}: {call:?}"),
            Self::Sleep(milliseconds) => write!(f, "sleep {milliseconds} ms"),
            Self::Kill(program) => write!(f, "kill {program:?}"),
            Self::Terminate(program) => write!(f, "terminate {program:?}"),
            Self::Start(program) => write!(f, "start {program:?}"),
            Self::Pause(program) => write!(f, "pause {program:?}"),
            Self::Continue(program) => write!(f, "continue {program:?}"),
            Self::DropWatches => write!(f, "drop watches"),
            Self::Compact => write!(f, "compact"),
        }
    }
}
