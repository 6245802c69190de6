//! Which services there are, and what kinds of calls each of them gets.

use std::fmt;

/// A service that something stands before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    /// The API server of Kubernetes.
    Kubernetes,
    /// The sidecar.
    Provider,
    /// Route 53.
    Route53,
}

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Call {
    /// Kubernetes: all objects of a kind.
    ListObjects,
    /// Kubernetes: what becomes of them.
    WatchObjects,
    /// Kubernetes: writing the status of one.
    WriteStatus,
    /// Provider: which names it serves.
    Negotiate,
    /// Provider: what it holds.
    Records,
    /// Provider: how it would list what is wanted.
    Adjust,
    /// Provider: a write.
    Apply,
    /// Route 53: the zones.
    ListZones,
    /// Route 53: the record sets of a zone.
    ListRecordSets,
    /// Route 53: a write.
    Change,
    /// Anything else.
    Other,
}

impl Service {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Kubernetes, Self::Provider, Self::Route53];

    /// Returns what kind of call a request is.
    pub(crate) fn call(self, method: &str, target: &str) -> Call {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = path.trim_end_matches('/');
        match (self, method) {
            (Self::Kubernetes, "GET") if query.contains("watch=") => Call::WatchObjects,
            (Self::Kubernetes, "GET") => Call::ListObjects,
            (Self::Kubernetes, "PATCH" | "PUT") if path.ends_with("/status") => Call::WriteStatus,
            (Self::Provider, "GET") if path.is_empty() => Call::Negotiate,
            (Self::Provider, "GET") if path == "/records" => Call::Records,
            (Self::Provider, "POST") if path == "/records" => Call::Apply,
            (Self::Provider, "POST") if path == "/adjustendpoints" => Call::Adjust,
            (Self::Route53, "GET") if path.ends_with("/rrset") => Call::ListRecordSets,
            (Self::Route53, "POST") if path.ends_with("/rrset") => Call::Change,
            (Self::Route53, "GET") if path.contains("/hostedzone") => Call::ListZones,
            (Self::Kubernetes | Self::Provider | Self::Route53, _) => Call::Other,
        }
    }

    /// Returns the kinds of calls that make up the work of a service.
    pub(crate) fn calls(self) -> [Call; 3] {
        match self {
            Self::Kubernetes => [Call::ListObjects, Call::WatchObjects, Call::WriteStatus],
            Self::Provider => [Call::Records, Call::Adjust, Call::Apply],
            Self::Route53 => [Call::ListZones, Call::ListRecordSets, Call::Change],
        }
    }

    /// Returns the media type of its answers.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Kubernetes => "application/json",
            Self::Provider => "application/external.dns.webhook+json;version=1",
            Self::Route53 => "text/xml",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kubernetes => "kubernetes",
            Self::Provider => "provider",
            Self::Route53 => "route53",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_told_apart_by_method_and_path() {
        let rows = [
            (Service::Kubernetes, "GET", "/api/v1/services?limit=5", Call::ListObjects),
            (Service::Kubernetes, "GET", "/api/v1/services?watch=true&a=b", Call::WatchObjects),
            (Service::Kubernetes, "PATCH", "/apis/x/v1/dnsendpoints/a/status?", Call::WriteStatus),
            (Service::Provider, "GET", "/", Call::Negotiate),
            (Service::Provider, "GET", "/records", Call::Records),
            (Service::Provider, "POST", "/records", Call::Apply),
            (Service::Provider, "POST", "/adjustendpoints", Call::Adjust),
            (Service::Route53, "GET", "/2013-04-01/hostedzone", Call::ListZones),
            (
                Service::Route53,
                "GET",
                "/2013-04-01/hostedzone/Z1/rrset?name=a",
                Call::ListRecordSets,
            ),
            (Service::Route53, "POST", "/2013-04-01/hostedzone/Z1/rrset/", Call::Change),
        ];
        for (service, method, target, call) in rows {
            assert_eq!(service.call(method, target), call, "{method} {target}");
        }
    }
}
