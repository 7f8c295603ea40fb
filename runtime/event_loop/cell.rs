//! A task's cell: one allocation with a small header and, behind it, the future and later its output.
//!
//! ```text
//!              ① poll            ② poll returned Ready          ④ output taken or dropped
//!  PENDING ─────────▶ RUNNING ───────────────────────▶ DONE ────────────────────────────▶ EMPTY
//!     ▲                 │ │                                                                  ▲
//!     └── returned ─────┘ │ ③ panicked, or cancelled between two polls                       │ ⑤ error
//!          Pending        └──────────────────────────▶ FAILED (error beside the cell) ───────┘    taken
//! ```
//! ①② `CellPointer::poll`; ③ `poll`, `drop_future`; ④⑤ `take_output`, `discard`.
//! While a future or the output of a task that keeps its handle is being dropped, the state is RUNNING too: that
//! drop is code of others, which may poll or drop the very handle, and must not free the cell under itself. A panic
//! in it is caught, and only then does the task count as ended. The cell never moves, and other threads never touch
//! it.

#![allow(unsafe_code)]

use super::cancel::Cancelling;
use super::memory::{Class, Memory};
use super::variables::Variables;
use crate::error::JoinError;
use std::alloc::Layout;
use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::mem::{ManuallyDrop, offset_of};
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Holds the future, which waits or is queued.
    Pending,
    /// The future is being polled, or the future or the output dropped, further down the stack.
    Running,
    /// Holds the output.
    Done,
    /// Holds neither; the error is in `Extra`.
    Failed,
    /// Holds nothing any more.
    Empty,
}

/// Requests and facts about a task, as bits of `Header::flags`.
pub(super) mod flag {
    /// A `JoinHandle` exists, so that the cell and its slot must stay.
    pub(in super::super) const HANDLE: u8 = 1;
    /// The task was asked to cancel, and has not been told yet.
    pub(in super::super) const CANCEL: u8 = 2;
    /// The future's drop panicked: its memory is not given to another task.
    pub(in super::super) const POISONED: u8 = 4;
    /// There may be more to freeing the cell than giving its memory back: an `Extra`, poison, a size beyond the classes.
    pub(in super::super) const RARE: u8 = 8;
    /// The cancel came from the task that awaits this one: if this one ends by it, so is that one cancelled.
    pub(in super::super) const FROM_JOINER: u8 = 16;
    /// A cancel is on its way through the scopes of the task that is being polled: see `Extra::raised`.
    pub(in super::super) const RAISED: u8 = 32;
}

/// The part of a cell that is alike for all tasks.
pub(super) struct Header {
    /// What to do with this kind of future.
    vtable: &'static VTable,
    /// Who waits for the end; see `tasks::Waiter`. Written by the join handle, taken at the end.
    pub(super) waiter: Cell<u64>,
    /// Where the task was spawned.
    pub(super) spawned_at: &'static Location<'static>,
    /// The task's number, unique within its runtime.
    pub(super) number: u64,
    /// What few tasks have; `None` until it is needed.
    extra: UnsafeCell<Option<Box<Extra>>>,
    pub(super) state: Cell<State>,
    pub(super) flags: Cell<u8>,
    /// Where the output begins, counted from the header.
    output_offset: u16,
}

/// What few tasks have.
#[derive(Default)]
pub(super) struct Extra {
    /// The name, if the task was given one.
    pub(super) name: Option<Box<str>>,
    /// Why the task failed; taken by the join handle.
    pub(super) error: Option<JoinError>,
    /// The payload of a panicked step, until the error is made of it.
    panic: Option<Panic>,
    /// The task's context variables, if it has any.
    pub(super) variables: Variables,
    /// Whether the error counts as seen, though nobody takes it.
    pub(super) seen: bool,
    /// Whether the task was asked to end because its runtime does.
    pub(super) asked_to_end: bool,
    /// What cancelling needs.
    pub(super) cancel: Cancelling,
}

/// A pointer to a cell, made from its allocation, so that it reaches the future as well as the header.
///
/// # Invariant
/// It points to a live cell: `tasks` keeps it in exactly one slot, and frees the cell when it empties the slot.
#[derive(Clone, Copy)]
pub(super) struct CellPointer(NonNull<Header>);

impl Deref for CellPointer {
    type Target = Header;

    #[inline(always)]
    fn deref(&self) -> &Header {
        // SAFETY: the cell is live by the invariant, and a header is only ever shared.
        unsafe { self.0.as_ref() }
    }
}

