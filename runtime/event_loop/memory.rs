//! Memory for task cells: size classes carved from blocks, recycled last-in first-out.
//!
//! Expected use: a task lives shortly and another of the same size follows, so the cell just freed is warm.
//! A push and a pop on a free list cost about 1 ns, a general allocator's pair 6 to 8, and a cell has no
//! allocator header. The price: a block goes back to the system only when the runtime ends. Think again if
//! programs turn up whose task sizes change over their life.

#![allow(unsafe_code)]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::{Cell, RefCell};
use std::ptr::{NonNull, null_mut};

/// Cells are rounded up to a multiple of this, which is also their alignment.
const GRANULE: usize = 16;
/// Cells up to this size come from blocks, larger or more aligned ones from the general allocator.
const LARGEST: usize = 2048;
const CLASSES: usize = LARGEST / GRANULE + 1;
const FIRST_BLOCK: usize = 16 * 1024;
const LARGEST_BLOCK: usize = 1024 * 1024;

/// A size class: how many granules a cell has, or more than there are classes if it comes from the general allocator.
#[derive(Clone, Copy)]
pub(crate) struct Class(usize);

impl Class {
    /// The class of a layout. With `--cfg plain_cells` every cell comes from the general allocator, so that
    /// AddressSanitizer sees it as an allocation of its own.
    pub(crate) const fn of(layout: Layout) -> Self {
        if cfg!(plain_cells) || layout.size() > LARGEST || layout.align() > GRANULE {
            Class(usize::MAX)
        } else {
            Class(layout.size().div_ceil(GRANULE))
        }
    }

    /// Whether cells of this class come from blocks.
    #[inline(always)]
    pub(crate) const fn is_pooled(self) -> bool {
        self.0 < CLASSES
    }
}

pub(crate) struct Memory {
    /// The most recently freed cell of each class, linked through its first word; null when there is none.
    free: [Cell<*mut u8>; CLASSES],
    /// Where the next cell is carved from the newest block.
    next: Cell<*mut u8>,
    /// How many bytes of the newest block are left from `next` on.
    left: Cell<usize>,
    /// All blocks, newest last; given back when the runtime ends.
    blocks: RefCell<Vec<(NonNull<u8>, Layout)>>,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Memory {
            free: [const { Cell::new(null_mut()) }; CLASSES],
            next: Cell::new(null_mut()),
            left: Cell::new(0),
            blocks: RefCell::new(Vec::new()),
        }
    }

    /// Returns memory for `layout`, which is of this class and not empty.
    #[inline(always)]
    pub(crate) fn allocate(&self, class: Class, layout: Layout) -> NonNull<u8> {
        let Some(free) = self.free.get(class.0) else {
            return plain(layout);
        };
        let head = free.get();
        match NonNull::new(head) {
            Some(cell) => {
                // SAFETY: a cell on a free list is ours, unused, and holds the next one's address in its
                // first word, written by `free`; a granule is large and aligned enough for it.
                free.set(unsafe { head.cast::<*mut u8>().read() });
                cell
            }
            None => self.carve(class.0 * GRANULE),
        }
    }

    /// Takes a cell back.
    ///
    /// # Safety
    /// `cell` came from `allocate` of this `Memory` with the same class and layout, holds nothing that is still to be
    /// dropped, and is used no more.
    pub(crate) unsafe fn free(&self, cell: NonNull<u8>, class: Class, layout: &Layout) {
        if class.is_pooled() {
            // SAFETY: the caller's promise.
            unsafe { self.free_pooled(cell, class) };
        } else {
            // SAFETY: such a cell came from `plain` with the same layout.
            unsafe { dealloc(cell.as_ptr(), *layout) };
        }
    }

    /// Takes a cell back whose class is pooled.
    ///
    /// # Safety
    /// As `free`.
    #[inline(always)]
    pub(crate) unsafe fn free_pooled(&self, cell: NonNull<u8>, class: Class) {
        let free = &self.free[class.0];
        // SAFETY: the cell is at least a granule long, aligned to it, and ours from now on.
        unsafe { cell.cast::<*mut u8>().write(free.get()) };
        free.set(cell.as_ptr());
    }

    /// Cuts a cell from the newest block, or from a new one. What is left of a full block is given up.
    #[cold]
    fn carve(&self, size: usize) -> NonNull<u8> {
        if self.left.get() < size {
            let mut blocks = self.blocks.borrow_mut();
            let newest = blocks
                .last()
                .map_or(FIRST_BLOCK / 2, |block| block.1.size());
            let layout = Layout::from_size_align((newest * 2).min(LARGEST_BLOCK), GRANULE)
                .expect("block sizes are small powers of two");
            let block = plain(layout);
            blocks.push((block, layout));
            self.next.set(block.as_ptr());
            self.left.set(layout.size());
        }
        let cell = self.next.get();
        // SAFETY: `left` says that `size` bytes from `next` on lie in the newest block.
        self.next.set(unsafe { cell.add(size) });
        self.left.set(self.left.get() - size);
        NonNull::new(cell).expect("a block's address is not null")
    }
}

/// One allocation from the general allocator.
fn plain(layout: Layout) -> NonNull<u8> {
    // SAFETY: callers never pass an empty layout.
    NonNull::new(unsafe { alloc(layout) }).unwrap_or_else(|| handle_alloc_error(layout))
}

impl Drop for Memory {
    fn drop(&mut self) {
        for (block, layout) in self.blocks.get_mut().drain(..) {
            // SAFETY: each block came from `plain` with this layout, and the cells in it are gone: the
            // runtime drops its tasks before its memory.
            unsafe { dealloc(block.as_ptr(), layout) };
        }
    }
}
