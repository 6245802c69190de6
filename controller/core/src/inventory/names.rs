//! Where ExternalDNS keeps the ownership record on a record set, and back.
//!
//! The mapping is ExternalDNS's own, in all its forms: with a prefix or a suffix, with
//! `%{record_type}` in either, with the type as a dashed prefix, and the old form without a type.
//! It is not one-to-one; [`place`](super::place) decides when a name may be written.

use external_dns_webhook::{CanonicalName, RecordType};

/// What stands for the record type in a prefix or suffix.
const MARKER: &str = "%{record_type}";

/// Types that an ownership record name can spell, in the order in which ExternalDNS tries them.
const SPELLED: [RecordType; 10] = [
    RecordType::A,
    RecordType::Aaaa,
    RecordType::Cname,
    RecordType::Ns,
    RecordType::Mx,
    RecordType::Ptr,
    RecordType::Srv,
    RecordType::Naptr,
    RecordType::Txt,
    RecordType::Dname,
];

/// How ownership record names differ from record names; prefix and suffix are never both set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Affixes {
    prefix: String,
    suffix: String,
    wildcard: String,
}

impl Affixes {
    /// Returns the affixes in lower case, as they take effect.
    pub(crate) fn new(prefix: &str, suffix: &str, wildcard: &str) -> Self {
        let lower = str::to_lowercase;
        Self { prefix: lower(prefix), suffix: lower(suffix), wildcard: lower(wildcard) }
    }

    /// Returns the flag, with its value, that DNS would not keep as it is written: what is written
    /// with it could never be found again.
    pub(crate) fn changed_by_dns(&self) -> Option<(&'static str, &str)> {
        let affixes = [
            ("--txt-prefix", &self.prefix, ("", "a-host.example.com")),
            ("--txt-suffix", &self.suffix, ("a-host", ".example.com")),
            ("--txt-wildcard-replacement", &self.wildcard, ("", ".example.com")),
        ];
        let changed = affixes.into_iter().find(|(_, affix, (before, after))| {
            let name = format!("{before}{}{after}", affix.replace(MARKER, "a"));
            let plain = name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
            !plain || CanonicalName::from(name.as_str()).as_str() != name
        });
        changed.map(|(flag, affix, _)| (flag, affix.as_str()))
    }

    /// Returns the ownership record name for a record set.
    pub(crate) fn ownership_record_name(&self, name: &str, record_type: &RecordType) -> String {
        let kind = record_type.as_str().to_lowercase();
        let dashed = if self.is_templated() { String::new() } else { format!("{kind}-") };
        self.affixed(name, &kind, &dashed)
    }

    fn affixed(&self, name: &str, kind: &str, dashed: &str) -> String {
        let (head, rest) = match name.split_once('.') {
            Some((head, rest)) => (head, Some(rest)),
            None => (name, None),
        };
        let head =
            if head == "*" && !self.wildcard.is_empty() { self.wildcard.as_str() } else { head };
        let (prefix, suffix) =
            (self.prefix.replace(MARKER, kind), self.suffix.replace(MARKER, kind));
        let mut ownership_record = format!("{prefix}{dashed}{head}{suffix}");
        if let Some(rest) = rest {
            ownership_record.push('.');
            ownership_record.push_str(rest);
        }
        ownership_record
    }

    /// Returns the record name and type that an ownership record name stands for.
    ///
    /// The type is `None` in the old form without one. The whole is `None` when the name does not
    /// carry our affix, so that the ownership record is about nothing we know.
    pub(crate) fn owned(&self, ownership_record: &str) -> Option<(String, Option<RecordType>)> {
        self.cut_off(ownership_record, |head| self.strip(head))
    }