/// The functions and measures of one kind of future.
struct VTable {
    poll: PollFunction,
    drop_future: unsafe fn(NonNull<Header>),
    drop_output: unsafe fn(NonNull<Header>),
    output_needs_drop: bool,
    layout: Layout,
    /// The memory's class of the layout, worked out at compile time.
    class: Class,
}

/// Gives the state that the cell is in then; RUNNING after a panic, whose payload waits in `Extra`.
type PollFunction = unsafe fn(NonNull<Header>, &mut Context<'_>) -> State;

/// A panic's payload.
pub(super) type Panic = Box<dyn Any + Send>;

#[repr(C)]
struct TaskCell<F: Future> {
    header: Header,
    stage: UnsafeCell<Stage<F>>,
}

/// Header and future are separate places: while the future is borrowed for a poll, handles read the header.
union Stage<F: Future> {
    future: ManuallyDrop<F>,
    output: ManuallyDrop<F::Output>,
}

impl<F: Future> TaskCell<F> {
    const VTABLE: VTable = VTable {
        poll: Self::poll,
        drop_future: Self::drop_future,
        drop_output: Self::drop_output,
        output_needs_drop: std::mem::needs_drop::<F::Output>(),
        layout: Layout::new::<Self>(),
        class: Class::of(Layout::new::<Self>()),
    };

    const OUTPUT_OFFSET: u16 = {
        let offset = offset_of!(Self, stage);
        assert!(
            offset <= u16::MAX as usize,
            "a task's future may be aligned to 32 KiB at most"
        );
        offset as u16
    };

    /// # Safety
    /// `cell` is the header of a live `TaskCell<F>`.
    #[inline(always)]
    unsafe fn stage(cell: NonNull<Header>) -> *mut Stage<F> {
        // SAFETY: by the caller's promise; `UnsafeCell` allows the exclusive use, which the state regulates.
        unsafe { (&raw mut (*cell.cast::<Self>().as_ptr()).stage).cast() }
    }

    unsafe fn poll(cell: NonNull<Header>, cx: &mut Context<'_>) -> State {
        // SAFETY: the state was PENDING, so the stage holds the future; RUNNING keeps everybody else off it.
        // The cell does not move until it is freed, and the future is dropped in place before that.
        let stage = unsafe { Self::stage(cell) };
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: as said above.
            let future = unsafe { Pin::new_unchecked(&mut *(*stage).future) };
            future.poll(cx)
        }));
        match outcome {
            Ok(Poll::Pending) => State::Pending,
            // SAFETY: the cell is live; `with_extra` touches the header only.
            Err(panic) => unsafe { cell.as_ref() }.keep_panic(panic),
            Ok(Poll::Ready(output)) => {
                // SAFETY: the future is dropped once, here; then its place is free for the output.
                unsafe {
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| Self::drop_future(cell))) {
                        quietly(|| drop(output));
                        cell.as_ref().set_flag(flag::POISONED | flag::RARE);
                        return cell.as_ref().keep_panic(panic);
                    }
                    (&raw mut (*stage).output).write(ManuallyDrop::new(output));
                }
                State::Done
            }
        }
    }

    unsafe fn drop_future(cell: NonNull<Header>) {
        // SAFETY: the caller says that the stage holds a future, and marks it as gone.
        unsafe { ManuallyDrop::drop(&mut (*Self::stage(cell)).future) }
    }

    unsafe fn drop_output(cell: NonNull<Header>) {
        // SAFETY: the caller says that the stage holds an output, and marks it as gone.
        unsafe { ManuallyDrop::drop(&mut (*Self::stage(cell)).output) }
    }
}

/// Allocates a cell and writes the future into it.
#[inline(always)]
pub(super) fn allocate<F: Future>(
    memory: &Memory,
    future: F,
    number: u64,
    flags: u8,
    spawned_at: &'static Location<'static>,
) -> CellPointer {
    let vtable = const { &TaskCell::<F>::VTABLE };
    let cell = memory.allocate(vtable.class, vtable.layout);
    let cell = cell.cast::<TaskCell<F>>().as_ptr();
    // SAFETY: the memory is ours, large and aligned enough. The parts are written in place, one by one, so that
    // a large future is moved once.
    unsafe {
        (&raw mut (*cell).header).write(Header {
            vtable,
            waiter: Cell::new(0),
            spawned_at,
            number,
            extra: UnsafeCell::new(None),
            state: Cell::new(State::Pending),
            flags: Cell::new(
                flags
                    | if vtable.class.is_pooled() {
                        0
                    } else {
                        flag::RARE
                    },
            ),
            output_offset: const { TaskCell::<F>::OUTPUT_OFFSET },
        });
        (&raw mut (*cell).stage)
            .cast::<ManuallyDrop<F>>()
            .write(ManuallyDrop::new(future));
        CellPointer(NonNull::new_unchecked(cell).cast())
    }
}

