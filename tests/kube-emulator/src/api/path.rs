//! What a path asks for.

use axum::http::Method;

use crate::api::query::Query;
use crate::status::Status;

/// What a request is about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Health,
    Version,
    /// `/api`
    CoreVersions,
    /// `/apis`
    Groups,
    /// `/apis/{group}`
    Group(String),
    /// `/api/v1`, `/apis/{group}/{version}`
    Resources {
        group: String,
        version: String,
    },
    /// `/openapi/v3`
    OpenApi,
    /// `/openapi/v3/…`
    OpenApiOf {
        group: String,
        version: String,
    },
    Resource(Resource),
    Unknown,
}

/// One or all objects of a kind; what does not apply is empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) plural: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) subresource: String,
}

impl Target {
    pub(crate) fn parse(path: &str) -> Self {
        let segments: Vec<String> =
            path.split('/').filter(|segment| !segment.is_empty()).map(decode).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["healthz" | "readyz" | "livez", ..] => Self::Health,
            ["version"] => Self::Version,
            ["api"] => Self::CoreVersions,
            ["apis"] => Self::Groups,
            ["apis", group] => Self::Group((*group).to_owned()),
            ["openapi", "v3"] => Self::OpenApi,
            ["openapi", "v3", "api", version] => {
                Self::OpenApiOf { group: String::new(), version: (*version).to_owned() }
            }
            ["openapi", "v3", "apis", group, version] => {
                Self::OpenApiOf { group: (*group).to_owned(), version: (*version).to_owned() }
            }
            ["api", version, rest @ ..] => Self::within("", version, rest),
            ["apis", group, version, rest @ ..] => Self::within(group, version, rest),
            _ => Self::Unknown,
        }
    }

    fn within(group: &str, version: &str, rest: &[&str]) -> Self {
        let (namespace, rest) = match rest {
            [] => return Self::Resources { group: group.to_owned(), version: version.to_owned() },
            // `namespaces/x/status` is about the namespace, `namespaces/x/services` within it.
            ["namespaces", _, "status" | "finalize"] => ("", rest),
            ["namespaces", namespace, inner @ ..] if !inner.is_empty() => (*namespace, inner),
            rest => ("", rest),
        };
        let (plural, name, subresource) = match rest {
            [plural] => (*plural, "", ""),
            [plural, name] => (*plural, *name, ""),
            [plural, name, subresource] => (*plural, *name, *subresource),
            _ => return Self::Unknown,
        };
        Self::Resource(Resource {
            group: group.to_owned(),
            version: version.to_owned(),
            plural: plural.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            subresource: subresource.to_owned(),
        })
    }

    /// Tells whether anybody may ask, with or without a token.
    pub(crate) fn is_public(&self) -> bool {
        matches!(self, Self::Health | Self::Version)
    }
}

impl Resource {
    /// Returns the verb by which RBAC would judge a request.
    pub(crate) fn verb(&self, method: &Method, query: &Query) -> Result<&'static str, Status> {
        let one = !self.name.is_empty();
        match (method, one) {
            (&Method::GET, _) if query.watch => Ok("watch"),
            (&Method::GET, true) => Ok("get"),
            (&Method::GET, false) => Ok("list"),
            (&Method::POST, false) => Ok("create"),
            (&Method::PUT, true) => Ok("update"),
            (&Method::PATCH, true) => Ok("patch"),
            (&Method::DELETE, true) => Ok("delete"),
            (&Method::DELETE, false) => Ok("deletecollection"),
            _ => Err(Status::method_not_allowed()),
        }
    }

    /// Returns the resource as the record of requests names it.
    pub(crate) fn qualified(&self) -> String {
        let mut text = self.plural.clone();
        for (mark, part) in [('.', &self.group), ('/', &self.subresource)] {
            if !part.is_empty() {
                text.push(mark);
                text.push_str(part);
            }
        }
        text
    }
}

/// Decodes percent-encoding; what is not well encoded stays as it is.
fn decode(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let encoded = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match encoded.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| segment.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(path: &str) -> Resource {
        match Target::parse(path) {
            Target::Resource(resource) => resource,
            other => panic!("{path} is {other:?}"),
        }
    }

    #[test]
    fn a_path_names_group_namespace_object_and_subresource() {
        let path = "/apis/networking.k8s.io/v1/namespaces/a/ingresses/b/status";
        let found = resource(path);
        assert_eq!(found.qualified(), "ingresses.networking.k8s.io/status");
        assert_eq!((found.namespace.as_str(), found.name.as_str()), ("a", "b"));
    }

    #[test]
    fn a_namespace_is_an_object_and_a_place() {
        assert_eq!(resource("/api/v1/namespaces/a").name, "a");
        assert_eq!(resource("/api/v1/namespaces/a/status").subresource, "status");
        assert_eq!(resource("/api/v1/namespaces/a/services").namespace, "a");
        assert_eq!(resource("/api/v1/services").namespace, "");
    }

    #[test]
    fn names_may_be_percent_encoded() {
        let path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode";
        assert_eq!(resource(path).name, "system:node");
    }
}
