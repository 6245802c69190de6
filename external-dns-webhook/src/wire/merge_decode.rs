//! Decodes a value over the one that is already there, which is how Go reads repeated members.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};

use crate::Labels;

/// A value that JSON can be decoded over.
pub(super) trait MergeDecode: Default {
    /// Decodes over `self`; members that are not mentioned keep their value.
    fn merge_decode<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error>;
}

/// An object with named members.
pub(super) trait Members: Default {
    /// What the object is, for error messages.
    const WHAT: &'static str;

    /// Decodes the member called `name`, in lower case; returns false when there is none.
    fn member<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A)
    -> Result<bool, A::Error>;
}

/// Hands `MergeDecode` to serde.
pub(super) struct Seed<'a, T>(pub(super) &'a mut T);

impl<'de, T: MergeDecode> DeserializeSeed<'de> for Seed<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.merge_decode(deserializer)
    }
}

impl<T: Members> MergeDecode for T {
    fn merge_decode<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        object(self, deserializer)
    }
}

/// Decodes an object member by member, matching names without regard to case.
fn object<'de, T: Members, D: Deserializer<'de>>(
    target: &mut T,
    deserializer: D,
) -> Result<(), D::Error> {
    struct Object<'a, T>(&'a mut T);

    impl<'de, T: Members> Visitor<'de> for Object<'_, T> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(T::WHAT)
        }

        fn visit_unit<E: Error>(self) -> Result<(), E> {
            Ok(())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(name) = map.next_key::<String>()? {
                if !self.0.member(&fold(&name), &mut map)? {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(())
        }
    }

    deserializer.deserialize_any(Object(target))
}

/// Lower-cases as Go's decoder compares member names: with Unicode simple folding.
fn fold(name: &str) -> String {
    name.chars()
        .map(|character| match character {
            'ſ' => 's',
            '\u{212a}' => 'k',
            other => other.to_ascii_lowercase(),
        })
        .collect()
}

impl MergeDecode for String {
    fn merge_decode<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        if let Some(text) = <Option<Self> as serde::Deserialize>::deserialize(deserializer)? {
            *self = text;
        }
        Ok(())
    }
}

impl MergeDecode for i64 {
    fn merge_decode<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        struct Integer<'a>(&'a mut i64);

        impl Visitor<'_> for Integer<'_> {
            type Value = ();

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number")
            }

            fn visit_unit<E: Error>(self) -> Result<(), E> {
                Ok(())
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
                *self.0 = value;
                Ok(())
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
                let unexpected =
                    || E::invalid_value(Unexpected::Unsigned(value), &"at most 2^63-1");
                *self.0 = i64::try_from(value).map_err(|_| unexpected())?;
                Ok(())
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
                // The parser hands `-0` over as a float; Go reads it as zero.
                if value == 0.0 && value.is_sign_negative() {
                    *self.0 = 0;
                    return Ok(());
                }
                Err(E::invalid_type(Unexpected::Float(value), &"a whole number"))
            }
        }

        deserializer.deserialize_any(Integer(self))
    }
}

impl<T: MergeDecode> MergeDecode for Option<T> {
    fn merge_decode<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        struct Nullable<'a, T>(&'a mut Option<T>);

        impl<'de, T: MergeDecode> Visitor<'de> for Nullable<'_, T> {
            type Value = ();

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or null")
            }

            fn visit_none<E: Error>(self) -> Result<(), E> {
                *self.0 = None;
                Ok(())
            }

            fn visit_unit<E: Error>(self) -> Result<(), E> {
                self.visit_none()
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
                self.0.get_or_insert_default().merge_decode(deserializer)
            }
        }

        deserializer.deserialize_option(Nullable(self))
    }
}

impl<T: MergeDecode> MergeDecode for Vec<T> {
    fn merge_decode<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        struct List<'a, T>(&'a mut Vec<T>);

        impl<'de, T: MergeDecode> Visitor<'de> for List<'_, T> {
            type Value = ();

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_unit<E: Error>(self) -> Result<(), E> {
                self.0.clear();
                Ok(())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
                let mut read = 0;
                loop {
                    if let Some(there) = self.0.get_mut(read) {
                        if list.next_element_seed(Seed(there))?.is_none() {
                            break;
                        }
                    } else {
                        let mut fresh = T::default();
                        if list.next_element_seed(Seed(&mut fresh))?.is_none() {
                            break;
                        }
                        // Most lists have one element, and a vector that grows by itself has room for four.
                        if self.0.is_empty() {
                            self.0.reserve_exact(1);
                        }
                        self.0.push(fresh);
                    }
                    read += 1;
                }
                self.0.truncate(read);
                Ok(())
            }
        }

        deserializer.deserialize_any(List(self))
    }
}

impl MergeDecode for Labels {
    fn merge_decode<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        struct Texts<'a>(&'a mut Labels);

        impl<'de> Visitor<'de> for Texts<'_> {
            type Value = ();

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_unit<E: Error>(self) -> Result<(), E> {
                *self.0 = Labels::default();
                Ok(())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
                let mut labels = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    let mut value = String::new();
                    map.next_value_seed(Seed(&mut value))?;
                    labels.push((key, value));
                }
                self.0.extend(labels);
                Ok(())
            }
        }

        deserializer.deserialize_any(Texts(self))
    }
}
