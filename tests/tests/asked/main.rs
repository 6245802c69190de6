//! What a controller asks its provider for, at `POST /adjustendpoints`: the whole list of all
//! sources, before anything is planned.
//!
//! The cases are files of `controller/tests/sources`, with their manifests and flags. They are
//! put into the emulator and, where `KUBEBUILDER_ASSETS` names one, into a real kube-apiserver.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot set up its world should stop"
)]

mod case;
mod kinds;
mod peers;
mod samples;
mod stage;