    /// Returns what an ownership record name stands for, as `strip` reads the part with our affix.
    fn cut_off<T>(
        &self,
        ownership_record: &str,
        strip: impl Fn(&str) -> Option<(String, T)>,
    ) -> Option<(String, T)> {
        let ownership_record = ownership_record.to_lowercase();
        let (name, read) = if self.suffix.is_empty() {
            strip(&ownership_record)?
        } else {
            let dots = self.suffix.matches('.').count();
            let pieces: Vec<&str> = ownership_record.splitn(dots + 2, '.').collect();
            let (first, last) = match pieces.split_at_checked(dots + 1)? {
                (first, [last]) => (first.join("."), Some(*last)),
                (first, _) => (first.join("."), None),
            };
            let (mut name, read) = strip(&first)?;
            if let Some(last) = last {
                name.push('.');
                name.push_str(last);
            }
            (name, read)
        };
        (!name.is_empty()).then_some((name, read))
    }

    /// Returns the name under which ownership records on `name` are looked up: wildcards replaced.
    pub(crate) fn lookup_name(&self, name: &str) -> Option<String> {
        let rest = name.strip_prefix("*.")?;
        (!self.wildcard.is_empty()).then(|| format!("{}.{rest}", self.wildcard))
    }

    /// Returns the wildcard name whose ownership records look as if they were on `name`.
    pub(crate) fn wildcard_counterpart(&self, name: &str) -> Option<String> {
        // What stands for `*` may have dots of its own.
        let rest = name.strip_prefix(self.wildcard.as_str())?.strip_prefix('.')?;
        (!self.wildcard.is_empty()).then(|| format!("*.{rest}"))
    }

    /// Returns the name that an ownership record name would be about in the old form without a
    /// type, where it can also be read as one with a type.
    pub(crate) fn untyped(&self, ownership_record: &str) -> Option<String> {
        let (name, record_type) = self.owned(ownership_record)?;
        record_type?;
        let (whole, ()) =
            self.cut_off(ownership_record, |head| Some((self.cut(head, "")?.to_owned(), ())))?;
        // A type that the affix spells is no part of a name.
        (whole != name).then_some(whole)
    }

    /// Returns the name of an ownership record on `name` in the old form without a type.
    pub(crate) fn untyped_place(&self, name: &str) -> String {
        self.affixed(name, "", "")
    }

    /// Returns every name under which an ownership record on a record set of this name and type can
    /// stand by its own name, in all forms that are read.
    pub(crate) fn forms(&self, name: &str, record_type: &RecordType) -> [String; 3] {
        let kind = record_type.as_str().to_lowercase();
        let dashed = format!("{kind}-");
        // Spelled by the affix, by the text, and not at all.
        [self.affixed(name, &kind, ""), self.affixed(name, "", &dashed), self.untyped_place(name)]
    }

    fn is_templated(&self) -> bool {
        self.prefix.contains(MARKER) || self.suffix.contains(MARKER)
    }

    /// Cuts our affix off, with the type that it or the text spells.
    fn strip(&self, text: &str) -> Option<(String, Option<RecordType>)> {
        if self.is_templated() {
            for record_type in SPELLED {
                let kind = record_type.as_str().to_lowercase();
                if let Some(name) = self.cut(text, &kind) {
                    return Some((name.to_owned(), Some(record_type)));
                }
            }
        }
        let name = self.cut(text, "")?;
        let dashed = name.split_once('-').and_then(|(kind, rest)| {
            let spelled =
                |record_type: &&RecordType| record_type.as_str().eq_ignore_ascii_case(kind);
            SPELLED
                .iter()
                .find(spelled)
                .map(|record_type| (rest.to_owned(), Some(record_type.clone())))
        });
        Some(dashed.unwrap_or_else(|| (name.to_owned(), None)))
    }

    fn cut<'a>(&self, text: &'a str, kind: &str) -> Option<&'a str> {
        let text = text.strip_prefix(self.prefix.replace(MARKER, kind).as_str())?;
        text.strip_suffix(self.suffix.replace(MARKER, kind).as_str())
    }
}

#[cfg(test)]
mod tests;
