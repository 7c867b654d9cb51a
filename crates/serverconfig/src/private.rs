//! `private-configuration`: how an agent reaches its directory.
use dirlift_model::{
    AttributeName,
    config::{ActiveDirectorySettings, Connector, ExtensibleSettings, Extension, PasswordHashSync},
};

use crate::{
    context::{Context, shown},
    error::ConfigError,
    known, rules,
    xml::{Cursor, Element, Tag},
};

/// Reads `private-configuration`, which is the open element.
pub(crate) fn read<'t>(
    cursor: &mut Cursor<'t>,
    parent: Tag<'t>,
    connector: &mut Connector,
) -> Result<(), ConfigError> {
    while let Some(tag) = cursor.child()? {
        inner(cursor, tag, parent.name, connector)?;
    }
    Ok(())
}

/// Reads `adma-configuration` or `MAConfig`, which is the open element.
pub(crate) fn inner<'t>(
    cursor: &mut Cursor<'t>,
    tag: Tag<'t>,
    parent: &str,
    connector: &mut Connector,
) -> Result<(), ConfigError> {
    match tag.name {
        "adma-configuration" if connector.active_directory.is_none() => {
            let element = cursor.element(tag)?;
            connector.active_directory = Some(active_directory(&mut cursor.cx, &element));
        }
        "MAConfig" if connector.extensible.is_none() => {
            let element = cursor.element(tag)?;
            connector.extensible = Some(extensible(&mut cursor.cx, &element));
        }
        _ => cursor.skip_unknown(tag, parent)?,
    }
    Ok(())
}

fn active_directory(cx: &mut Context, element: &Element<'_>) -> ActiveDirectorySettings {
    cx.check(element, &known::ADMA);
    let ssl_bind = element.child("ssl-bind").and_then(|it| {
        cx.check(it, &known::SSL_BIND);
        let text = it.text.trim();
        if text.is_empty() { None } else { cx.switch(it.at, "ssl-bind", text) }
    });
    ActiveDirectorySettings {
        forest_name: cx.child_text(element, "forest-name"),
        login_user: cx.child_text(element, "forest-login-user"),
        login_domain: cx.child_text(element, "forest-login-domain"),
        sign_and_seal: cx.child_switch(element, "sign-and-seal"),
        ssl_bind,
        password_hash_sync: element
            .child("password-hash-sync-config")
            .and_then(|it| password_hash_sync(cx, it)),
        cd_extension: element
            .child("cd-extension")
            .and_then(|it| rules::extension(cx, it, &known::CD_EXTENSION)),
        parameters: element
            .child("parameter-values")
            .map(|it| cx.parameters(it))
            .unwrap_or_default(),
    }
}

fn password_hash_sync(cx: &mut Context, element: &Element<'_>) -> Option<PasswordHashSync> {
    cx.check(element, &known::PASSWORD_HASH_SYNC);
    let target = cx.child_guid(element, "target").filter(|it| !it.is_nil());
    let Some(enabled) = cx.child_switch(element, "enabled") else {
        if !element.children.is_empty() {
            cx.problem(
                element.at,
                format_args!("`password-hash-sync-config` does not say whether it is enabled"),
            );
        }
        return None;
    };
    Some(PasswordHashSync { enabled, target, location: cx.location(element.at) })
}

fn extensible(cx: &mut Context, element: &Element<'_>) -> ExtensibleSettings {
    cx.check(element, &known::MA_CONFIG);
    let mut settings = ExtensibleSettings::default();
    if let Some(config) = element.child("extension-config") {
        cx.check(config, &known::EXTENSION_CONFIG);
        settings.file_name = cx.child_text(config, "filename");
        settings.assembly_version = cx.child_text(config, "assembly-version");
    }
    if let Some(importing) = element.child("importing") {
        settings.anchors = anchors(cx, importing);
    }
    if let Some(values) = element.child("parameter-values") {
        for (name, value) in cx.parameters(values) {
            if name == "UserName" && settings.user_name.is_none() {
                settings.user_name = (!value.trim().is_empty()).then(|| value.trim().to_owned());
            } else {
                settings.parameters.push((name, value));
            }
        }
    }
    if let Some(reset) = element.child("aad-password-reset-config") {
        cx.check(reset, &known::PASSWORD_RESET);
        settings.password_writeback = cx.child_switch(reset, "enabled");
        if let Some(authority) = cx.child_text(reset, "adal-authority") {
            settings.tenant = tenant(&authority);
            if settings.tenant.is_none() {
                cx.problem(
                    reset.at,
                    format_args!(
                        "`adal-authority` is `{}`, which names no tenant",
                        shown(&authority)
                    ),
                );
            }
        }
    }
    settings.password_extension =
        element.child("password-extension-config").and_then(|it| password_extension(cx, it));
    settings
}

fn anchors(cx: &mut Context, importing: &Element<'_>) -> Vec<(AttributeName, AttributeName)> {
    cx.check(importing, &known::IMPORTING);
    let Some(anchor) = importing.child("anchor") else { return Vec::new() };
    cx.check(anchor, &known::ANCHOR);
    let mut all = Vec::new();
    for attribute in anchor.all("attribute") {
        cx.check(attribute, &known::ANCHOR_ATTRIBUTE);
        all.push((
            cx.required_name(attribute, "object_class"),
            AttributeName::new(&attribute.text),
        ));
    }
    all
}

fn password_extension(cx: &mut Context, element: &Element<'_>) -> Option<Extension> {
    cx.check(element, &known::PASSWORD_EXTENSION);
    let assembly_name = cx.child_text(element, "dll")?;
    Some(Extension {
        assembly_name,
        application_protection: None,
        location: cx.location(element.at),
    })
}

/// The last part of an authority's path: `https://login.windows.net/contoso.example` names `contoso.example`.
fn tenant(authority: &str) -> Option<String> {
    let (_, rest) = authority.split_once("://")?;
    let path = rest.split(['?', '#']).next()?.trim_end_matches('/');
    let (_, last) = path.rsplit_once('/')?;
    (!last.is_empty()).then(|| last.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants() {
        let cases = [
            ("https://login.windows.net/corp.example", Some("corp.example")),
            ("https://login.windows.net/corp.example/", Some("corp.example")),
            ("https://login.windows.net/a/corp.example?x=/y", Some("corp.example")),
            ("https://login.windows.net", None),
            ("https://login.windows.net/", None),
            ("corp.example", None),
        ];
        for (authority, expected) in cases {
            assert_eq!(tenant(authority).as_deref(), expected, "{authority}");
        }
    }
}
