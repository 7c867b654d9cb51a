//! Ways to read an in-process Graph.
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use dirlift_entra::{
    Credentials, Endpoints, Error, Graph, HttpOptions, ImportOptions, Patience, Pause, SignIn,
    Surroundings, import,
};
use dirlift_model::{CsObject, TenantFacts};
use dirlift_testkit::graph::Graph as Server;

/// A world where time stands still, chance is always the same, and pauses are noted instead of waited for.
#[derive(Default)]
pub(crate) struct Still {
    pauses: Mutex<Vec<Duration>>,
}

/// The time there: 2026-11-21 09:00:00 UTC.
pub(crate) const NOW: i64 = 1_795_251_600;

impl Surroundings for Still {
    fn now(&self) -> i64 {
        NOW
    }

    fn pause(&self, time: Duration) -> Pause {
        self.pauses.lock().unwrap().push(time);
        Box::pin(tokio::task::yield_now())
    }

    fn random(&self) -> u64 {
        0
    }
}

impl Still {
    pub(crate) fn pauses(&self) -> Vec<Duration> {
        self.pauses.lock().unwrap().clone()
    }
}

pub(crate) fn secret(text: &str) -> Credentials {
    Credentials::Secret(text.to_owned().into())
}

pub(crate) fn options() -> HttpOptions {
    HttpOptions {
        silence_timeout: Duration::from_millis(500),
        patience: Patience { attempts: 4, ..Patience::default() },
        ..HttpOptions::default()
    }
}

pub(crate) fn client_with(
    server: &Server,
    credentials: Credentials,
    options: &HttpOptions,
) -> (Graph, Arc<Still>) {
    let world = Arc::new(Still::default());
    let sign_in = SignIn {
        tenant: Server::TENANT.parse().unwrap(),
        client: Server::CLIENT.parse().unwrap(),
        credentials,
    };
    let endpoints = Endpoints::loopback(server.root()).unwrap();
    let surroundings: Arc<dyn Surroundings> = Arc::clone(&world) as _;
    (Graph::new(endpoints, sign_in, surroundings, options).unwrap(), world)
}

pub(crate) fn client(server: &Server) -> (Graph, Arc<Still>) {
    client_with(server, secret(Server::SECRET), &options())
}

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// Imports everything; objects that came before an error are returned beside it.
pub(crate) fn import_all(
    graph: &Graph,
    options: &ImportOptions,
) -> (Vec<CsObject>, Result<TenantFacts, Error>) {
    run(async {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(16);
        let graph = graph.clone();
        let options = options.clone();
        let importing = async { import(&graph, &options, sender, &mut ()).await };
        let taking = async {
            let mut objects = Vec::new();
            while let Some(object) = receiver.recv().await {
                objects.push(object);
            }
            objects
        };
        let (result, objects) = tokio::join!(importing, taking);
        (objects, result)
    })
}

/// Imports everything from a server in good health.
pub(crate) fn read(server: &Server) -> (Vec<CsObject>, TenantFacts) {
    let (objects, facts) = import_all(&client(server).0, &ImportOptions::default());
    (objects, facts.unwrap())
}

/// The error of an import.
pub(crate) fn failure(server: &Server) -> Error {
    import_all(&client(server).0, &ImportOptions::default()).1.unwrap_err()
}
