//! The statements that hold a block.

use super::program::{Block, Statement};
use super::record::Fail;
use super::run::Task;
use roundelay::task::{MemberError, TaskGroup};
use roundelay::{catch_cancel, task, task_group, timeout};
use std::pin::Pin;

impl Task {
    /// Runs the statements of a block. Boxed, as blocks lie within blocks.
    fn block<'a>(
        &'a self,
        block: &'a Block,
        group: Option<&'a TaskGroup<Fail>>,
    ) -> Pin<Box<dyn Future<Output = Result<(), Fail>> + 'a>> {
        Box::pin(async move {
            for statement in block {
                self.statement(statement, group).await?;
            }
            Ok(())
        })
    }

    /// Runs a statement that holds a block.
    pub async fn block_statement(&self, statement: &Statement) -> Result<(), Fail> {
        let things = &self.run.things;
        match statement {
            Statement::Except {
                body,
                handler,
                reraises,
            } => match catch_cancel(self.block(body, None)).await {
                Ok(result) => result?,
                Err(cancelled) => {
                    self.say(format!("caught {}", task::cancel_requests()));
                    self.block(handler, None).await?;
                    if *reraises {
                        self.say("reraises");
                        cancelled.resume().await;
                    }
                }
            },
            Statement::Finally { body, handler } => {
                let result = catch_cancel(self.block(body, None)).await;
                self.say("finally");
                self.block(handler, None).await?;
                match result {
                    Ok(result) => result?,
                    Err(cancelled) => cancelled.resume().await,
                }
            }
            Statement::Timeout(ms, body) => {
                match timeout(self.duration(*ms), self.block(body, None)).await {
                    Ok(result) => {
                        result?;
                        self.say(format!("timeout {ms} over"));
                    }
                    Err(_) => self.say(format!("timeout {ms} TimeoutError")),
                }
            }
            Statement::Lock(name, body) => {
                let guard = things.locks[name].lock().await;
                self.say(format!("locked {name}"));
                self.block(body, None).await?;
                drop(guard);
                self.say(format!("unlocked {name}"));
            }
            Statement::Semaphore(name, body) => {
                let permit = things.semaphores[name].acquire().await;
                self.say(format!("acquired {name}"));
                self.block(body, None).await?;
                drop(permit);
                self.say(format!("released {name}"));
            }
            Statement::Group(body) => self.group(body).await,
            Statement::Attempt(body) => match self.block(body, None).await {
                Ok(()) => self.say("attempt over"),
                Err(Fail(word)) => self.say(format!("attempt failed {word}")),
            },
            Statement::Repeat(times, body) => {
                for _ in 0..*times {
                    self.block(body, None).await?;
                }
            }
            _ => unreachable!("only what holds a block comes here"),
        }
        Ok(())
    }

    async fn group(&self, body: &Block) {
        let outcome = task_group(async |group| self.block(body, Some(group)).await).await;
        let Err(errors) = outcome else {
            return self.say("group over");
        };
        let mut line = "group failed".to_owned();
        for error in errors.errors() {
            match error {
                MemberError::Failed(Fail(word)) => line = format!("{line} {word}"),
                MemberError::Panicked(error) => panic!("{error}"),
            }
        }
        self.say(line);
    }
}
