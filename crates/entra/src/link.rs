//! Links in answers: followed only to the server that was asked.
use url::Url;

use crate::error::Error;

/// Longest link that is followed, in bytes; tokens in links have some thousands.
const MAX_BYTES: usize = 64 * 1024;

/// The part of a URL that may be shown: links carry tokens in their queries.
pub(crate) fn shown(url: &Url) -> String {
    url.path().to_owned()
}

/// Checks a link of an answer to `what`: same scheme, host and port, below the same version, nobody's credentials in it.
pub(crate) fn checked(link: &str, root: &Url, what: &str) -> Result<Url, Error> {
    let foreign = |target: String| Error::ForeignLink {
        what: what.to_owned(),
        target,
        expected: root.origin().ascii_serialization(),
    };
    if link.len() > MAX_BYTES {
        return Err(foreign("a link of more than 64 KiB".to_owned()));
    }
    let url = Url::parse(link).map_err(|_| foreign("something that is no address".to_owned()))?;
    if url.origin() != root.origin() || !url.username().is_empty() || url.password().is_some() {
        let host = url.host_str().unwrap_or_default();
        return Err(foreign(dirlift_model::text::shorten(
            &format!("{}://{host}", url.scheme()),
            100,
        )));
    }
    if !url.path().starts_with("/v1.0/") {
        return Err(foreign(dirlift_model::text::shorten(url.path(), 100)));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_server_that_was_asked() {
        let root = Url::parse("https://graph.microsoft.com").unwrap();
        let good = [
            "https://graph.microsoft.com/v1.0/users?$skiptoken=x",
            "https://GRAPH.microsoft.com:443/v1.0/users",
        ];
        for link in good {
            assert!(checked(link, &root, "/v1.0/users").is_ok(), "{link}");
        }
        let bad = [
            "http://graph.microsoft.com/v1.0/users",
            "https://graph.microsoft.com.evil.example/v1.0/users",
            "https://graph.microsoft.com:8443/v1.0/users",
            "https://graph.microsoft.com@evil.example/v1.0/users",
            "https://user@graph.microsoft.com/v1.0/users",
            "https://graph.microsoft.com/beta/users",
            "https://graph.microsoft.com/v1.0/../beta/users",
            "//evil.example/v1.0/users",
            "/v1.0/users",
            "file:///v1.0/users",
            "",
        ];
        for link in bad {
            let error = checked(link, &root, "/v1.0/users").unwrap_err();
            assert!(matches!(error, Error::ForeignLink { .. }), "{link}");
        }
    }

    #[test]
    fn a_refused_link_shows_no_query() {
        let root = Url::parse("https://graph.microsoft.com").unwrap();
        let error =
            checked("https://evil.example/v1.0/users?$skiptoken=CANARY", &root, "/v1.0/users");
        let error = error.unwrap_err().to_string();
        assert!(!error.contains("CANARY") && error.contains("https://evil.example"), "{error}");
    }
}
