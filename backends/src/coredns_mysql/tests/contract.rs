//! The contract of all backends, with a real `mariadbd` that may also end.

use std::sync::Arc;

use async_trait::async_trait;

use super::coredns::Coredns;
use super::*;
use crate::conformance::{self, Daemon};

#[async_trait]
impl Daemon for Mariadb {
    fn open(&self) -> Box<dyn Backend> {
        Box::new(self.backend())
    }

    fn crash(&mut self) {
        self.kill();
    }

    async fn start(&mut self) {
        self.run().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_takes_several_batches_at_once() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    conformance::shared(|| Arc::new(server.backend())).await;
}

#[tokio::test]
async fn a_database_outlives_crashes_of_its_server() {
    let Some(mut server) = Mariadb::start().await else {
        return;
    };
    conformance::crashes(&mut server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_coredns_reads_keeps_the_contract() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    // The tables have to be there before CoreDNS looks for them.
    server.backend().probe().await.unwrap();
    let Some(coredns) = Coredns::start(&server).await else {
        return;
    };
    let mut settings = server.settings();
    settings.dns_address = vec![coredns.dns];
    let backend = CorednsMysql::new("db".parse().unwrap(), settings);
    conformance::all(&backend).await;
}
