//! The blocking HTTP client of the sequential, threaded and process versions.

use std::io;
use std::time::Duration;

use ureq::Agent;

use crate::failure::Failure;
use crate::outcome::Page;
use crate::trust::Trust;

/// How the sites see us; the same in all versions, since some sites answer by it.
pub const USER_AGENT: &str = "roundelay-download-all-sites/0.1";

/// How long a host may stay silent. A long download may take longer.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// An HTTP client that keeps its connections open between downloads, as Python's
/// `requests.Session` does. Each thread and each process has one of its own.
pub struct Session {
    agent: Agent,
}

impl Session {
    pub fn new(trust: &Trust) -> Session {
        let config = Agent::config_builder()
            .user_agent(USER_AGENT)
            .tls_config(trust.for_ureq())
            // What hyper does not do, ureq may not do either: proxies and redirects.
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(PATIENCE))
            .timeout_per_read(Some(PATIENCE))
            .timeout_per_write(Some(PATIENCE));
        Session {
            agent: config.build().new_agent(),
        }
    }

    /// Downloads a page to its end; blocks the calling thread until then.
    pub fn get(&self, url: &str) -> Result<Page, Failure> {
        let response = self.agent.get(url).call()?;
        let mut page = Page::empty();
        io::copy(&mut response.into_body().into_reader(), &mut page)?;
        Ok(page)
    }
}
