//! Words that mark a secret, in one table for every reader.

/// Names of XML elements whose content no reader keeps: credentials, keys, and the engine's state.
///
/// Source: the engine's configuration files and the catalogue of its database (encrypted configuration,
/// controller password, key material, directory cookies and watermarks).
pub const CREDENTIAL_ELEMENTS: &[&str] = &[
    "controller-configuration-password",
    "controller_configuration_password",
    "cookie",
    "encrypted-attributes",
    "encrypted-configuration",
    "encrypted_configuration",
    "entropy",
    "keyset",
    "password",
    "passwordhash",
    "private-key",
    "secret",
    "water-mark",
];

/// Whether the content of an XML element (or the value of a registry entry, JSON key or parameter) of this name is dropped.
pub fn is_credential_name(name: &str) -> bool {
    CREDENTIAL_ELEMENTS.iter().any(|it| it.eq_ignore_ascii_case(name))
        || ends_with_word(name, "password")
        || ends_with_word(name, "secret")
        || ends_with_word(name, "pwd")
}

fn ends_with_word(name: &str, word: &str) -> bool {
    let split = name.len().checked_sub(word.len());
    split.and_then(|at| name.get(at..)).is_some_and(|it| it.eq_ignore_ascii_case(word))
}

/// What stands in the place of a removed secret.
pub const REMOVED: &str = "(removed)";

/// Removes user names and passwords from URLs and the values of password-like switches from command lines.
///
/// `http://user:pw@proxy:8080` becomes `http://(removed)@proxy:8080`; `/password:x`, `-pwd x` and
/// `password=x` lose their value. Everything else stays as it is.
pub fn redact(text: &str) -> String {
    redact_switches(&redact_urls(text))
}

fn redact_urls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after
            .find(|it: char| it.is_whitespace() || matches!(it, '/' | '?' | '#' | '"' | '\'' | ';'))
            .unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        match authority.rsplit_once('@') {
            Some((_, host)) => {
                out.push_str(REMOVED);
                out.push('@');
                out.push_str(host);
            }
            None => out.push_str(authority),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

fn redact_switches(text: &str) -> String {
    const WORDS: &[&str] =
        &["password", "passwd", "pwd", "secret", "passphrase", "token", "apikey", "api-key"];
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut nexts: Vec<_> = WORDS.iter().map(|word| lower.find(word)).collect();
    while at < text.len() {
        for (next, word) in nexts.iter_mut().zip(WORDS) {
            // Looked for again only when the last hit lies behind: long texts stay cheap.
            if next.is_some_and(|it| it < at) {
                *next = lower[at..].find(word).map(|it| at + it);
            }
        }
        let hits = nexts.iter().zip(WORDS);
        let hit = hits.filter_map(|(next, word)| next.map(|it| (it, word.len()))).min();
        let Some((start, len)) = hit else { break };
        let after = start + len;
        out.push_str(&text[at..after]);
        at = after;
        let value = &text[after..];
        let n_separator =
            value.find(|it: char| !matches!(it, '=' | ':' | ' ' | '\t')).unwrap_or(value.len());
        let separator = &value[..n_separator];
        let is_switch = start > 0 && matches!(text.as_bytes()[start - 1], b'/' | b'-');
        if separator.contains(['=', ':']) || (is_switch && !separator.is_empty()) {
            let value = &value[n_separator..];
            let n_value = match value.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    value[1..].find(quote).map_or(value.len(), |it| it + 2)
                }
                _ => value.find(|it: char| it.is_whitespace() || it == ';').unwrap_or(value.len()),
            };
            if n_value > 0 && !value.starts_with(REMOVED) {
                out.push_str(separator);
                out.push_str(REMOVED);
                at = after + n_separator + n_value;
            }
        }
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_command_lines_lose_their_secrets() {
        let cases = [
            ("http://user:pw@proxy:8080/x", "http://(removed)@proxy:8080/x"),
            (
                "http=http://a:b@p:1;https=https://c@q",
                "http=http://(removed)@p:1;https=https://(removed)@q",
            ),
            (r#""C:\x\svc.exe" /password:hunter2 /v"#, r#""C:\x\svc.exe" /password:(removed) /v"#),
            ("svc.exe -pwd hunter2 -x", "svc.exe -pwd (removed) -x"),
            ("Server=a;Password=\"hun ter2\";Trusted=1", "Server=a;Password=(removed);Trusted=1"),
            (r"C:\Program Files\PasswordSync\x.exe -k", r"C:\Program Files\PasswordSync\x.exe -k"),
            ("nothing here", "nothing here"),
        ];
        for (text, expected) in cases {
            assert_eq!(redact(text), expected);
        }
    }

    #[test]
    fn credential_names() {
        for name in [
            "password",
            "Cookie",
            "controller_configuration_password",
            "adminPassword",
            "ClientSecret",
        ] {
            assert!(is_credential_name(name), "{name}");
        }
        for name in
            ["password-hash-sync-config", "forest-login-user", "password-sync-allowed", "name"]
        {
            assert!(!is_credential_name(name), "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(password|://|@|=|[ü\"' ;/-]|[a-z]){0,40}") {
            redact(&text);
        }
    }
}
