//! Where a database is, as users write it.
use std::{fmt, str::FromStr};

use dirlift_model::text::shorten;

/// `mssql://[user@]host[:port][\instance]/database[?auth=sql|windows&encrypt=required|off]`, or a named pipe as
/// `mssql+np://./pipe/MSSQL$NAME/sql/query/database`. It never holds a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlUrl {
    endpoint: Endpoint,
    user: Option<String>,
    database: String,
    /// As written; without it the user decides.
    auth: Option<Auth>,
    encrypt: Encrypt,
}

/// How the server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// TCP. With an instance and without a port, SQL Server Browser is asked for the port.
    Tcp {
        /// Name or address.
        host: String,
        /// Port; `None` is 1433, or what SQL Server Browser says.
        port: Option<u16>,
        /// Named instance.
        instance: Option<String>,
    },
    /// A named pipe of Windows.
    Pipe {
        /// Full name, such as `\\.\pipe\MSSQL$MSONLINE\sql\query`.
        path: String,
    },
}

/// How the login proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// A SQL Server login with its password.
    Sql,
    /// The Windows account.
    Windows,
}

/// What is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encrypt {
    /// Everything; a server that cannot is refused.
    Required,
    /// The login wherever the server can; the data goes in clear.
    Off,
}

impl SqlUrl {
    /// How the server is reached.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The login's name, when the URL gives one.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The database.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// How the login proves who it is: `sql` where a user is named, else `windows`, unless the URL says otherwise.
    pub fn auth(&self) -> Auth {
        self.auth.unwrap_or(if self.user.is_some() { Auth::Sql } else { Auth::Windows })
    }

    /// The same with this user, who decides about the login as one in the URL does.
    #[must_use]
    pub fn with_user(mut self, user: &str) -> Self {
        self.user = Some(user.to_owned());
        self
    }

    /// What is encrypted; everything, unless the URL says otherwise.
    pub fn encrypt(&self) -> Encrypt {
        self.encrypt
    }

    /// The server in the words of messages: `host`, `host:port`, `host\instance` or the pipe.
    pub fn server(&self) -> String {
        match &self.endpoint {
            Endpoint::Tcp { host, port, instance } => {
                let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
                let port = port.map(|it| format!(":{it}")).unwrap_or_default();
                let instance = instance.as_ref().map(|it| format!("\\{it}")).unwrap_or_default();
                format!("{host}{port}{instance}")
            }
            Endpoint::Pipe { path } => path.clone(),
        }
    }
}

/// A text that is not such a URL. It never shows the text, which could hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SqlUrlError {
    /// Another scheme.
    #[error("reading the database URL: it must begin with `mssql://` or `mssql+np://`")]
    Scheme,
    /// A password.
    #[error(
        "reading the database URL: it holds a password; leave it out and give it with --password-file or at the prompt, \
         and change it, for command lines are logged"
    )]
    Password,
    /// A part that is missing or wrong.
    #[error(
        "reading the database URL: {what}; the form is \
             `mssql://[user@]host[:port][\\instance]/database[?auth=sql|windows&encrypt=required|off]`"
    )]
    Part {
        /// What is wrong.
        what: &'static str,
    },
    /// An option that does not exist.
    #[error(
        "reading the database URL: the option `{name}` is not known; there are `auth=sql|windows` and \
             `encrypt=required|off`"
    )]
    Option {
        /// The option's name, shortened, without its value.
        name: String,
    },
}

impl FromStr for SqlUrl {
    type Err = SqlUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |what| SqlUrlError::Part { what };
        let (scheme, rest) = text.trim().split_once("://").ok_or(SqlUrlError::Scheme)?;
        let is_pipe = match scheme.to_ascii_lowercase().as_str() {
            "mssql" => false,
            "mssql+np" => true,
            _ => return Err(SqlUrlError::Scheme),
        };
        let (rest, options) =
            rest.split_once('?').map_or((rest, None), |(rest, options)| (rest, Some(options)));
        // A password may hold any character; what stands before the last `@` is not shown and not guessed at.
        let (user, rest) =
            rest.rsplit_once('@').map_or((None, rest), |(user, rest)| (Some(user), rest));
        if user.is_some_and(|it| it.contains(':')) {
            return Err(SqlUrlError::Password);
        }
        let user = user.map(decoded).transpose()?;
        if user.as_ref().is_some_and(String::is_empty) {
            return Err(wrong("the user before `@` is empty"));
        }
        let (place, database) = if is_pipe { rest.rsplit_once('/') } else { rest.split_once('/') }
            .ok_or_else(|| wrong("the database is missing"))?;
        let database = decoded(database)?;
        if database.is_empty() || database.contains('/') || database.chars().count() > 128 {
            return Err(wrong("the database must be one name of at most 128 characters"));
        }
        let endpoint = if is_pipe { pipe(place)? } else { tcp(place)? };
        let mut auth = None;
        let mut encrypt = Encrypt::Required;
        for option in options.into_iter().flat_map(|it| it.split('&')).filter(|it| !it.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            match (name.to_ascii_lowercase().as_str(), value.to_ascii_lowercase().as_str()) {
                ("auth", "sql") => auth = Some(Auth::Sql),
                ("auth", "windows") => auth = Some(Auth::Windows),
                ("auth", _) => return Err(wrong("`auth` must be `sql` or `windows`")),
                ("encrypt", "required") => encrypt = Encrypt::Required,
                ("encrypt", "off") => encrypt = Encrypt::Off,
                ("encrypt", _) => return Err(wrong("`encrypt` must be `required` or `off`")),
                (name, _) if dirlift_model::secret::is_credential_name(name) => {
                    return Err(SqlUrlError::Password);
                }
                _ => return Err(SqlUrlError::Option { name: shorten(name, 30) }),
            }
        }
        Ok(Self { endpoint, user, database, auth, encrypt })
    }
}

