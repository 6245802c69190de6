//! A list of record sets that is read one by one, so that it need not be held.

use std::string::FromUtf8Error;

use serde::de::DeserializeSeed;
use serde::{Deserialize, Deserializer};

use super::merge_decode::Seed;
use super::{DecodeError, no_text, size};
use crate::Endpoint;

/// A list of record sets as JSON, of which one at a time is decoded.
///
/// What [`decode_endpoints`](super::decode_endpoints) reads is read here, too, and nothing else.
///
/// ```
/// use external_dns_webhook::wire::{List, Zones};
///
/// let body = br#"[{"dnsName":"a.example.com"}, null]"#.to_vec();
/// let mut list = List::new(body, Zones::Unsaid).unwrap();
/// assert_eq!(list.read().unwrap().unwrap().dns_name.as_str(), "a.example.com");
/// assert!(list.read().unwrap().is_none());
/// ```
#[derive(Debug)]
pub struct List {
    text: String,
    /// Where the next element, or the comma before it, begins; `None` after the last.
    at: Option<usize>,
    zones: Zones,
}

/// Whether record sets say their zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zones {
    /// They do, where they have one.
    Told,
    /// They do not, as in version 1; a member of that name has no meaning.
    Unsaid,
}

impl List {
    /// Returns a list over a body.
    ///
    /// # Errors
    ///
    /// Returns the body when it is not a list, one of too much, or one of what no text can hold, which is for
    /// [`decode_endpoints`](super::decode_endpoints) to judge.
    pub fn new(body: Vec<u8>, zones: Zones) -> Result<Self, Vec<u8>> {
        if !body.trim_ascii_start().starts_with(b"[") || size::check(&body).is_err() {
            return Err(body);
        }
        if no_text::check(&body).is_err() {
            return Err(body);
        }
        let text = String::from_utf8(body).map_err(FromUtf8Error::into_bytes)?;
        let mut list = Self { text, at: None, zones };
        list.rewind();
        Ok(list)
    }

    /// Starts again with the first element.
    pub fn rewind(&mut self) {
        self.at = self.text.find('[').map(|index| index + 1);
    }

    /// Returns the next record set; `None` after the last. Elements that are `null` are left out.
    ///
    /// # Errors
    ///
    /// Returns an error when the list breaks off or an element is not a record set.
    pub fn read(&mut self) -> Result<Option<Endpoint>, DecodeError> {
        while let Some(at) = self.at {
            let rest = self.text.get(at..).unwrap_or_default().trim_ascii_start();
            let is_first = self.text.get(..at).is_some_and(|text| text.ends_with('['));
            if rest.starts_with(']') {
                self.at = None;
                return Ok(None);
            }
            let rest = match rest.strip_prefix(',') {
                Some(rest) if !is_first => rest,
                None if is_first => rest,
                _ => return Err(broken()),
            };
            let mut elements = serde_json::Deserializer::from_str(rest).into_iter::<Element>();
            let element = elements.next().ok_or_else(broken)??;
            let read = elements.byte_offset();
            self.at = Some(self.text.len() - rest.len() + read);
            if let Element(Some(mut endpoint)) = element {
                endpoint.zone.take_if(|_| self.zones == Zones::Unsaid);
                return Ok(Some(endpoint));
            }
        }
        Ok(None)
    }
}

/// Says that what follows an element is neither a comma nor the end.
fn broken() -> DecodeError {
    DecodeError::Json(serde::de::Error::custom("the list breaks off, or lacks a comma"))
}

/// One element, decoded as the list as a whole would be.
struct Element(Option<Endpoint>);

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut endpoint = None;
        Seed(&mut endpoint).deserialize(deserializer)?;
        Ok(Self(endpoint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::decode_endpoints;

    fn all(body: &str) -> Result<Vec<Endpoint>, DecodeError> {
        let mut list = List::new(body.into(), Zones::Told).unwrap();
        let mut endpoints = Vec::new();
        while let Some(endpoint) = list.read()? {
            endpoints.push(endpoint);
        }
        Ok(endpoints)
    }

    #[test]
    fn one_by_one_is_the_same_list() {
        for body in [
            "[]",
            " [ ] trailing",
            r#"[{"dnsName":"a"}]"#,
            r#" [ {"dnsName":"a","targets":["x,]["]} , null,{"DNSNAME":"b", "labels":{"k":"v"}} ] ,"#,
            r"[null,null]",
            r#"[{"dnsName":"\u00e4\ud83d\ude00"},{"recordTTL":5}]"#,
        ] {
            assert_eq!(all(body).unwrap(), decode_endpoints(body.as_bytes()).unwrap(), "{body}");
        }
    }

    #[test]
    fn what_is_no_list_of_record_sets_is_refused_as_the_whole_is() {
        for body in [
            "[",
            r#"[{"dnsName":"a"}"#,
            r#"[{"dnsName":"a"},"#,
            r#"[{"dnsName":"a"},]"#,
            r#"[{"dnsName":"a"} {"dnsName":"b"}]"#,
            r#"[,{"dnsName":"a"}]"#,
            r#"[{"dnsName":1}]"#,
            r#"["a"]"#,
            r"[nul]",
        ] {
            assert!(decode_endpoints(body.as_bytes()).is_err(), "{body}");
            assert!(all(body).is_err(), "{body}");
        }
        assert!(List::new(b"null".to_vec(), Zones::Told).is_err());
        assert!(List::new(b"{}".to_vec(), Zones::Told).is_err());
        assert!(List::new(Vec::new(), Zones::Told).is_err());
        for body in [&b"[{\"dnsName\":\"\xff\"}]"[..], br#"[{"dnsName":"\ud800"}]"#] {
            assert!(List::new(body.to_vec(), Zones::Told).is_err());
            assert!(decode_endpoints(body).is_err());
        }
    }

    #[test]
    fn a_list_can_be_read_again() {
        let mut list =
            List::new(br#"[{"dnsName":"a"},{"dnsName":"b"}]"#.to_vec(), Zones::Told).unwrap();
        while list.read().unwrap().is_some() {}
        list.rewind();
        assert_eq!(list.read().unwrap().unwrap().dns_name.as_str(), "a");
    }
}
