//! Why an object does not want a name that it once did: it is gone, it is not read or left out by a flag of
//! ours, or it wants something else.

use std::collections::BTreeMap;

use external_dns_webhook::{CanonicalName, ObjectRef, counted};

/// How many names that an object wants instead are told.
const MOST_NAMES: usize = 3;

/// Why an object wants nothing of what it once did.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unwanted {
    /// It is not there.
    Gone,
    /// It is not there, or this flag has the API server leave it out.
    GoneOr(String),
    /// No source reads objects of its kind; in the words of people.
    NoSource(String),
    /// Its kind cannot be read now.
    NotSeen,
    /// It is there, and this reason keeps it from wanting names.
    LeftOut(String),
    /// It is there, and wants these names, which may be none.
    Wants(Vec<CanonicalName>),
}

impl Unwanted {
    /// Says it of one object.
    pub fn sentence(&self, object: &ObjectRef) -> String {
        match self {
            Self::Gone => format!("{object} is gone"),
            Self::GoneOr(flag) => format!("{object} is gone, or {flag} leaves it out"),
            Self::NoSource(kinds) => format!("no source reads {kinds} any more, such as {object}"),
            Self::NotSeen => format!("{object} cannot be looked at now"),
            Self::LeftOut(why) => format!("{object} is there, and {why}"),
            Self::Wants(names) if names.is_empty() => format!("{object} wants no name any more"),
            Self::Wants(names) => {
                let told: Vec<_> =
                    names.iter().take(MOST_NAMES).map(CanonicalName::as_str).collect();
                let more = names.len().saturating_sub(MOST_NAMES);
                let more = if more == 0 { String::new() } else { format!(" and {more} more") };
                format!("{object} wants {}{more} now", told.join(", "))
            }
        }
    }

    /// Says it of several objects.
    fn of_several(&self, count: usize) -> String {
        let objects = counted(count, "object");
        match self {
            Self::Gone => format!("{objects} are gone"),
            Self::GoneOr(flag) => format!("{objects} are gone, or {flag} leaves them out"),
            Self::NoSource(kinds) => format!("no source reads {kinds} any more: {objects}"),
            Self::NotSeen => format!("{objects} cannot be looked at now"),
            Self::LeftOut(why) => format!("{objects} are there, and of each {why}"),
            Self::Wants(_) => format!("{objects} want other names now, or none"),
        }
    }

    /// Says it of all of `objects`, once for all of which the same is so.
    pub fn summary<'a>(objects: impl Iterator<Item = (&'a ObjectRef, &'a Self)>) -> Vec<String> {
        let mut alike: BTreeMap<Self, (usize, String)> = BTreeMap::new();
        for (object, unwanted) in objects {
            let kind = match unwanted {
                Self::Wants(_) => Self::Wants(Vec::new()),
                other => other.clone(),
            };
            let (count, _) = alike.entry(kind).or_insert_with(|| (0, unwanted.sentence(object)));
            *count += 1;
        }
        let said = |(unwanted, (count, sentence)): (Self, (usize, String))| match count {
            1 => sentence,
            count => unwanted.of_several(count),
        };
        alike.into_iter().map(said).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_flag_and_an_object_that_is_gone_are_told_apart() {
        let object = ObjectRef::from("service/team-b/b1");
        let left_out =
            Unwanted::LeftOut("it is left out: --label-filter=x=y does not match".into());
        let wants = Unwanted::Wants(vec!["b2new.example.com".into()]);
        let told = |unwanted: &Unwanted| unwanted.sentence(&object);
        assert_eq!(told(&Unwanted::Gone), "service/team-b/b1 is gone");
        assert_eq!(
            told(&left_out),
            "service/team-b/b1 is there, and it is left out: --label-filter=x=y does not match"
        );
        assert_eq!(told(&wants), "service/team-b/b1 wants b2new.example.com now");
        assert_eq!(
            told(&Unwanted::NoSource("ingresses".to_owned())),
            "no source reads ingresses any more, such as service/team-b/b1"
        );
    }

    #[test]
    fn what_is_so_of_many_objects_is_told_once() {
        let objects = ["service/a/a", "service/a/b", "service/a/c"].map(ObjectRef::from);
        let unwanted = [Unwanted::Gone, Unwanted::Gone, Unwanted::Wants(Vec::new())];
        let told = Unwanted::summary(objects.iter().zip(&unwanted));
        assert_eq!(told, ["2 objects are gone", "service/a/c wants no name any more"]);
    }
}
