//! `f5-virtualserver` and `f5-transportserver`: hosts of F5 servers, answered by their address.

use std::marker::PhantomData;

use super::endpoint_builder::EndpointBuilder;
use super::per_object::ObjectSource;
use crate::objects::Resource;
use crate::objects::cis::{ServerSpec, ServerStatus, TransportServer, VirtualServer};

/// One of the two kinds of servers.
pub(super) struct F5Source<S>(PhantomData<S>);

/// A kind of server.
pub(super) trait F5Server: Resource {
    /// Name of the source, and first part of the `resource` label.
    const SOURCE: &'static str;

    /// Returns what the server wants, and what is there.
    fn parts(&self) -> (&ServerSpec, &ServerStatus);
}

impl F5Server for VirtualServer {
    const SOURCE: &'static str = "f5-virtualserver";

    fn parts(&self) -> (&ServerSpec, &ServerStatus) {
        (&self.spec, &self.status)
    }
}

impl F5Server for TransportServer {
    const SOURCE: &'static str = "f5-transportserver";

    fn parts(&self) -> (&ServerSpec, &ServerStatus) {
        (&self.spec, &self.status)
    }
}

impl<S: F5Server> ObjectSource for F5Source<S> {
    type Object = S;
    const SOURCE: &'static str = S::SOURCE;
    const LABEL: &'static str = S::SOURCE;
    const TARGETS_AT: &'static str = "`status.vsAddress`";
    const NAMES_AT: Option<&'static str> = Some("`spec.host`, `spec.hostAliases`");

    fn convert<'a>(server: &'a S, builder: &mut EndpointBuilder<'a>) {
        builder.without_properties();
        let (spec, status) = server.parts();
        let hosts: Vec<_> = spec.host.iter().chain(&spec.host_aliases).cloned().collect();
        let address = &status.vs_address;
        if address.is_empty() || address.eq_ignore_ascii_case("none") {
            for host in &hosts {
                builder.mark_unknown(host, builder.no_targets());
            }
        } else {
            let wanted = &spec.virtual_server_address;
            let address = if wanted.is_empty() { address } else { wanted };
            let targets = builder.targets_or(|| vec![address.clone()]);
            builder.add_all(&hosts, &targets);
        }
        builder.add_pairs();
        builder.add_names_and_targets();
    }
}
