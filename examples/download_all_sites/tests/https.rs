//! Encrypted sites, with a certificate authority made for the occasion.

mod support;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use support::{Answer, ROWS, Sites, assert_all_downloaded, download};

/// An https site on loopback, and the file with the authority that vouches for it.
struct SecureSites {
    sites: Sites,
    ca_file: PathBuf,
}

impl SecureSites {
    /// `name` tells the tests' files apart.
    fn start(name: &str) -> SecureSites {
        let (authority, config) = certificates();
        let config = Arc::new(config);
        let sites = Sites::start_on(
            |_| Answer::Page("a page in confidence"),
            move |stream| {
                let connection =
                    ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
                Ok(StreamOwned::new(connection, stream))
            },
        );
        let ca_file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pem"));
        std::fs::write(&ca_file, authority).expect("the directory is for us to write in");
        SecureSites { sites, ca_file }
    }

    /// By name as by address: the certificate has both.
    fn urls(&self) -> [String; 2] {
        let port = self.sites.address.port();
        ["127.0.0.1", "localhost"].map(|host| format!("https://{host}:{port}/"))
    }
}

/// Makes an authority, as PEM, and a server that it vouches for.
fn certificates() -> (String, ServerConfig) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = || KeyPair::generate().expect("a key");
    let authority = CertifiedIssuer::self_signed(params, key()).expect("an authority");

    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let site_key = key();
    let site = CertificateParams::new(names)
        .and_then(|params| params.signed_by(&site_key, &authority))
        .expect("a certificate");
    let chain = vec![CertificateDer::from(site)];
    let key = PrivatePkcs8KeyDer::from(site_key.serialize_der()).into();
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
            .expect("a configuration");
    (authority.pem(), config)
}

#[test]
fn all_versions_download_from_a_site_whose_authority_is_trusted() {
    let secure = SecureSites::start("trusted");
    let [by_address, by_name] = secure.urls();
    let ca_file = secure.ca_file.to_str().expect("a plain path");
    let args = [
        "--ca-file",
        ca_file,
        "--sites=20",
        "--workers=2",
        &by_address,
        &by_name,
    ];
    assert_all_downloaded(&download(&args), "20", "400");
}

#[test]
fn an_unknown_authority_is_an_error_of_that_site_that_says_what_to_do() {
    let secure = SecureSites::start("untrusted");
    let [url, _] = secure.urls();
    let said = download(&["--workers", "2", &url]);
    for version in ROWS {
        assert_eq!(said.row(version)[1], "0 of 1");
    }
    let message = format!("error: {url} was not downloaded: the certificate is not trusted");
    assert_eq!(said.stderr.matches(&message).count(), 1, "{}", said.stderr);
    assert!(said.stderr.contains("--ca-file PEM"), "{}", said.stderr);
    assert_eq!(said.code, Some(1));
}
