//! Large payloads: through memory that pool and worker share, and what is left of that.

use crate::acts::kill;
use crate::watch::{alone, wait_until};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use roundelay::pool::process::{Blob, Numbers, Payload};
use roundelay::{PoolError, ProcessPool};
use serde::{Serialize, Serializer};
use std::cell::RefCell;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::process;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 31 + n / 251) as u8).collect()
}

#[test]
fn bytes_pass_unchanged_whatever_their_number() {
    let sizes = [
        0,
        1,
        4 * KIB,
        16 * KIB - 3,
        16 * KIB - 2,
        16 * KIB,
        64 * KIB,
        64 * KIB + 1,
        300_000,
        3 * MIB,
    ];
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        for size in sizes.into_iter().chain(sizes.into_iter().rev()) {
            let bytes = pattern(size);
            let blob = Blob::from(bytes.clone());
            assert_eq!(
                pool.submit(|blob: Blob| blob, blob)
                    .await
                    .unwrap()
                    .into_vec(),
                bytes
            );
            let back = pool.submit(|bytes: Vec<u8>| bytes, bytes.clone());
            assert_eq!(back.await.unwrap(), bytes);
            // A small argument and a large result, and the other way round.
            assert_eq!(
                *pool.submit(|n| Blob::from(pattern(n)), size).await.unwrap(),
                bytes
            );
            assert_eq!(
                pool.submit(|blob: Blob| blob.len(), bytes.into())
                    .await
                    .unwrap(),
                size
            );
        }
    });
}

#[test]
fn bytes_and_numbers_may_stand_anywhere_in_a_payload() {
    type Nested = (
        String,
        Vec<Option<Blob>>,
        Result<Numbers<f64>, Numbers<i32>>,
    );
    let size = 0..200_000usize;
    let blobs = proptest::collection::vec(proptest::option::of(size.clone()), 0..5);
    let mut runner = TestRunner::new(Config::with_cases(40));
    alone(async {
        let pool = ProcessPool::new(2).unwrap();
        let cases = RefCell::new(Vec::new());
        runner
            .run(&(".{0,20}", blobs, size, any::<bool>()), |case| {
                cases.borrow_mut().push(case);
                Ok(())
            })
            .unwrap();
        for (text, sizes, count, good) in cases.into_inner() {
            let blobs = sizes
                .into_iter()
                .map(|size| size.map(|size| pattern(size).into()));
            let numbers = match good {
                true => Ok((0..count).map(|n| n as f64 / 3.0).collect()),
                false => Err((0..count as i32).collect()),
            };
            let value: Nested = (text, blobs.collect(), numbers);
            let back = pool
                .submit(|value: Nested| value, value.clone())
                .await
                .unwrap();
            assert!(back == value);
        }
    });
}

#[test]
fn a_large_result_above_the_limit_is_refused_and_one_at_the_limit_is_not() {
    alone(async {
        let pool = ProcessPool::builder().workers(1).message_limit(MIB as u64);
        let pool = pool.build().unwrap();
        let blob = |length: usize| Blob::from(vec![7; length]);
        // Three bytes tell the length.
        let fits = MIB - 3;
        assert_eq!(pool.submit(blob, fits).await.unwrap().len(), fits);
        assert_eq!(
            pool.submit(|blob: Blob| blob.len(), blob(fits))
                .await
                .unwrap(),
            fits
        );
        for error in [
            pool.submit(blob, fits + 1).await.unwrap_err(),
            pool.submit(blob, 64 * MIB).await.unwrap_err(),
            pool.submit(|length| vec![7u8; length], fits + 1)
                .await
                .map(drop)
                .unwrap_err(),
        ] {
            let what = Payload::Result;
            assert!(matches!(error, PoolError::TooLarge { what: found, .. } if found == what));
        }
        assert_eq!(
            pool.submit(blob, fits).await.unwrap().len(),
            fits,
            "the worker goes on"
        );
    });
}

