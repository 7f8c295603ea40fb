//! `map`: one function over many items, in chunks, with a bounded number of them on their way.
//!
//! The same for both pools: what differs is how a chunk is given to the pool, which is a closure here. Each item gives one
//! outcome, whatever happens, so that outcomes can be told by their position.

mod arrivals;
mod error;

pub use error::MapError;

use super::error::PoolError;
use arrivals::Arrivals;
use error::outcomes;
use futures_core::Stream;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Unless told otherwise, a chunk is this part of what each worker gets of all items: a few for each, so that one slow
/// chunk does not leave the others idle at the end. Python's `multiprocessing` has the same.
const CHUNKS_PER_WORKER: usize = 4;

/// What a chunk's job gives: an outcome for each item, or one error for all.
pub(super) type ChunkResult<R> = Result<Vec<Result<R, PoolError>>, PoolError>;

/// A chunk on its way: the outcomes of its items.
type ChunkFuture<R> = Pin<Box<dyn Future<Output = Vec<Result<R, MapError>>>>>;

/// Takes so many items, or fewer at the end, and gives them to the pool; their number, none at the end. The first number is
/// that of the first item.
type Source<R> = Box<dyn FnMut(usize, usize) -> Option<(usize, ChunkFuture<R>)>>;

/// The outcomes of a function over many items, made by a pool's `map` or `map_unordered`. A stream; [`next`](Map::next)
/// needs no other crate.
///
/// The work begins when it is first polled, so that its settings can be chosen before. Items are taken from their iterator
/// as they are needed, which may so be endless.
///
/// # Errors
///
/// Each item gives one outcome. A panic fails its own item. What befalls a whole chunk (its worker dies, the pool is
/// closed) fails each item of the chunk, with the same [`PoolError`]; [`MapError::chunk`] says which they are.
///
/// # Cancellation
///
/// Dropping it gives up what was not done; see the `Job` of the pool for what happens to calls that run. A cancelled
/// [`next`](Map::next) loses nothing.
///
/// # Examples
///
/// ```
/// use roundelay::pool::ThreadPool;
///
/// roundelay::run(async {
///     let pool = ThreadPool::new(2);
///     let mut squares = pool.map(|n: u64| n * n, 1..).chunk_size(10);
///     let mut first = Vec::new();
///     while first.len() < 5 {
///         first.push(squares.next().await.unwrap().unwrap());
///     }
///     assert_eq!(first, [1, 4, 9, 16, 25]);
/// });
/// ```
#[must_use = "a map does nothing unless polled"]
pub struct Map<R> {
    /// Gives the next chunk to the pool.
    source: Source<R>,
    /// Whether the source may have more.
    has_more: bool,
    /// The number of the next item.
    next_item: usize,
    /// How many items a chunk has.
    chunk_size: usize,
    /// How many items may be taken and not given out; at least a chunk is.
    read_ahead: Option<usize>,
    /// How many items are.
    taken: usize,
    /// How many workers the pool has.
    workers: usize,
    /// Whether outcomes come in the order of the items.
    ordered: bool,
    /// The chunks on their way, by number.
    chunks: BTreeMap<u64, Chunk<R>>,
    /// The number of the next chunk.
    next_chunk: u64,
    /// Outcomes to be given out.
    outcomes: VecDeque<Result<R, MapError>>,
    /// The chunks that are worth a look. Without order only.
    arrivals: Arc<Arrivals>,
}

/// A chunk on its way.
struct Chunk<R> {
    future: ChunkFuture<R>,
    /// Notes the chunk among the arrivals.
    waker: Waker,
}

impl<R> Unpin for Map<R> {}

