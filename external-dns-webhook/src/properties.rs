//! Provider-specific settings of a record set, such as a routing weight.

mod well_known;

use serde::Serialize;

/// Provider-specific settings of a record set, in the order they arrived in.
///
/// A name with a slash belongs to the provider before the slash (`aws/weight`); one without is for
/// every provider (`alias`).
///
/// ```
/// use external_dns_webhook::Properties;
///
/// let mut properties = Properties::default();
/// properties.set("aws/weight", "10");
/// properties.set("aws/weight", "20");
/// assert_eq!(properties.get("aws/weight"), Some("20"));
/// assert_eq!(properties.len(), 1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Properties(pub(crate) Vec<Property>);

/// One provider-specific setting.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Property {
    /// What is set.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its value; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
}

impl Properties {
    /// Asks for a provider's alias instead of a CNAME: `true`, `false`, `A` or `AAAA`.
    pub const ALIAS: &'static str = "alias";
    /// Asks for another record type than the target suggests.
    pub const RECORD_TYPE: &'static str = "record-type";

    /// Returns the value of the first property called `name`; it may be empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|property| property.name == name).map(|property| property.value.as_str())
    }

    /// Sets `name` in place, or adds it at the end.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|property| property.name == name) {
            Some(property) => property.value = value,
            None => self.0.push(Property { name, value }),
        }
    }

    /// Returns these properties with `name` set.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    /// Removes every property called `name` and returns the first one's value.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|property| property.name == name)?;
        let removed = self.0.remove(at).value;
        self.0.retain(|property| property.name != name);
        Some(removed)
    }

    /// Keeps the properties whose name satisfies `keep`.
    pub fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.0.retain(|property| keep(&property.name));
    }

    /// Sorts by name; equal names keep their order.
    pub fn sort(&mut self) {
        self.0.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// Iterates over names and values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|property| (property.name.as_str(), property.value.as_str()))
    }

    /// Returns the number of properties.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether there is no property.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Properties {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(properties: I) -> Self {
        let property = |(name, value): (N, V)| Property { name: name.into(), value: value.into() };
        Self(properties.into_iter().map(property).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(properties: &Properties) -> Vec<&str> {
        properties.iter().map(|(name, _)| name).collect()
    }

    fn some(names: &[&'static str]) -> Properties {
        names.iter().map(|name| (*name, "value")).collect()
    }

    #[test]
    fn a_property_is_set_in_place_or_comes_last() {
        let mut properties = Properties::default();
        properties.set("key1", "value1");
        properties.set("key2", "value2");
        properties.set("key1", "other");
        assert_eq!(properties.iter().collect::<Vec<_>>(), [("key1", "other"), ("key2", "value2")]);
    }

    /// Neighbours keep their order.
    #[test]
    fn what_is_removed_is_gone_and_nothing_else() {
        let mut properties = some(&["a", "b", "c"]);
        assert_eq!(properties.remove("x"), None);
        assert_eq!(properties.len(), 3);
        assert_eq!(properties.remove("b").as_deref(), Some("value"));
        assert_eq!(names(&properties), ["a", "c"]);
        let mut repeated = some(&["a", "b", "a"]);
        repeated.remove("a");
        assert_eq!(names(&repeated), ["b"]);
    }
}
