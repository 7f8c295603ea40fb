//! `map`: one function over many items, in chunks, with a bounded number of them on their way.
//!
//! The same for both pools: what differs is how a chunk is given to the pool, which is a closure here. Each item gives one
//! outcome, whatever happens, so that outcomes can be told by their position.

use super::error::PoolError;
use futures_core::Stream;
use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::ops::Range;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

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
            (least, Some(most)) if least == most => most / (CHUNKS_PER_WORKER * workers),
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
    #[expect(
        clippy::should_implement_trait,
        reason = "the name that users of streams expect"
    )]
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
        let ahead = CHUNKS_PER_WORKER * self.workers * self.chunk_size;
        let ahead = self.read_ahead.unwrap_or(ahead).max(self.chunk_size);
        while self.has_more && self.taken + self.chunk_size <= ahead {
            let Some((length, future)) = (self.source)(self.next_item, self.chunk_size) else {
                self.has_more = false;
                return;
            };
            let number = self.next_chunk;
            self.next_chunk += 1;
            self.next_item += length;
            self.taken += length;
            let waker = Waker::from(Arc::new(Arrival {
                arrivals: self.arrivals.clone(),
                chunk: number,
            }));
            self.arrivals.list().push(number);
            self.chunks.insert(number, Chunk { future, waker });
        }
    }

    /// Looks at the first chunk; whether it has arrived.
    fn poll_first(&mut self, cx: &mut Context<'_>) -> bool {
        self.arrivals.list().clear();
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
        let list = std::mem::take(&mut *self.arrivals.list());
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

/// The outcomes of a chunk's items from what its job gave.
fn outcomes<R>(result: ChunkResult<R>, chunk: Range<usize>) -> Vec<Result<R, MapError>> {
    let error = |index: usize, error: Arc<PoolError>| MapError {
        index,
        chunk: chunk.clone(),
        error,
    };
    match result {
        Ok(items) => {
            let items = chunk.clone().zip(items);
            items
                .map(|(index, item)| item.map_err(|e| error(index, Arc::new(e))))
                .collect()
        }
        Err(all) => {
            let all = Arc::new(all);
            let items = chunk.clone();
            items.map(|index| Err(error(index, all.clone()))).collect()
        }
    }
}

/// The chunks that are worth a look, and who is to look.
#[derive(Default)]
struct Arrivals {
    /// The chunks' numbers, in the order of their wakes.
    list: Mutex<Vec<u64>>,
    /// Who polls the map.
    waker: Mutex<Option<Waker>>,
}

impl Arrivals {
    fn list(&self) -> MutexGuard<'_, Vec<u64>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_waker(&self, waker: Waker) -> Option<Waker> {
        let mut place = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        place.replace(waker)
    }
}

/// Wakes the map for one chunk.
struct Arrival {
    arrivals: Arc<Arrivals>,
    chunk: u64,
}

impl Wake for Arrival {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.arrivals.list().push(self.chunk);
        let waker = self.arrivals.waker.lock();
        let waker = waker.unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Why an item of a `map` gave no value.
#[derive(Clone, Debug)]
pub struct MapError {
    index: usize,
    chunk: Range<usize>,
    error: Arc<PoolError>,
}

impl MapError {
    /// The error of a map that has come to no item.
    #[cfg(feature = "process")]
    pub(super) fn of_none(error: PoolError) -> MapError {
        MapError {
            index: 0,
            chunk: 0..0,
            error: Arc::new(error),
        }
    }

    /// Returns the item's position, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the positions of the items that went to a worker together. Unless the error is a panic, it is that of all
    /// of them.
    pub fn chunk(&self) -> Range<usize> {
        self.chunk.clone()
    }

    /// Returns the pool's error.
    pub fn error(&self) -> &PoolError {
        &self.error
    }

    /// Returns the line that called `map`.
    pub fn submitted(&self) -> &'static Location<'static> {
        self.error.submitted()
    }
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { start, end } = self.chunk;
        write!(
            f,
            "item {} of a map (in the chunk {start}..{end}): {}",
            self.index, self.error
        )
    }
}

impl Error for MapError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.error)
    }
}