impl<R: 'static> Map<R> {
    /// A map of a pool with so many workers; `submit` gives a chunk to it.
    pub(super) fn new<A, J>(
        items: impl IntoIterator<Item = A, IntoIter: 'static>,
        workers: usize,
        ordered: bool,
        submit: impl Fn(Vec<A>) -> J + 'static,
    ) -> Map<R>
    where
        J: Future<Output = ChunkResult<R>> + 'static,
    {
        let mut items = items.into_iter();
        let chunk_size = match items.size_hint() {
            (least, Some(most)) if least == most => {
                most / CHUNKS_PER_WORKER.saturating_mul(workers)
            }
            _ => 1,
        };
        let source = move |first: usize, most: usize| {
            let chunk: Vec<A> = items.by_ref().take(most).collect();
            let range = first..first + chunk.len();
            if range.is_empty() {
                return None;
            }
            let (length, job) = (range.len(), submit(chunk));
            let future = async move { outcomes(job.await, range) };
            Some((length, Box::pin(future) as ChunkFuture<R>))
        };
        Map {
            source: Box::new(source),
            has_more: true,
            next_item: 0,
            chunk_size: chunk_size.max(1),
            read_ahead: None,
            taken: 0,
            workers,
            ordered,
            chunks: BTreeMap::new(),
            next_chunk: 0,
            outcomes: VecDeque::new(),
            arrivals: Arc::default(),
        }
    }

    /// Sets how many items make one job. Unless it is set, a quarter of a worker's share if it is known how many items
    /// there are, and one if not. Large chunks cost less, small ones spread better.
    ///
    /// # Panics
    ///
    /// If it is zero.
    #[track_caller]
    #[doc(alias = "chunksize")]
    pub fn chunk_size(mut self, items: usize) -> Self {
        assert!(items > 0, "a chunk needs at least one item");
        self.chunk_size = items;
        self
    }

    /// Sets how many items may be taken from the iterator before their outcomes are given out; one chunk always may.
    /// Unless it is set, four chunks for each worker. Whoever is slow to take outcomes so slows down the pool, and does
    /// not fill the memory.
    #[doc(alias = "buffersize")]
    pub fn read_ahead(mut self, items: usize) -> Self {
        self.read_ahead = Some(items);
        self
    }

    /// Waits for the next outcome; none when all have been given out.
    pub async fn next(&mut self) -> Option<Result<R, MapError>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Waits for all outcomes, and returns the values.
    ///
    /// # Errors
    ///
    /// The first error that comes; the rest of the work is given up then.
    ///
    /// # Examples
    ///
    /// ```
    /// use roundelay::pool::ThreadPool;
    ///
    /// roundelay::run(async {
    ///     let pool = ThreadPool::new(2);
    ///     let lengths = pool.map(str::len, ["one", "three"]).collect().await;
    ///     assert_eq!(lengths.unwrap(), [3, 5]);
    /// });
    /// ```
    pub async fn collect(mut self) -> Result<Vec<R>, MapError> {
        let mut values = Vec::new();
        while let Some(outcome) = self.next().await {
            values.push(outcome?);
        }
        Ok(values)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<R, MapError>>> {
        loop {
            if let Some(outcome) = self.outcomes.pop_front() {
                self.taken -= 1;
                return Poll::Ready(Some(outcome));
            }
            self.submit_chunks();
            if self.chunks.is_empty() {
                return Poll::Ready(None);
            }
            let arrived = match self.ordered {
                true => self.poll_first(cx),
                false => self.poll_arrivals(cx),
            };
            if !arrived {
                return Poll::Pending;
            }
        }
    }

    /// Gives chunks to the pool until enough are on their way.
    fn submit_chunks(&mut self) {
        let chunks = CHUNKS_PER_WORKER.saturating_mul(self.workers);
        let ahead = chunks.saturating_mul(self.chunk_size);
        let ahead = self.read_ahead.unwrap_or(ahead).max(self.chunk_size);
        while self.has_more && self.taken.saturating_add(self.chunk_size) <= ahead {
            let Some((length, future)) = (self.source)(self.next_item, self.chunk_size) else {
                self.has_more = false;
                return;
            };
            let number = self.next_chunk;
            self.next_chunk += 1;
            self.next_item += length;
            self.taken += length;
            let waker = self.arrivals.waker_of(number);
            self.arrivals.add(number);
            self.chunks.insert(number, Chunk { future, waker });
        }
    }

    /// Looks at the first chunk; whether it has arrived.
    fn poll_first(&mut self, cx: &mut Context<'_>) -> bool {
        drop(self.arrivals.take());
        let Some(mut first) = self.chunks.first_entry() else {
            return false;
        };
        let Poll::Ready(outcomes) = first.get_mut().future.as_mut().poll(cx) else {
            return false;
        };
        first.remove();
        self.outcomes.extend(outcomes);
        true
    }

    /// Looks at the chunks that are worth it; whether any has arrived.
    fn poll_arrivals(&mut self, cx: &mut Context<'_>) -> bool {
        // Before the list is read: what comes after it wakes.
        let before = self.arrivals.set_waker(cx.waker().clone());
        drop(before);
        let list = self.arrivals.take();
        for number in list {
            let Some(chunk) = self.chunks.get_mut(&number) else {
                continue;
            };
            let mut cx = Context::from_waker(&chunk.waker);
            if let Poll::Ready(outcomes) = chunk.future.as_mut().poll(&mut cx) {
                self.chunks.remove(&number);
                self.outcomes.extend(outcomes);
            }
        }
        !self.outcomes.is_empty()
    }
}

impl<R: 'static> Stream for Map<R> {
    type Item = Result<R, MapError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll(cx)
    }
}

impl<R> fmt::Debug for Map<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map")
            .field("taken", &self.taken)
            .field("chunk_size", &self.chunk_size)
            .finish_non_exhaustive()
    }
}
