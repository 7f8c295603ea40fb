//! Bytes that pass to a worker and back as a whole.

use super::spare;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::mem;
use std::ops::{Deref, DerefMut};

/// Bytes that are copied as a whole where a `Vec<u8>` is encoded byte by byte.
///
/// serde knows no difference between a vector of bytes and any other, so that a `Vec<u8>` as (a part
/// of) an argument or a result takes some twenty times as long to encode and decode as copying it
/// would. A `Blob` is copied. It may stand anywhere: in a tuple, a field, an `Option`, a `Vec`. It
/// can be used like the vector it holds.
///
/// Both are encoded to the same bytes. For numbers of other types there is
/// [`Numbers`](super::Numbers).
///
/// ```
/// use roundelay::ProcessPool;
/// use roundelay::pool::process::Blob;
///
/// fn inverted(mut image: Blob) -> Blob {
///     image.iter_mut().for_each(|pixel| *pixel = !*pixel);
///     image
/// }
///
/// roundelay::run(async {
///     let pool = ProcessPool::new(1).unwrap();
///     let image = pool.submit(inverted, Blob::from(vec![0x0f; 1 << 20])).await.unwrap();
///     assert_eq!(image.into_vec(), vec![0xf0; 1 << 20]);
/// });
/// ```
#[derive(Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Blob(Vec<u8>);

impl Blob {
    /// Returns the vector.
    pub fn into_vec(mut self) -> Vec<u8> {
        mem::take(&mut self.0)
    }
}

impl Clone for Blob {
    fn clone(&self) -> Blob {
        Blob(spare::copy(&self.0))
    }
}

impl Drop for Blob {
    /// Leaves the memory of a large one for the next, while large payloads come.
    fn drop(&mut self) {
        spare::keep(mem::take(&mut self.0));
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Blob {
        Blob(bytes)
    }
}

impl From<&[u8]> for Blob {
    fn from(bytes: &[u8]) -> Blob {
        Blob(bytes.to_vec())
    }
}

impl From<Blob> for Vec<u8> {
    fn from(blob: Blob) -> Vec<u8> {
        blob.into_vec()
    }
}

impl Deref for Blob {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Blob {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Blob {
    /// Shows how many bytes there are: they are meant to be many.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} bytes)", self.0.len())
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Blob, D::Error> {
        deserializer.deserialize_byte_buf(Bytes).map(Blob)
    }
}

/// Takes bytes in whatever way a format gives them.
struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(spare::copy(bytes))
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(bytes)
    }

    /// For formats without bytes of their own, such as JSON. The length is the sender's word and
    /// nothing is set aside for it.
    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<u8>, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = sequence.next_element()? {
            bytes.push(byte);
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_and_a_vector_are_the_same_on_the_wire() {
        for length in [0, 1, 127, 128, 100_000] {
            let bytes: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let encoded = postcard::to_stdvec(&Blob::from(bytes.clone())).unwrap();
            assert_eq!(encoded, postcard::to_stdvec(&bytes).unwrap());
            assert_eq!(*postcard::from_bytes::<Blob>(&encoded).unwrap(), bytes);
        }
    }

    #[test]
    fn a_blob_may_stand_anywhere() {
        type Nested = (u8, Vec<Option<Blob>>, Result<Blob, String>);
        let value: Nested = (
            7,
            vec![Some(Blob::from(vec![1, 2])), None, Some(Blob::default())],
            Ok(Blob::from(vec![3; 1000])),
        );
        let encoded = postcard::to_stdvec(&value).unwrap();
        assert_eq!(postcard::from_bytes::<Nested>(&encoded).unwrap(), value);
    }

    #[test]
    fn a_blob_that_is_cut_is_an_error() {
        let encoded = postcard::to_stdvec(&Blob::from(vec![9; 300])).unwrap();
        for cut in 0..encoded.len() {
            assert!(postcard::from_bytes::<Blob>(&encoded[..cut]).is_err());
        }
    }
}