/// Frees a cell that holds neither future nor output.
///
/// # Safety
/// `cell` came from `allocate` with this memory, and nobody uses it after.
#[inline(always)]
pub(super) unsafe fn free(memory: &Memory, cell: CellPointer) {
    debug_assert!(cell.state.get() == State::Empty);
    // SAFETY: the caller's promise; an empty cell holds nothing more that is to be dropped, but for what is rare.
    unsafe {
        if cell.has_flag(flag::RARE) {
            free_rare(memory, cell);
        } else {
            memory.free_pooled(cell.0.cast(), cell.vtable.class);
        }
    }
}

/// # Safety
/// As `free`.
#[cold]
#[inline(never)]
unsafe fn free_rare(memory: &Memory, cell: CellPointer) {
    let vtable = cell.vtable;
    // SAFETY: nobody else has a reference into `extra`: see `with_extra`.
    let extra = unsafe { (*cell.extra.get()).take() };
    if !cell.has_flag(flag::POISONED) {
        // SAFETY: the caller's promise; now nothing is left to be dropped.
        unsafe { memory.free(cell.0.cast(), vtable.class, &vtable.layout) };
    }
    // An empty cell has no error left, but perhaps context variables, or the waker of a scope that was leaked: code of
    // others, so last.
    quietly(|| drop(extra));
}

impl Header {
    #[inline(always)]
    pub(super) fn has_flag(&self, flag: u8) -> bool {
        self.flags.get() & flag != 0
    }

    pub(super) fn set_flag(&self, flag: u8) {
        self.flags.set(self.flags.get() | flag);
    }

    pub(super) fn clear_flag(&self, flag: u8) {
        self.flags.set(self.flags.get() & !flag);
    }

    /// Calls `f` with the part that few tasks have, making it if it is missing. `f` runs no code of others.
    pub(super) fn with_extra<R>(&self, f: impl FnOnce(&mut Extra) -> R) -> R {
        self.set_flag(flag::RARE);
        // SAFETY: only this function, the next one and `free_rare` touch `extra`, and `f` does not call them.
        f(unsafe { &mut *self.extra.get() }.get_or_insert_default())
    }

    #[inline(always)]
    fn output_offset(&self) -> usize {
        usize::from(self.output_offset)
    }

    /// Whether the task has ended, one way or the other.
    pub(super) fn is_finished(&self) -> bool {
        matches!(self.state.get(), State::Done | State::Failed | State::Empty)
    }

    /// Calls `f` with the part that few tasks have, if it is there. `f` runs no code of others.
    pub(super) fn with_extra_if_any<R>(&self, f: impl FnOnce(&mut Extra) -> R) -> Option<R> {
        // SAFETY: as in `with_extra`.
        unsafe { &mut *self.extra.get() }.as_deref_mut().map(f)
    }

    /// Whether freeing the cell drops context variables.
    pub(super) fn has_variables(&self) -> bool {
        self.has_flag(flag::RARE)
            && self.with_extra_if_any(|extra| extra.variables.is_some()) == Some(true)
    }

    /// The task's name: the one it was given, or its number.
    pub(super) fn name(&self) -> String {
        self.with_extra_if_any(|extra| extra.name.as_deref().map(str::to_owned))
            .flatten()
            .unwrap_or_else(|| format!("Task-{}", self.number))
    }

    #[cold]
    fn keep_panic(&self, panic: Panic) -> State {
        self.with_extra(|extra| extra.panic = Some(panic));
        State::Running
    }

    /// Ends a task of which neither future nor output is left.
    fn fail(&self, error: JoinError) {
        debug_assert!(self.state.get() == State::Running);
        let before = self.with_extra(|extra| extra.error.replace(error));
        debug_assert!(before.is_none());
        self.state.set(State::Failed);
    }
}

