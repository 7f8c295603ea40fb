//! What belongs to a loop without the loop knowing it: one value per type, made when first asked for.

use super::EventLoop;
use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

/// The values, in the order in which they were made.
#[derive(Default)]
pub(super) struct Services(RefCell<Vec<Rc<dyn Any>>>);

impl EventLoop {
    /// Returns the loop's own `T`, made by `make` if there is none yet. It is dropped when the loop closes.
    pub(crate) fn service<T: 'static>(&self, make: impl FnOnce() -> T) -> Rc<T> {
        self.find_service().unwrap_or_else(|| {
            let new = Rc::new(make());
            self.services.0.borrow_mut().push(new.clone());
            new
        })
    }

    /// Returns the loop's own `T`, if there is one.
    pub(crate) fn find_service<T: 'static>(&self) -> Option<Rc<T>> {
        let services = self.services.0.borrow();
        services
            .iter()
            .find_map(|service| Rc::clone(service).downcast::<T>().ok())
    }

    /// Drops all services, the newest first.
    pub(super) fn drop_services(&self) {
        while let Some(service) = { self.services.0.borrow_mut().pop() } {
            super::cell::quietly(|| drop(service));
        }
    }
}
