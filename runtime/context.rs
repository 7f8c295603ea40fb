//! Context variables: values that belong to a task, and to all that it starts, as asyncio's `contextvars`.

use crate::event_loop::variables::{self, Value, Variables};
use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A variable whose value depends on who asks: each task has its own, and begins with that of the code that spawned it.
///
/// It is meant for a `static`. A task inherits the values at its spawn, and a callback when it is registered; what
/// either sets later is its own. The main task of a run has the runtime's values, so that the next run finds what it
/// has set. Outside of a run a thread has values of its own, which a runtime inherits when it is made. Nothing is
/// carried to other threads.
///
/// # Examples
/// ```
/// use roundelay::{ContextVar, run, spawn};
///
/// static REQUEST: ContextVar<u32> = ContextVar::new();
///
/// async fn log(what: &str) -> String {
///     format!("request {:?}: {what}", REQUEST.get())
/// }
///
/// run(async {
///     REQUEST.set(7);
///     let task = spawn(log("begun"));
///     REQUEST.set(8);
///     assert_eq!(task.await.unwrap(), "request Some(7): begun");
/// });
/// ```
pub struct ContextVar<T: 'static> {
    /// The variable's number; 0 until it is used first.
    number: AtomicU64,
    value: PhantomData<fn() -> T>,
}

/// The number of the next variable that is used.
static NEXT: AtomicU64 = AtomicU64::new(1);

impl<T: 'static> ContextVar<T> {
    /// Makes a variable without a value.
    pub const fn new() -> Self {
        ContextVar {
            number: AtomicU64::new(0),
            value: PhantomData,
        }
    }

    fn number(&self) -> u64 {
        // The number stands for nothing but itself, so that no order with other memory matters.
        match self.number.load(Ordering::Relaxed) {
            0 => {
                let new = NEXT.fetch_add(1, Ordering::Relaxed);
                let set =
                    self.number
                        .compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed);
                set.map_or_else(|others| others, |_| new)
            }
            number => number,
        }
    }

    /// Returns the value that the code which runs has, if it has one.
    pub fn get(&self) -> Option<T>
    where
        T: Clone,
    {
        self.with(|value| value.cloned())
    }

    /// Calls `f` with the value that the code which runs has, if it has one. `f` may set the variable, and keeps the
    /// value that it was given.
    pub fn with<R>(&self, f: impl FnOnce(Option<&T>) -> R) -> R {
        let value = variables::get(self.number());
        f(value.as_deref().and_then(<dyn Any>::downcast_ref))
    }

    /// Sets the value of the code that runs, and of what it starts from now on. The token [resets](ContextVar::reset)
    /// it.
    pub fn set(&self, value: T) -> Token<T> {
        Token {
            number: self.number(),
            before: variables::set(self.number(), Some(Rc::new(value))),
            value: PhantomData,
        }
    }

    /// Restores the value from before a [`set`](ContextVar::set).
    ///
    /// # Panics
    /// If the token is of another variable.
    #[track_caller]
    pub fn reset(&self, token: Token<T>) {
        assert!(
            token.number == self.number(),
            "a context variable was given the token of another one: keep each with its own"
        );
        drop(variables::set(token.number, token.before));
    }
}

impl<T: 'static> Default for ContextVar<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for ContextVar<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with(|value| write!(f, "ContextVar({value:?})"))
    }
}

/// What a variable was before it was [set](ContextVar::set).
pub struct Token<T: 'static> {
    number: u64,
    before: Option<Value>,
    value: PhantomData<fn() -> T>,
}

/// The values of all context variables, as some code had them: asyncio's `Context`.
///
/// # Examples
/// ```
/// use roundelay::{ContextVar, context::Context};
///
/// static LEVEL: ContextVar<u32> = ContextVar::new();
///
/// let mut context = Context::copy();
/// context.run(|| LEVEL.set(3));
/// assert_eq!(LEVEL.get(), None);
/// assert_eq!(context.run(|| LEVEL.get()), Some(3));
/// ```
#[derive(Clone, Default)]
pub struct Context(Variables);

impl Context {
    /// Makes a context without values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Copies the values of the code that runs. It costs the same for any number of them.
    #[doc(alias = "copy_context")]
    pub fn copy() -> Self {
        Context(variables::copy())
    }

    /// Calls `f` with these values in the place of those of the code that runs. What `f` sets stays in this context; a
    /// task that it spawns begins with these values, as asyncio's `create_task(context=...)`.
    pub fn run<R>(&mut self, f: impl FnOnce() -> R) -> R {
        let _entered = Entered::new(self);
        f()
    }
}

/// While it lives, a context is the one of the code that runs, and the one before waits in its place.
struct Entered<'a>(&'a mut Context);

impl<'a> Entered<'a> {
    fn new(context: &'a mut Context) -> Self {
        context.0 = variables::replace(context.0.take());
        Entered(context)
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.0 = variables::replace(self.0.0.take());
    }
}
