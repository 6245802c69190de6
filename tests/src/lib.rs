//! What the process-level tests share: programs that run beside them and how these are found.

pub mod bench;
pub mod browser;
pub mod bulk;
pub mod child;
pub mod cluster;
pub mod dns;
pub mod faults;
pub mod faulty;
pub mod kube_apiserver;
pub mod manifest;
pub mod outside;
pub mod patience;
pub mod process;
pub mod programs;
pub mod recorder;
pub mod standins;
pub mod world;

pub use world::World;