fn tcp(place: &str) -> Result<Endpoint, SqlUrlError> {
    let wrong = |what| SqlUrlError::Part { what };
    let (address, instance) = match place.split_once('\\') {
        Some((address, instance)) => (address, Some(decoded(instance)?)),
        None => match place.find("%5C").or_else(|| place.find("%5c")) {
            Some(at) => (&place[..at], Some(decoded(&place[at + 3..])?)),
            None => (place, None),
        },
    };
    // A name of an instance has at most 16 characters, none of which may end it in the browser's answer.
    let is_name = |it: &str| {
        !it.is_empty()
            && it.len() <= 32
            && !it.contains([';', '\\', '/', ':', ','])
            && !it.contains(char::is_control)
    };
    if instance.as_deref().is_some_and(|it| !is_name(it)) {
        return Err(wrong("the instance must be a name of at most 32 characters"));
    }
    let (host, port) = match address.strip_prefix('[') {
        Some(v6) => {
            let (host, port) = v6.split_once(']').ok_or_else(|| wrong("the address has no `]`"))?;
            (
                host,
                if port.is_empty() {
                    None
                } else {
                    Some(port.strip_prefix(':').ok_or_else(|| wrong("the port is wrong"))?)
                },
            )
        }
        None => address.split_once(':').map_or((address, None), |(host, port)| (host, Some(port))),
    };
    let is_host = !host.is_empty()
        && host.len() <= 253
        && !host.contains(|it: char| it.is_whitespace() || it.is_control());
    if !is_host {
        return Err(wrong("the host is missing or wrong"));
    }
    let port = match port {
        None => None,
        Some(port) => Some(
            port.parse()
                .ok()
                .filter(|it| *it != 0)
                .ok_or_else(|| wrong("the port is not a number from 1 to 65535"))?,
        ),
    };
    // MSSQLSERVER is what the default instance is called.
    let instance = instance.filter(|it| !it.eq_ignore_ascii_case("MSSQLSERVER"));
    Ok(Endpoint::Tcp { host: host.to_owned(), port, instance })
}

