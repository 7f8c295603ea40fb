//! Numbers that pass to a worker and back as a whole.

use bytemuck::Pod;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// Plain numbers that are copied as a whole where a `Vec<T>` is encoded one by one.
///
/// A million `f64` in a vector take more than a millisecond to encode and decode; as `Numbers<f64>`
/// they are copied. They may stand anywhere in an argument or a result, and can be used like the
/// vector they are kept in. For bytes there is [`Blob`](super::Blob).
///
/// The encoding is the machine's own, with its order of bytes: it is for processes of one machine.
///
/// ```
/// use roundelay::ProcessPool;
/// use roundelay::pool::process::Numbers;
///
/// fn scaled((factor, mut samples): (f64, Numbers<f64>)) -> Numbers<f64> {
///     samples.iter_mut().for_each(|sample| *sample *= factor);
///     samples
/// }
///
/// roundelay::run(async {
///     let pool = ProcessPool::new(1).unwrap();
///     let samples = Numbers::from(vec![0.5; 100_000]);
///     let louder = pool.submit(scaled, (4.0, samples)).await.unwrap();
///     assert_eq!(louder.into_vec(), vec![2.0; 100_000]);
/// });
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Numbers<T: Number>(Vec<T>);

/// A type of plain numbers, for [`Numbers`]: integers of all widths, `f32` and `f64`.
pub trait Number: sealed::Plain {}

mod sealed {
    /// What makes a type a plain number: every pattern of bits is a value, and nothing else is in
    /// it. No type of others can have it, so that what it rests on may change.
    pub trait Plain: super::Pod + Copy + 'static {}
}

macro_rules! numbers {
    ($($number:ty)*) => {
        $(
            impl sealed::Plain for $number {}
            impl Number for $number {}
        )*
    };
}

numbers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64);

impl<T: Number> Numbers<T> {
    /// Returns the vector.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T: Number> Default for Numbers<T> {
    fn default() -> Numbers<T> {
        Numbers(Vec::new())
    }
}

impl<T: Number> From<Vec<T>> for Numbers<T> {
    fn from(numbers: Vec<T>) -> Numbers<T> {
        Numbers(numbers)
    }
}

impl<T: Number> From<&[T]> for Numbers<T> {
    fn from(numbers: &[T]) -> Numbers<T> {
        Numbers(numbers.to_vec())
    }
}

impl<T: Number> From<Numbers<T>> for Vec<T> {
    fn from(numbers: Numbers<T>) -> Vec<T> {
        numbers.0
    }
}

impl<T: Number> FromIterator<T> for Numbers<T> {
    fn from_iter<I: IntoIterator<Item = T>>(numbers: I) -> Numbers<T> {
        Numbers(numbers.into_iter().collect())
    }
}

impl<T: Number> Deref for Numbers<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T: Number> DerefMut for Numbers<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.0
    }
}

impl<T: Number> AsRef<[T]> for Numbers<T> {
    fn as_ref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Number> fmt::Debug for Numbers<T> {
    /// Shows how many numbers there are: they are meant to be many.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = std::any::type_name::<T>();
        write!(f, "Numbers({} of {name})", self.0.len())
    }
}

impl<T: Number> Serialize for Numbers<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytemuck::cast_slice(&self.0))
    }
}

impl<'de, T: Number> Deserialize<'de> for Numbers<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Numbers<T>, D::Error> {
        deserializer
            .deserialize_byte_buf(Bytes(PhantomData))
            .map(Numbers)
    }
}

/// Takes the bytes of numbers in whatever way a format gives them.
struct Bytes<T>(PhantomData<T>);

impl<'de, T: Number> Visitor<'de> for Bytes<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the bytes of numbers of {} bytes each", size_of::<T>())
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<T>, E> {
        if !bytes.len().is_multiple_of(size_of::<T>()) {
            return Err(E::invalid_length(bytes.len(), &self));
        }
        // The bytes may begin at any address; where they are copied to, they are aligned.
        Ok(bytemuck::pod_collect_to_vec(bytes))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<T>, A::Error> {
        let mut bytes = Vec::<u8>::new();
        while let Some(byte) = sequence.next_element()? {
            bytes.push(byte);
        }
        self.visit_bytes(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back<T: Number + PartialEq>(numbers: Vec<T>) {
        // The odd byte before it moves the numbers off their alignment.
        let value = (true, Numbers::from(numbers), vec![Numbers::<T>::default()]);
        let encoded = postcard::to_stdvec(&value).unwrap();
        let back: (bool, Numbers<T>, Vec<Numbers<T>>) = postcard::from_bytes(&encoded).unwrap();
        assert!(back == value);
    }

    #[test]
    fn numbers_of_every_width_pass_there_and_back() {
        there_and_back(vec![f64::MIN_POSITIVE, -0.0, f64::INFINITY]);
        there_and_back(vec![1.5f32; 1000]);
        there_and_back(vec![i64::MIN, -1, i64::MAX]);
        there_and_back((0..100_000u32).collect());
        there_and_back(vec![u16::MAX; 3]);
        there_and_back(vec![i128::MIN; 2]);
        there_and_back(vec![-7i8]);
        there_and_back(vec![usize::MAX]);
    }

    #[test]
    fn bits_of_a_number_that_is_none_are_kept() {
        let bits = 0x7ff8_dead_beef_0001;
        let encoded = postcard::to_stdvec(&Numbers::from(vec![f64::from_bits(bits)])).unwrap();
        let back: Numbers<f64> = postcard::from_bytes(&encoded).unwrap();
        assert_eq!(back[0].to_bits(), bits);
    }

    #[test]
    fn a_number_that_is_cut_is_an_error() {
        let encoded = postcard::to_stdvec(&Numbers::from(vec![0u8; 9])).unwrap();
        let error = postcard::from_bytes::<Numbers<u64>>(&encoded);
        assert!(error.is_err());
    }
}
