//! What is read of [Traefik]'s routes, under its present and its former group.
//!
//! [Traefik]: https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/crd/http/ingressroute/

use serde::Deserialize;

use super::Meta;

/// Spec of a route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TraefikRouteSpec {
    /// Rules; routes of UDP have none that name hosts.
    pub routes: Vec<Rule>,
}

/// One rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Rule {
    /// Expression that names hosts, such as ``Host(`www.example.com`)``; empty for none.
    #[serde(rename = "match")]
    pub matcher: String,
}

/// One of the kinds of routes.
pub trait TraefikRoute: super::Resource {
    /// First part of the `resource` label.
    const LABEL: &'static str;
    /// Whether each of its routes needs a rule; those of UDP have none ([IngressRouteUDP]).
    ///
    /// [IngressRouteUDP]: https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/crd/udp/ingressrouteudp/
    const NEEDS_RULES: bool;

    /// Returns what the route wants.
    fn spec(&self) -> &TraefikRouteSpec;
}

macro_rules! route {
    ($(#[$doc:meta] $name:ident, $label:literal, $needs_rules:literal, $id:literal;)+) => { $(
        #[$doc]
        #[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
        #[serde(default)]
        pub struct $name {
            /// Metadata of the object.
            #[serde(skip)]
            pub meta: Meta,
            /// Spec of the object.
            pub spec: TraefikRouteSpec,
        }

        super::resource::resource!($name, $id);

        impl TraefikRoute for $name {
            const LABEL: &'static str = $label;
            const NEEDS_RULES: bool = $needs_rules;

            fn spec(&self) -> &TraefikRouteSpec {
                &self.spec
            }
        }
    )+ };
}

route! {
    /// `traefik.io` `IngressRoute`.
    IngressRoute, "ingressroute", true, "ingressroutes.traefik.io";
    /// `traefik.io` `IngressRouteTCP`.
    IngressRouteTcp, "ingressroutetcp", true, "ingressroutetcps.traefik.io";
    /// `traefik.io` `IngressRouteUDP`.
    IngressRouteUdp, "ingressrouteudp", false, "ingressrouteudps.traefik.io";
    /// `traefik.containo.us` `IngressRoute`.
    LegacyIngressRoute, "ingressroute", true, "ingressroutes.traefik.containo.us";
    /// `traefik.containo.us` `IngressRouteTCP`.
    LegacyIngressRouteTcp, "ingressroutetcp", true, "ingressroutetcps.traefik.containo.us";
    /// `traefik.containo.us` `IngressRouteUDP`.
    LegacyIngressRouteUdp, "ingressrouteudp", false, "ingressrouteudps.traefik.containo.us";
}
