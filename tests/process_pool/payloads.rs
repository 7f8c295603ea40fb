//! Arguments and results that are too large, or do not become bytes and values.

use crate::watch::{alone, others};
use roundelay::pool::process::Payload;
use roundelay::{PoolError, ProcessPool};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::process;

#[test]
fn an_argument_above_the_limit_is_refused_before_it_is_encoded_to_the_end() {
    /// Would be eight exbibytes.
    #[derive(Deserialize)]
    struct Endless;
    impl Serialize for Endless {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(std::iter::repeat_n(0u64, usize::MAX >> 4))
        }
    }
    alone(async {
        let pool = ProcessPool::builder()
            .workers(1)
            .message_limit(1 << 20)
            .build()
            .unwrap();
        let error = pool.submit(|_: Endless| (), Endless).await.unwrap_err();
        let limit = 1 << 20;
        assert!(
            matches!(error, PoolError::TooLarge { what: Payload::Argument, limit: found, .. } if found == limit),
            "{error}"
        );
        assert!(others().is_empty(), "no worker was asked");
    });
}

#[test]
fn a_payload_may_be_as_large_as_the_limit() {
    alone(async {
        let pool = ProcessPool::builder()
            .workers(1)
            .message_limit(1000)
            .build()
            .unwrap();
        // Two bytes tell the length.
        for (length, fits) in [
            (0, true),
            (997, true),
            (998, true),
            (999, false),
            (100_000, false),
        ] {
            let argument = pool
                .submit(|bytes: Vec<u8>| bytes.len(), vec![0; length])
                .await;
            let result = pool.submit(|length: usize| vec![0u8; length], length).await;
            match (argument, result) {
                (Ok(a), Ok(b)) => assert!(fits && a == length && b.len() == length),
                (
                    Err(PoolError::TooLarge {
                        what: Payload::Argument,
                        ..
                    }),
                    Err(PoolError::TooLarge {
                        what: Payload::Result,
                        ..
                    }),
                ) => assert!(!fits),
                (argument, result) => panic!("{length}: {argument:?} {result:?}"),
            }
        }
    });
}

/// Fails to encode, or to decode, as its content says.
struct Stubborn(&'static str);

impl Serialize for Stubborn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            "cannot be written" => Err(serde::ser::Error::custom("will not")),
            "panics when written" => panic!("while writing"),
            _ => serializer.serialize_str(self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Stubborn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Stubborn, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "is fine" => Ok(Stubborn("is fine")),
            _ => Err(serde::de::Error::custom("will not")),
        }
    }
}

#[test]
fn what_cannot_be_encoded_or_decoded_is_an_error_and_the_worker_goes_on() {
    use PoolError::{Decode, Encode, Panicked};
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let worker = pool.submit(|(): ()| process::id(), ()).await.unwrap();
        let of_argument = |text| pool.submit(|_: Stubborn| (), Stubborn(text));
        let of_result = [
            pool.submit(|(): ()| Stubborn("cannot be written"), ()),
            pool.submit(|(): ()| Stubborn("cannot be read"), ()),
            pool.submit(|(): ()| Stubborn("panics when written"), ()),
        ];
        of_argument("is fine").await.unwrap();
        let error = of_argument("cannot be written").await.unwrap_err();
        assert!(
            matches!(
                error,
                Encode {
                    what: Payload::Argument,
                    ..
                }
            ),
            "{error}"
        );
        let error = of_argument("cannot be read").await.unwrap_err();
        assert!(
            matches!(
                error,
                Decode {
                    what: Payload::Argument,
                    ..
                }
            ),
            "{error}"
        );
        let mut errors = Vec::new();
        for job in of_result {
            errors.push(job.await.err().unwrap());
        }
        assert!(
            matches!(
                errors[0],
                Encode {
                    what: Payload::Result,
                    ..
                }
            ),
            "{}",
            errors[0]
        );
        assert!(
            matches!(
                errors[1],
                Decode {
                    what: Payload::Result,
                    ..
                }
            ),
            "{}",
            errors[1]
        );
        assert!(matches!(errors[2], Panicked { .. }), "{}", errors[2]);
        assert_eq!(
            pool.submit(|(): ()| process::id(), ()).await.unwrap(),
            worker
        );
    });
}
