//! What the measurements ask of the machine: processor affinity and CPU clocks.

use std::thread;
use std::time::Duration;

use rustix::thread::{CpuSet, sched_setaffinity};
use rustix::time::{ClockId, Timespec, clock_gettime};

/// The processor that the runtime under test has to itself.
pub const RUNTIME_CPU: usize = 0;
/// The processor of the echo client.
pub const CLIENT_CPU: usize = 1;

/// Keeps the calling thread, and those it starts later, on one processor.
///
/// Does nothing on a machine with a single one, or where it isn't allowed: the figures are noisier
/// then, and no less true.
pub fn pin_to(cpu: usize) {
    if thread::available_parallelism().is_ok_and(|cpus| cpus.get() == 1) {
        return;
    }
    let mut cpus = CpuSet::new();
    cpus.set(cpu);
    let _ = sched_setaffinity(None, &cpus);
}

/// The CPU time that all threads of this process have used.
pub fn process_cpu_time() -> Duration {
    duration(clock_gettime(ClockId::ProcessCPUTime))
}

/// The CPU time that the calling thread has used.
pub fn thread_cpu_time() -> Duration {
    duration(clock_gettime(ClockId::ThreadCPUTime))
}

fn duration(time: Timespec) -> Duration {
    Duration::try_from(time).expect("CPU time is not negative")
}
