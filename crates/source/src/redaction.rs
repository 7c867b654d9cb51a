//! Secrets in texts that people typed into settings.
use dirlift_model::secret::{REMOVED, redact};

/// Removes user names and passwords from proxy settings, also where no `scheme://` stands before them.
///
/// Settings list proxies as `http=host:80;https=host:81`. A password may hold any character, so that more is removed
/// in case of doubt: once there is an `@` anywhere, whatever could be the first half of a `user:password` goes too.
pub(crate) fn redact_proxy(text: &str) -> String {
    if !text.contains('@') {
        return redact(text);
    }
    let is_separator = |it: char| matches!(it, ';' | ',') || it.is_whitespace();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let end = rest.find(is_separator).unwrap_or(rest.len());
        out.push_str(&redact_one(&rest[..end]));
        rest = &rest[end..];
        let Some(separator) = rest.chars().next() else { break };
        out.push(separator);
        rest = &rest[separator.len_utf8()..];
    }
    redact(&out)
}

fn redact_one(proxy: &str) -> String {
    let user_at = proxy.find("://").map(|it| it + 3).or_else(|| known_scheme(proxy)).unwrap_or(0);
    let (before, address) = proxy.split_at(user_at);
    if let Some((_, host)) = address.rsplit_once('@') {
        return format!("{before}{REMOVED}@{host}");
    }
    let authority = address.split('/').next().unwrap_or(address);
    let has_port = authority
        .rsplit_once(':')
        .is_none_or(|(_, port)| port.bytes().all(|it| it.is_ascii_digit()));
    if has_port || authority.ends_with(']') {
        proxy.to_owned()
    } else {
        format!("{before}{REMOVED}")
    }
}

/// Where the address begins in `http=address`.
fn known_scheme(proxy: &str) -> Option<usize> {
    let (scheme, _) = proxy.split_once('=')?;
    ["http", "https", "ftp", "socks"]
        .iter()
        .any(|it| it.eq_ignore_ascii_case(scheme))
        .then_some(scheme.len() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_lose_their_users() {
        let cases = [
            ("proxy.corp:8080", "proxy.corp:8080"),
            ("", ""),
            ("http://u:p@proxy:8080", "http://(removed)@proxy:8080"),
            ("u:p@proxy:8080", "(removed)@proxy:8080"),
            ("http=u:p@a:1;https=b:2", "http=(removed)@a:1;https=b:2"),
            (
                "http=http://u:p@a:1;https=http://v:q@b:2",
                "http=http://(removed)@a:1;https=http://(removed)@b:2",
            ),
            ("http://u:p/w@proxy:80/", "http://(removed)@proxy:80/"),
            ("http://u:p;w@proxy", "http://(removed);(removed)@proxy"),
            ("http://u:p@ss@proxy", "http://(removed)@proxy"),
            ("http://u:p@a http://[::1]:80", "http://(removed)@a http://[::1]:80"),
        ];
        for (text, expected) in cases {
            assert_eq!(redact_proxy(text), expected, "{text}");
        }
    }
}
