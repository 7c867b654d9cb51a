//! The clouds: which servers sign in and which answer for the directory.
use std::{fmt, str::FromStr};

use url::Url;

/// One deployment of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// The word for `--cloud`.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// The host that signs in.
    pub login: &'static str,
    /// The host of Microsoft Graph.
    pub graph: &'static str,
    /// Whether `/directory/onPremisesSynchronization` exists there.
    pub has_directory_sync: bool,
}

/// Every cloud (source: Microsoft Graph, national cloud deployments; checked 2026-11-21).
pub const CLOUDS: &[Cloud] = &[
    Cloud {
        name: "global",
        about: "the worldwide service, GCC included",
        login: "login.microsoftonline.com",
        graph: "graph.microsoft.com",
        has_directory_sync: true,
    },
    Cloud {
        name: "us-gov",
        about: "Microsoft Cloud for US Government L4 (GCC High)",
        login: "login.microsoftonline.us",
        graph: "graph.microsoft.us",
        has_directory_sync: false,
    },
    Cloud {
        name: "us-dod",
        about: "Microsoft Cloud for US Government L5 (DoD)",
        login: "login.microsoftonline.us",
        graph: "dod-graph.microsoft.us",
        has_directory_sync: false,
    },
    Cloud {
        name: "china",
        about: "operated by 21Vianet in China",
        login: "login.chinacloudapi.cn",
        graph: "microsoftgraph.chinacloudapi.cn",
        has_directory_sync: false,
    },
];

impl FromStr for Cloud {
    type Err = UnknownCloud;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        CLOUDS.iter().find(|it| it.name.eq_ignore_ascii_case(text)).copied().ok_or(UnknownCloud)
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

/// A word that names no cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cloud; the clouds are global, us-gov, us-dod and china")]
pub struct UnknownCloud;

/// Where requests go: the root of the sign-in service and of Graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    pub(crate) login: Url,
    pub(crate) graph: Url,
    pub(crate) has_directory_sync: bool,
}

impl Endpoints {
    /// Those of a cloud.
    #[expect(
        clippy::missing_panics_doc,
        reason = "the hosts are constants, and a test parses them all"
    )]
    pub fn of(cloud: Cloud) -> Self {
        let url = |host| {
            Url::parse(&format!("https://{host}")).expect("the hosts of the table are host names")
        };
        Self {
            login: url(cloud.login),
            graph: url(cloud.graph),
            has_directory_sync: cloud.has_directory_sync,
        }
    }

    /// A server on this machine that stands for both; anything else is refused, so that no credential goes astray.
    pub fn loopback(root: &str) -> Result<Self, NotLoopback> {
        let url = Url::parse(root).map_err(|_| NotLoopback)?;
        let is_loopback = match url.host() {
            Some(url::Host::Ipv4(it)) => it.is_loopback(),
            Some(url::Host::Ipv6(it)) => it.is_loopback(),
            Some(url::Host::Domain(it)) => it == "localhost",
            None => false,
        };
        if !is_loopback || !matches!(url.scheme(), "http" | "https") || url.path() != "/" {
            return Err(NotLoopback);
        }
        Ok(Self { login: url.clone(), graph: url, has_directory_sync: true })
    }
}

/// An address that is not on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the root of a server on this machine, such as https://localhost:8443")]
pub struct NotLoopback;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clouds_are_found_by_name() {
        assert_eq!("US-Gov".parse::<Cloud>().unwrap().graph, "graph.microsoft.us");
        assert_eq!("mars".parse::<Cloud>(), Err(UnknownCloud));
        for cloud in CLOUDS {
            assert_eq!(Endpoints::of(*cloud).graph.host_str(), Some(cloud.graph));
            assert!(UnknownCloud.to_string().contains(cloud.name), "{}", cloud.name);
        }
    }

    #[test]
    fn only_this_machine_may_stand_for_a_cloud() {
        for good in ["http://127.0.0.1:1", "https://localhost:8443/", "http://[::1]:80"] {
            assert!(Endpoints::loopback(good).is_ok(), "{good}");
        }
        for bad in [
            "https://graph.microsoft.com",
            "http://127.0.0.1.example",
            "ftp://127.0.0.1",
            "http://localhost/x",
            "localhost",
        ] {
            assert_eq!(Endpoints::loopback(bad), Err(NotLoopback), "{bad}");
        }
    }
}
