//! The list of tasks: who is in it, in which state, in which order.

use roundelay::task::TaskState;
use roundelay::{Handle, Runtime, TaskInfo, run, spawn, tasks, yield_now};
use std::future::pending;

fn names(tasks: &[TaskInfo]) -> Vec<&str> {
    tasks.iter().map(TaskInfo::name).collect()
}

#[test]
fn the_list_has_the_tasks_that_have_not_ended_oldest_first() {
    run(async {
        let ended = spawn(async {});
        let waiting = spawn(pending::<()>());
        waiting.set_name("waiting");
        yield_now().await;
        let queued = spawn(pending::<()>());
        let list = tasks();
        assert_eq!(names(&list), ["Task-1", "waiting", "Task-4"]);
        let states: Vec<_> = list.iter().map(TaskInfo::state).collect();
        assert_eq!(
            states,
            [TaskState::Running, TaskState::Waiting, TaskState::Queued]
        );
        assert_eq!(Some(list[2].id()), queued.id());
        assert!(list[1].spawned_at().file().ends_with("task_list.rs"));
        // One that has ended is not in it, though its handle is.
        assert!(ended.is_finished());
        // Nor one whose slot was used before.
        drop(ended);
        let newest = spawn(pending::<()>());
        assert_eq!(tasks().last().map(TaskInfo::id), newest.id());
    });
}

#[test]
fn requests_to_cancel_are_counted() {
    run(async {
        let task = spawn(pending::<()>());
        yield_now().await;
        task.cancel();
        task.cancel();
        let info = &tasks()[1];
        assert_eq!(
            (info.cancel_requests(), info.state()),
            (2, TaskState::Queued)
        );
        let text = info.to_string();
        assert!(text.starts_with("Task-2 (spawned at "), "{text}");
        assert!(
            text.ends_with(") queued, asked to cancel 2 times"),
            "{text}"
        );
    });
}

#[test]
fn a_runtime_lists_its_tasks_between_runs_and_its_handle_in_callbacks() {
    let runtime = Runtime::new().unwrap();
    drop(runtime.spawn(pending::<()>()));
    assert_eq!(names(&runtime.tasks()), ["Task-1"]);
    let handle = runtime.handle();
    runtime.call_soon(move || {
        let list = handle.tasks();
        assert_eq!(names(&list), ["Task-1", "Task-2"]);
        assert!(list.iter().all(|task| task.state() != TaskState::Running));
    });
    runtime.run(async {
        yield_now().await;
        assert_eq!(Handle::current().tasks(), tasks());
    });
    assert_eq!(names(&runtime.tasks()), ["Task-1"]);
}

#[test]
#[should_panic(expected = "no event loop is running")]
fn outside_of_a_run_there_is_no_list() {
    let _ = tasks();
}
