//! Whether a gateway of Istio serves a host for a virtual service: yes, no, or not known.

use controller_core::status::Reason;
use controller_core::value::HostName;
use external_dns_webhook::CanonicalName;

use crate::objects::istio::{IstioGateway, IstioServer, IstioVirtualService};

/// What stands for every host, and in front of a slash for every namespace.
pub(super) const EVERY_HOST: &str = "*";

/// What stands for the object's own namespace.
const OWN: &str = ".";

/// What stands for no namespace, in `exportTo`.
const NOWHERE: &str = "~";

/// A host of a server: `host` or `namespace/host`, where both can be `*` and the namespace can be `.`
/// ([Server]).
///
/// [Server]: https://istio.io/latest/docs/reference/config/networking/gateway/#Server
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServerHost<'a> {
    /// Namespace of the virtual services it is for, as it stands there.
    namespace: &'a str,
    /// The host, as it stands there.
    name: &'a str,
    /// The host in the form in which names are compared.
    compared: CanonicalName,
}

/// Whether a gateway serves a host for a virtual service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HostMatch {
    /// It does.
    Yes,
    /// It does not, and every value that says so is legal.
    No(Reason),
    /// A value that decides it is not valid.
    Unknown(Reason),
}

impl<'a> ServerHost<'a> {
    /// Reads a host of a server.
    ///
    /// # Errors
    ///
    /// What is wrong with it: the end of a sentence that names it.
    pub(super) fn read(text: &'a str) -> Result<Self, String> {
        let (namespace, name) = text.split_once('/').unwrap_or((EVERY_HOST, text));
        if !is_namespace(namespace) && ![EVERY_HOST, OWN].contains(&namespace) {
            return Err(format!("`{namespace}` before its slash is no namespace"));
        }
        if name == EVERY_HOST {
            return Ok(Self { namespace, name, compared: name.into() });
        }
        let host = HostName::validate(name).map_err(String::from)?;
        Ok(Self { namespace, name, compared: host.into_name().canonical().clone() })
    }

    /// Tells whether it stands for every host.
    pub(super) fn is_every(&self) -> bool {
        self.name == EVERY_HOST
    }

    /// Returns the host as it stands there.
    pub(super) fn name(&self) -> &'a str {
        self.name
    }

    /// Tells whether it is for virtual services in `own`, on a gateway in `gateway`.
    fn is_for(&self, own: &str, gateway: &str) -> bool {
        match self.namespace {
            EVERY_HOST => true,
            OWN => own == gateway,
            namespace => namespace == own,
        }
    }

    /// Tells whether it covers `host`, which is in the form in which names are compared.
    fn covers(&self, host: &str) -> bool {
        match self.compared.strip_prefix('*') {
            Some("") => true,
            Some(suffix) => host.ends_with(suffix),
            None => self.compared == *host,
        }
    }
}

/// Iterates over the hosts of a server; it must have one, so it has an empty one when it has none.
pub(super) fn of_server(server: &IstioServer) -> impl Iterator<Item = &str> {
    let missing = server.hosts.is_empty().then_some("");
    server.hosts.iter().map(String::as_str).chain(missing)
}

/// Tells whether `gateway` serves the name `host` for a virtual service.
pub(super) fn serves(
    service: &IstioVirtualService,
    gateway: &IstioGateway,
    host: &str,
) -> HostMatch {
    let (own, other) = (&service.meta.namespace, &gateway.meta.namespace);
    let parent = format!("Gateway/{other}/{}", gateway.meta.name);
    let no = |why: String| HostMatch::No(Reason::NotServed { parent: parent.clone(), why });
    let unread = |value: &str, why: &str| {
        let object = parent.clone();
        HostMatch::Unknown(Reason::ReferenceNotRead {
            object,
            why: format!("has the host `{value}` at one of its servers, and {why}"),
        })
    };
    let compared = CanonicalName::from(host);
    let mut unknown = None;
    let mut is_served = false;
    for text in gateway.spec.servers.iter().flat_map(of_server) {
        match ServerHost::read(text) {
            Ok(server) => is_served |= server.is_for(own, other) && server.covers(&compared),
            Err(why) => unknown = unknown.or_else(|| Some(unread(text, &why))),
        }
    }
    if is_served {
        unknown = None;
    } else if unknown.is_none() {
        return no(format!("none of its servers has the host `{host}` for the namespace `{own}`"));
    }
    let exports = &service.spec.export_to;
    let is_visible = exports.is_empty()
        || exports.iter().any(|to| to == EVERY_HOST || to == other || (to == OWN && own == other));
    if is_visible {
        return unknown.unwrap_or(HostMatch::Yes);
    }
    match exports.iter().find(|to| !is_namespace(to) && ![OWN, NOWHERE].contains(&to.as_str())) {
        Some(to) => HostMatch::Unknown(Reason::Unreadable {
            error: format!("`{to}` in `spec.exportTo` is no namespace"),
        }),
        None => {
            no(format!("`exportTo` of the VirtualService does not name the namespace `{other}`"))
        }
    }
}

/// Tells whether `text` can be the name of a namespace: a label of RFC 1123 in small letters.
fn is_namespace(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}
