//! The few lines that every stored struct repeats.

/// Implements [`Resource`](super::Resource) for a struct with a field `meta`.
macro_rules! resource {
    ($type:ty, $id:literal) => {
        impl $crate::objects::Resource for $type {
            const ID: $crate::objects::KindId = $crate::objects::KindId::new($id);

            fn meta(&self) -> &$crate::objects::Meta {
                &self.meta
            }

            fn with_meta(mut self, meta: $crate::objects::Meta) -> Self {
                self.meta = meta;
                self
            }
        }
    };
}

pub(crate) use resource;