#[test]
fn a_result_that_fails_half_way_leaves_the_arena_as_good_as_new() {
    /// Writes much, then fails or panics.
    #[derive(serde::Deserialize)]
    struct Broken(bool);
    impl Serialize for Broken {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::{Error, SerializeTuple};
            let mut tuple = serializer.serialize_tuple(2)?;
            tuple.serialize_element(&Blob::from(vec![1; MIB]))?;
            match self.0 {
                true => panic!("half way"),
                false => Err(S::Error::custom("half way")),
            }
        }
    }
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        for panics in [true, false] {
            let argument = Blob::from(vec![0; MIB]);
            let broken = pool.submit(
                |(_, panics): (Blob, bool)| Broken(panics),
                (argument, panics),
            );
            match broken.await {
                Err(PoolError::Panicked { .. }) => assert!(panics),
                Err(PoolError::Encode {
                    what: Payload::Result,
                    ..
                }) => assert!(!panics),
                other => panic!("{:?}", other.map(drop)),
            }
            let back = pool
                .submit(|blob: Blob| blob, pattern(2 * MIB).into())
                .await
                .unwrap();
            assert_eq!(*back, pattern(2 * MIB));
        }
    });
}

#[test]
fn a_worker_that_dies_takes_its_arena_along_and_the_next_gets_one() {
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        for _ in 0..3 {
            let back = pool
                .submit(|blob: Blob| blob, pattern(MIB).into())
                .await
                .unwrap();
            assert_eq!(*back, pattern(MIB));
            let die = |_: Blob| -> Blob { process::abort() };
            let error = pool.submit(die, pattern(MIB).into()).await.unwrap_err();
            assert!(matches!(error, PoolError::WorkerDied { .. }), "{error}");
        }
        assert!(arenas().len() <= 1, "only that of a worker that lives");
    });
}

/// The arenas of this process: where they can be opened.
fn arenas() -> Vec<PathBuf> {
    let entries = fs::read_dir("/proc/self/fd").unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let is_arena = |path: &PathBuf| {
        fs::read_link(path).is_ok_and(|link| link.display().to_string().contains("roundelay-arena"))
    };
    paths.filter(is_arena).collect()
}

#[test]
fn what_a_huge_payload_has_left_behind_is_given_back_when_the_worker_is_idle() {
    let held = || {
        let sizes = arenas()
            .into_iter()
            .map(|path| fs::metadata(path).unwrap().blocks() * 512);
        sizes.sum::<u64>() as usize
    };
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        for _ in 0..2 {
            let back = pool
                .submit(|blob: Blob| blob, pattern(16 * MIB).into())
                .await
                .unwrap();
            assert_eq!(*back, pattern(16 * MIB));
            assert!(held() >= 32 * MIB, "{}", held());
            wait_until("memory is given back", || held() <= 2 * MIB).await;
        }
    });
}

#[test]
fn a_worker_cannot_cut_the_arena_nor_change_what_was_received() {
    fn vandalise(_: Blob) -> Vec<String> {
        let done = arenas().into_iter().map(|path| {
            let arena = OpenOptions::new()
                .read(true)
                .write(true)
                .open(path)
                .unwrap();
            let size = arena.metadata().unwrap().len();
            let refused = [0, 1, size / 2, size + 1].map(|size| arena.set_len(size).is_err());
            arena.write_all_at(&vec![0xff; 4 * MIB], 0).unwrap();
            arena.write_all_at(&vec![0xff; 4 * MIB], size / 2).unwrap();
            format!("{refused:?}")
        });
        done.collect()
    }
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let before = pool
            .submit(|blob: Blob| blob, pattern(MIB).into())
            .await
            .unwrap();
        let done = pool.submit(vandalise, pattern(MIB).into()).await.unwrap();
        assert_eq!(done, ["[true, true, true, true]"]);
        assert_eq!(*before, pattern(MIB));
        let after = pool
            .submit(|blob: Blob| blob, pattern(MIB).into())
            .await
            .unwrap();
        assert_eq!(*after, pattern(MIB));
    });
}