impl CellPointer {
    /// Polls the future of a PENDING cell. On `true` the task has ended, and the state says how.
    #[inline(always)]
    pub(super) fn poll(self, cx: &mut Context<'_>) -> bool {
        debug_assert!(self.state.get() == State::Pending);
        self.state.set(State::Running);
        // SAFETY: the state was PENDING, which `allocate` and this function set only with a future in place.
        let state = unsafe { (self.vtable.poll)(self.0, cx) };
        if state == State::Pending {
            self.state.set(State::Pending);
            return false;
        }
        if state == State::Running {
            self.panicked();
        } else {
            self.state.set(state);
        }
        true
    }

    #[cold]
    fn panicked(self) {
        // A future whose drop has panicked already is gone.
        if !self.has_flag(flag::POISONED)
            && let Some(second) = self.drop_in_place()
        {
            // The panic that is reported is the first one.
            quietly(|| drop(second));
        }
        let panic = self
            .with_extra(|extra| extra.panic.take())
            .expect("a panicked step keeps its payload");
        self.fail(JoinError::panicked(panic, self.name(), self.spawned_at));
    }

    /// Drops the future of a PENDING cell, which so ends with this error.
    pub(super) fn drop_future(self, error: JoinError) {
        debug_assert!(self.state.get() == State::Pending);
        self.state.set(State::Running);
        let error = match self.drop_in_place() {
            Some(panic) => JoinError::panicked(panic, self.name(), self.spawned_at),
            None => error,
        };
        self.fail(error);
    }

    /// Drops the future of a RUNNING cell that is not being polled.
    fn drop_in_place(self) -> Option<Panic> {
        debug_assert!(self.state.get() == State::Running);
        // SAFETY: the callers have made PENDING into RUNNING, or the poll is over, so that the future is there; it is
        // dropped once, for they go on to FAILED.
        let drop = || unsafe { (self.vtable.drop_future)(self.0) };
        let panic = catch_unwind(AssertUnwindSafe(drop)).err();
        if panic.is_some() {
            self.set_flag(flag::POISONED | flag::RARE);
        }
        panic
    }

    /// Takes the output of a DONE cell, which is empty then.
    ///
    /// # Safety
    /// The state is DONE, and `T` is the output type of this cell's future.
    #[inline(always)]
    pub(super) unsafe fn take_output<T>(self) -> T {
        debug_assert!(self.state.get() == State::Done);
        self.state.set(State::Empty);
        // SAFETY: the caller's promise; the output is there, and by the change of state it is taken once.
        unsafe { self.0.byte_add(self.output_offset()).cast::<T>().read() }
    }

    /// The output of a DONE cell.
    ///
    /// # Safety
    /// The state is DONE and stays so while the reference lives, and `T` is the output type of this cell's future.
    pub(super) unsafe fn output<T>(&self) -> &T {
        // SAFETY: the caller's promise.
        unsafe { self.0.byte_add(self.output_offset()).cast::<T>().as_ref() }
    }

    /// Whether `discard` would run code of others.
    #[inline(always)]
    pub(super) fn discard_runs_code(self) -> bool {
        match self.state.get() {
            State::Done => self.vtable.output_needs_drop,
            State::Empty => false,
            _ => true,
        }
    }

    /// Drops the output of a DONE cell, and leaves an error in its place.
    pub(super) fn replace_output(self, error: JoinError) {
        debug_assert!(self.state.get() == State::Done);
        self.state.set(State::Running);
        // SAFETY: the state was DONE, so that the output is there; it is dropped once, for FAILED follows.
        quietly(|| unsafe { (self.vtable.drop_output)(self.0) });
        self.fail(error);
    }

    /// Drops whatever an ended task left that has no handle any more, but for its error, which it returns.
    #[inline(always)]
    pub(super) fn discard(self) -> Option<JoinError> {
        match self.state.replace(State::Empty) {
            State::Done if self.vtable.output_needs_drop => {
                // SAFETY: the state was DONE, so that the output is there, and it is dropped once.
                quietly(|| unsafe { (self.vtable.drop_output)(self.0) });
                None
            }
            State::Failed => self.with_extra(|extra| extra.error.take()),
            _ => None,
        }
    }
}

/// Runs code of others whose panic nobody is there to receive; the panic hook has reported it.
///
/// Even the payload's drop may panic: that second payload is forgotten.
pub(crate) fn quietly(f: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(f))
        && let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(panic)))
    {
        std::mem::forget(second);
    }
}
