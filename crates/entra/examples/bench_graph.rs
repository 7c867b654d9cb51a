//! Parts of `cargo xtask bench import`: a Graph in a process of its own, this client, and a plain loop for comparison.
//!
//! `bench_graph serve USERS GROUPS` prints its address and serves until its standard input ends; `bench_graph ours ROOT`
//! and `bench_graph plain ROOT` read it and print how many objects they took.
#![expect(clippy::print_stdout, reason = "the figures are the product")]

use std::{io::Read as _, sync::Arc, time::Duration};

use dirlift_entra::{
    Credentials, Endpoints, Graph, HttpOptions, ImportOptions, Pause, SignIn, Surroundings, import,
};
use dirlift_testkit::graph::{Graph as Server, GraphBuilder, Tenant};
use serde_json::Value;

type AnyError = Box<dyn std::error::Error>;

fn main() -> Result<(), AnyError> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", n_users, n_groups] => serve(n_users.parse()?, n_groups.parse()?),
        ["ours", root] => runtime()?.block_on(ours(root)),
        ["plain", root] => runtime()?.block_on(plain(root)),
        _ => Err("usage: bench_graph serve USERS GROUPS | ours ROOT | plain ROOT".into()),
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

fn serve(n_users: usize, n_groups: usize) -> Result<(), AnyError> {
    let server = GraphBuilder::new(Tenant::fabrikam(n_users, n_groups)).start()?;
    println!("{}", server.root());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// A world without chance, whose clock stands still: nothing is throttled here.
struct Still;

impl Surroundings for Still {
    fn now(&self) -> i64 {
        1_795_251_600
    }

    fn pause(&self, time: Duration) -> Pause {
        Box::pin(tokio::time::sleep(time))
    }

    fn random(&self) -> u64 {
        0
    }
}

async fn ours(root: &str) -> Result<(), AnyError> {
    let sign_in = SignIn {
        tenant: Server::TENANT.parse()?,
        client: Server::CLIENT.parse()?,
        credentials: Credentials::Secret(Server::SECRET.to_owned().into()),
    };
    let endpoints = Endpoints::loopback(root)?;
    let graph = Graph::new(endpoints, sign_in, Arc::new(Still), &HttpOptions::default())?;
    let (sender, mut receiver) = tokio::sync::mpsc::channel(256);
    let taking = tokio::spawn(async move {
        let mut n_objects = 0_u64;
        while receiver.recv().await.is_some() {
            n_objects += 1;
        }
        n_objects
    });
    import(&graph, &ImportOptions::default(), sender, &mut ()).await?;
    println!("{}", taking.await?);
    Ok(())
}

/// What one would write in an afternoon: page after page into generic values, one request at a time.
async fn plain(root: &str) -> Result<(), AnyError> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", Server::CLIENT),
        ("client_secret", Server::SECRET),
    ];
    let url = format!("{root}/{}/oauth2/v2.0/token", Server::TENANT);
    let token: Value = client.post(url).form(&form).send().await?.json().await?;
    let token = token["access_token"].as_str().ok_or("no token")?.to_owned();
    let mut n_objects = 0;
    for kind in dirlift_entra::Kind::ALL {
        let select = dirlift_entra::select(kind);
        let mut next = Some(format!("{root}/v1.0/{}?$select={select}&$top=999", kind.collection()));
        while let Some(url) = next {
            let page: Value = client.get(url).bearer_auth(&token).send().await?.json().await?;
            n_objects += page["value"].as_array().map_or(0, Vec::len);
            next = page["@odata.nextLink"].as_str().map(str::to_owned);
        }
    }
    println!("{n_objects}");
    Ok(())
}
