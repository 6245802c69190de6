//! What the process-level tests share: programs that run beside them and how these are found.

pub mod child;
pub mod kube_apiserver;
pub mod outside;
