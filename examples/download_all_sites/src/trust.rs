//! Which certificates the https sites are checked against: the web's usual ones, or a file's.

use std::io;
use std::sync::Arc;

use futures_rustls::rustls::pki_types::CertificateDer;
use futures_rustls::rustls::pki_types::pem::PemObject;
use futures_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// The certificate authorities that are believed. One value serves both HTTP clients, so that the
/// four versions agree about every site.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Where they came from, for worker processes, which read the file themselves.
    pub ca_file: Option<String>,
    /// The certificates of the file; empty when there is none, which means Mozilla's list.
    certificates: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// Reads certificates from a file.
    ///
    /// # Errors
    /// When the file cannot be read, is not in PEM format, or has no certificate in it.
    pub fn load(ca_file: &str) -> io::Result<Trust> {
        let text = std::fs::read(ca_file)?;
        let certificates = CertificateDer::pem_slice_iter(&text)
            .collect::<Result<Vec<_>, _>>()
            .map_err(io::Error::other)?;
        if certificates.is_empty() {
            return Err(io::Error::other("there is no certificate in this file"));
        }
        // Tried here, so that a bad one is refused before anything is downloaded.
        for certificate in &certificates {
            let mut roots = RootCertStore::empty();
            roots.add(certificate.clone()).map_err(io::Error::other)?;
        }
        Ok(Trust {
            ca_file: Some(ca_file.to_owned()),
            certificates,
        })
    }

    /// Returns the settings for hyper's connections.
    pub fn for_rustls(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        if self.certificates.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        roots.add_parsable_certificates(self.certificates.iter().cloned());
        // The provider is named: rustls' own choice fails as soon as a second one is in the tree.
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has what TLS 1.2 and 1.3 need")
            .with_root_certificates(roots)
            .with_no_client_auth()
    }

    /// Returns the settings for ureq's connections.
    pub fn for_ureq(&self) -> TlsConfig {
        let owned = |der: &CertificateDer<'_>| Certificate::from_der(der).to_owned();
        let roots = if self.certificates.is_empty() {
            RootCerts::WebPki
        } else {
            RootCerts::from(self.certificates.iter().map(owned))
        };
        TlsConfig::builder().root_certs(roots).build()
    }
}