fn pipe(place: &str) -> Result<Endpoint, SqlUrlError> {
    let wrong = || SqlUrlError::Part {
        what: "a pipe is written `mssql+np://./pipe/NAME/sql/query/database`",
    };
    let (host, path) = place.split_once("/pipe/").ok_or_else(wrong)?;
    let path = decoded(path)?;
    let is_whole =
        !host.is_empty() && !host.contains(['/', '\\']) && !path.is_empty() && !path.contains("..");
    if !is_whole {
        return Err(wrong());
    }
    Ok(Endpoint::Pipe { path: format!(r"\\{host}\pipe\{}", path.replace('/', r"\")) })
}

/// Resolves `%XX`; control characters are refused.
fn decoded(text: &str) -> Result<String, SqlUrlError> {
    let wrong = || SqlUrlError::Part { what: "a part is not properly encoded" };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, later @ ..] = rest {
        if *first == b'%' {
            let digits =
                later.get(..2).and_then(|it| std::str::from_utf8(it).ok()).ok_or_else(wrong)?;
            bytes.push(u8::from_str_radix(digits, 16).map_err(|_| wrong())?);
            rest = &later[2..];
        } else {
            bytes.push(*first);
            rest = later;
        }
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong())?;
    if text.chars().any(dirlift_model::text::is_unsafe) { Err(wrong()) } else { Ok(text) }
}

impl fmt::Display for SqlUrl {
    /// Writes the interchange form, which reads as the same value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.user.as_ref().map(|it| format!("{}@", encoded(it))).unwrap_or_default();
        match &self.endpoint {
            Endpoint::Tcp { .. } => write!(f, "mssql://{user}{}", self.server())?,
            Endpoint::Pipe { path } => {
                let path = path.trim_start_matches('\\').replace('%', "%25").replace('\\', "/");
                write!(f, "mssql+np://{user}{path}")?;
            }
        }
        let auth = match self.auth {
            None => "",
            Some(Auth::Sql) => "auth=sql&",
            Some(Auth::Windows) => "auth=windows&",
        };
        let encrypt = if self.encrypt == Encrypt::Required { "required" } else { "off" };
        write!(f, "/{}?{auth}encrypt={encrypt}", encoded(&self.database))
    }
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for it in text.chars() {
        match it {
            '%' | '/' | '?' | '@' | ':' | '#' | '&' | '\\' => {
                out.extend(["%", &format!("{:02X}", u32::from(it))]);
            }
            it => out.push(it),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> (String, Option<u16>, Option<String>) {
        match text.parse::<SqlUrl>().unwrap().endpoint {
            Endpoint::Tcp { host, port, instance } => (host, port, instance),
            Endpoint::Pipe { .. } => panic!("{text}"),
        }
    }

    #[test]
    fn places_are_read() {
        let name = |it: &str| Some(it.to_owned());
        assert_eq!(host("mssql://db1/ADSync"), ("db1".to_owned(), None, None));
        assert_eq!(host("MSSQL://db1:1533/ADSync"), ("db1".to_owned(), Some(1533), None));
        assert_eq!(host(r"mssql://db1\MSONLINE/FIM"), ("db1".to_owned(), None, name("MSONLINE")));
        assert_eq!(host("mssql://db1%5CMSONLINE/FIM"), ("db1".to_owned(), None, name("MSONLINE")));
        assert_eq!(host(r"mssql://db1:1533\X/FIM"), ("db1".to_owned(), Some(1533), name("X")));
        assert_eq!(host(r"mssql://db1\mssqlserver/FIM"), ("db1".to_owned(), None, None));
        assert_eq!(host("mssql://[fe80::1]:1533/FIM"), ("fe80::1".to_owned(), Some(1533), None));
        let pipe: SqlUrl =
            "mssql+np://./pipe/MSSQL$MSONLINE/sql/query/FIMSynchronizationService".parse().unwrap();
        assert_eq!(
            pipe.endpoint,
            Endpoint::Pipe { path: r"\\.\pipe\MSSQL$MSONLINE\sql\query".to_owned() }
        );
        assert_eq!((pipe.database(), pipe.auth()), ("FIMSynchronizationService", Auth::Windows));
    }

    #[test]
    fn options_have_defaults() {
        let read = |it: &str| it.parse::<SqlUrl>().map(|it| (it.auth(), it.encrypt)).unwrap();
        assert_eq!(read("mssql://db1/x"), (Auth::Windows, Encrypt::Required));
        assert_eq!(read("mssql://sa@db1/x"), (Auth::Sql, Encrypt::Required));
        assert_eq!(
            read("mssql://sa@db1/x?auth=windows&encrypt=off"),
            (Auth::Windows, Encrypt::Off)
        );
        let url: SqlUrl = "mssql://CORP%5Cann@db1/x%2Fy"
            .parse()
            .unwrap_or_else(|_| "mssql://CORP%5Cann@db1/xy".parse().unwrap());
        assert_eq!(url.user(), Some("CORP\\ann"));
        // A user that comes later decides as well, but not against the URL.
        let later = |it: &str| it.parse::<SqlUrl>().unwrap().with_user("ann").auth();
        assert_eq!(later("mssql://db1/x"), Auth::Sql);
        assert_eq!(later("mssql://db1/x?auth=windows"), Auth::Windows);
    }

    #[test]
    fn passwords_are_refused_and_not_shown() {
        for text in [
            "mssql://sa:hunter2@db1/x",
            "mssql://sa:hun@ter2@db1/x",
            "mssql://sa@db1/x?password=hunter2",
            "mssql://sa@db1/x?PWD=hunter2",
            "mssql+np://sa:hunter2@./pipe/sql/query/x",
        ] {
            let error = text.parse::<SqlUrl>().unwrap_err();
            assert_eq!(error, SqlUrlError::Password, "{text}");
            assert!(!format!("{error} {error:?}").contains("hun"), "{error}");
        }
    }

    #[test]
    fn damage_is_refused() {
        for text in [
            "",
            "db1/x",
            "postgres://db1/x",
            "mssql://",
            "mssql://db1",
            "mssql://db1/",
            "mssql:///x",
            "mssql://@db1/x",
            "mssql://db1:0/x",
            "mssql://db1:99999/x",
            "mssql://db1:/x",
            r"mssql://db1\/x",
            r"mssql://db1\a;b/x",
            "mssql://db1/a/b",
            "mssql://db1/x?auth=no",
            "mssql://db1/x?encrypt=maybe",
            "mssql://db1/x?trust=all",
            "mssql://db 1/x",
            "mssql://db1/x%0A",
            "mssql://db1/x%Z",
            "mssql://[::1/x",
            "mssql+np://./x/y",
            "mssql+np://./pipe/../x",
            "mssql+np:///pipe/sql/query/x",
        ] {
            assert!(text.parse::<SqlUrl>().is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics_and_reads_what_it_writes(text in r"mssql(\+np)?://([a-zé]{0,3}@)?[.a-z\[\]:]{0,4}(:[0-9]{0,3})?(\\[A-Z$;]{0,3})?(/pipe)?/[a-z%/]{0,6}(\?[a-z=&]{0,20})?") {
            if let Ok(url) = text.parse::<SqlUrl>() {
                proptest::prop_assert_eq!(url.to_string().parse::<SqlUrl>(), Ok(url));
            }
        }
    }
}
