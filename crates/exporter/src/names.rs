//! Paths inside a bundle: few characters are allowed, so that a path means the same on every system.

/// Longest path in bytes.
pub(crate) const MAX_LENGTH: usize = 200;

/// Most folders above a file.
pub(crate) const MAX_DEPTH: usize = 8;

/// Why a path cannot be used in a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadPath {
    /// Nothing, or a part without characters.
    #[error("has an empty part, `.` or `..` in its path")]
    Part,
    /// A character other than ASCII letters, digits and `. _ - { } /`.
    #[error(
        "holds a character that a bundle's paths do not have (letters, digits and . _ - {{ }} only)"
    )]
    Character,
    /// `CON`, `nul.txt`
    #[error("is the name of a device on Windows")]
    Device,
    /// `a.`
    #[error("ends in a dot, which Windows leaves out")]
    Trailing,
    /// Too long or too deep.
    #[error("is longer than 200 characters or more than 8 folders deep")]
    Long,
}

/// Checks a path with forward slashes.
pub(crate) fn check(path: &str) -> Result<(), BadPath> {
    let is_allowed =
        |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | '-' | '{' | '}' | '/');
    if !path.chars().all(is_allowed) {
        return Err(BadPath::Character);
    }
    if path.len() > MAX_LENGTH || path.split('/').count() > MAX_DEPTH + 1 {
        return Err(BadPath::Long);
    }
    path.split('/').try_for_each(|part| match part {
        "" | "." | ".." => Err(BadPath::Part),
        it if it.ends_with('.') => Err(BadPath::Trailing),
        it if is_device(it) => Err(BadPath::Device),
        _ => Ok(()),
    })
}

fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).to_ascii_uppercase();
    let numbered = ["COM", "LPT"].iter().any(|it| {
        stem.strip_prefix(it)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|it| it.is_ascii_digit()))
    });
    numbered || ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let long = "a".repeat(201);
        let deep = "a/".repeat(9) + "a";
        let cases = [
            ("", Err(BadPath::Part)),
            ("/a", Err(BadPath::Part)),
            ("a/", Err(BadPath::Part)),
            ("a//b", Err(BadPath::Part)),
            ("../a", Err(BadPath::Part)),
            ("a/./b", Err(BadPath::Part)),
            ("a\\b", Err(BadPath::Character)),
            ("C:a", Err(BadPath::Character)),
            ("a:b", Err(BadPath::Character)),
            ("a b", Err(BadPath::Character)),
            ("a\nb", Err(BadPath::Character)),
            ("ü", Err(BadPath::Character)),
            ("a.", Err(BadPath::Trailing)),
            ("a./b", Err(BadPath::Trailing)),
            ("con", Err(BadPath::Device)),
            ("a/Nul.txt", Err(BadPath::Device)),
            ("lpt9.x", Err(BadPath::Device)),
            (&long, Err(BadPath::Long)),
            (&deep, Err(BadPath::Long)),
            ("com10", Ok(())),
            ("console", Ok(())),
            ("a..b", Ok(())),
            ("settings.json", Ok(())),
            (
                "server-configuration/Connectors/Connector_{B891884F-051E-4A83-95AF-2544101C9083}.xml",
                Ok(()),
            ),
        ];
        for (path, expected) in cases {
            assert_eq!(check(path), expected, "{path:?}");
        }
    }
}