/// Writes a frame to the worker's own socket, the one descriptor that is no standard one.
fn write_to_the_pool(frame: &[u8]) -> ! {
    let open = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let is_socket = |path: PathBuf| {
        fs::read_link(path).is_ok_and(|link| link.display().to_string().starts_with("socket:"))
    };
    let sockets = open.filter(|entry| is_socket(entry.path()));
    let numbers = sockets.map(|entry| entry.file_name().to_str().unwrap().parse().unwrap());
    crate::acts::write_to(numbers.max().unwrap(), frame);
    // The frame is the reply; this must not be one more.
    loop {
        std::thread::park();
    }
}

#[test]
fn a_forged_reply_is_an_error_and_takes_no_memory() {
    fn forge((_, kind, number, length): (Blob, u32, u32, u64)) {
        let mut frame = kind.to_le_bytes().to_vec();
        frame.extend(number.to_le_bytes());
        frame.extend(8u64.to_le_bytes());
        frame.extend(length.to_le_bytes());
        write_to_the_pool(&frame)
    }
    const VALUE_IN_ARENA: u32 = 8;
    let limit = 2 * MIB as u64;
    alone(async {
        let pool = ProcessPool::builder()
            .workers(1)
            .message_limit(limit)
            .build()
            .unwrap();
        for (kind, number, length) in [
            (VALUE_IN_ARENA, 1, limit + 1),
            (VALUE_IN_ARENA, 1, u64::MAX),
            (VALUE_IN_ARENA, 1, i64::MIN as u64),
            // A reply to a call that was never made.
            (VALUE_IN_ARENA, 2, 8),
            (2, 0, 8),
            // No reply at all.
            (1, 1, 8),
            (9, 1, 8),
            (77, 1, 8),
        ] {
            let argument = (pattern(MIB).into(), kind, number, length);
            let error = pool.submit(forge, argument).await.unwrap_err();
            let what = Payload::Result;
            assert!(
                matches!(error, PoolError::Decode { what: found, .. } if found == what),
                "{error}"
            );
        }
        assert_eq!(pool.submit(|n: u8| n, 7).await.unwrap(), 7);
    });
}

#[test]
fn workers_that_are_killed_at_any_moment_spoil_no_other_payload() {
    alone(async {
        let pool = ProcessPool::new(2).unwrap();
        let bytes = pattern(400_000);
        let mut died = 0;
        for round in 0..60 {
            let victim = pool
                .submit(|(): ()| process::id(), ())
                .await
                .unwrap()
                .to_string();
            let jobs: Vec<_> = (0..4)
                .map(|_| pool.submit(|blob: Blob| blob, bytes[..].into()))
                .collect();
            if round % 2 == 0 {
                roundelay::yield_now().await;
            }
            kill(&victim);
            for job in jobs {
                match job.await {
                    Ok(back) => assert!(*back == bytes),
                    Err(PoolError::WorkerDied { .. }) => died += 1,
                    Err(error) => panic!("{error}"),
                }
            }
        }
        // At most one call runs in a worker that is killed.
        assert!(died <= 60, "{died}");
    });
}

#[test]
fn a_forged_reply_to_a_map_loses_no_item() {
    /// A whole reply to the worker's first call: no outcomes.
    fn forge(_: u8) {
        let mut frame = 2u32.to_le_bytes().to_vec();
        frame.extend(1u32.to_le_bytes());
        frame.extend(1u64.to_le_bytes());
        frame.push(0);
        write_to_the_pool(&frame)
    }
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let mut map = pool.map(forge, [1, 2]).chunk_size(2);
        for index in 0..2 {
            let error = map.next().await.unwrap().unwrap_err();
            assert!(matches!(error.error(), PoolError::Decode { .. }), "{error}");
            assert_eq!(error.index(), index);
        }
        assert!(map.next().await.is_none());
    });
}
