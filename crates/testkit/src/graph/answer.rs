//! Answers of Graph: routes, `$select`, pages, delta queries, batches.
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{schema, tenant::Tenant};

/// Status and body.
pub(super) type Answer = (u16, Value);

/// Where and how large.
pub(super) struct Router<'a> {
    pub(super) tenant: &'a Tenant,
    /// Scheme, host and port for links.
    pub(super) root: &'a str,
    /// Most entities of a page.
    pub(super) page_size: usize,
}

pub(super) fn error(status: u16, code: &str, message: &str) -> Answer {
    (status, json!({"error": {"code": code, "message": message}}))
}

impl Router<'_> {
    /// Answers `path` with its query, both below `/v1.0`.
    pub(super) fn get(&self, path_and_query: &str) -> Answer {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let query: BTreeMap<String, String> =
            url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let tenant = self.tenant;
        match parts.as_slice() {
            ["users"] => self.page("user", &tenant.users, path, &query),
            ["groups"] => self.page("group", &tenant.groups, path, &query),
            ["groups", "delta"] => self.delta(&query),
            ["groups", id, "members"] => match tenant.members.get(*id) {
                None => error(404, "Request_ResourceNotFound", "Resource does not exist."),
                Some(members) => {
                    let members: Vec<_> = members
                        .iter()
                        .map(|(ty, id)| json!({"@odata.type": format!("#microsoft.graph.{ty}"), "id": id}))
                        .collect();
                    self.page("", &members, path, &query)
                }
            },
            ["contacts"] => self.page("orgContact", &tenant.contacts, path, &query),
            ["devices"] => self.page("device", &tenant.devices, path, &query),
            ["organization"] => self.page("organization", &tenant.organization, path, &query),
            ["domains"] => self.page("domain", &tenant.domains, path, &query),
            ["domains", name, "federationConfiguration"] => match tenant.federation.get(*name) {
                None => error(404, "Request_ResourceNotFound", "Resource does not exist."),
                Some(it) => {
                    self.page("internalDomainFederation", std::slice::from_ref(it), path, &query)
                }
            },
            ["directoryRoles"] => self.page("directoryRole", &tenant.roles, path, &query),
            ["directoryRoles", id, "members"] => {
                let members = tenant.role_members.get(*id).map_or(&[][..], Vec::as_slice);
                self.page("", members, path, &query)
            }
            ["subscribedSkus"] => self.page("subscribedSku", &tenant.skus, path, &query),
            ["directory", "deletedItems", "microsoft.graph.user"] => {
                self.page("user", &tenant.deleted_users, path, &query)
            }
            ["directory", "deletedItems", "microsoft.graph.group"] => {
                self.page("group", &tenant.deleted_groups, path, &query)
            }
            ["directory", "onPremisesSynchronization"] => match &tenant.synchronization {
                Some(it) => (200, it.clone()),
                None => error(
                    403,
                    "Authorization_RequestDenied",
                    "Insufficient privileges to complete the operation.",
                ),
            },
            _ => error(404, "BadRequest", "Resource not found for the segment."),
        }
    }

    fn page(
        &self,
        ty: &str,
        all: &[Value],
        path: &str,
        query: &BTreeMap<String, String>,
    ) -> Answer {
        let number = |name: &str| query.get(name).and_then(|it| it.parse::<usize>().ok());
        let top = number("$top").unwrap_or(100).min(self.page_size);
        if number("$top").is_some_and(|it| it > 999) {
            return error(400, "Request_UnsupportedQuery", "Invalid page size specified.");
        }
        let start = number("$skiptoken").unwrap_or(0);
        let select: Vec<&str> =
            query.get("$select").map(|it| it.split(',').collect()).unwrap_or_default();
        if let Some(unknown) = select.iter().find(|it| {
            !ty.is_empty() && !schema::properties(ty).iter().any(|(name, _)| name == *it)
        }) {
            let message = format!(
                "Could not find a property named '{unknown}' on type 'microsoft.graph.{ty}'."
            );
            return error(400, "Request_BadRequest", &message);
        }
        let end = (start + top).min(all.len());
        let value: Vec<_> = all
            .get(start..end)
            .unwrap_or_default()
            .iter()
            .map(|it| selected(it, &select))
            .collect();
        let mut answer = json!({"@odata.context": format!("{}/v1.0/$metadata#{}", self.root, path.trim_matches('/'))});
        if end < all.len() {
            let mut link =
                url::form_urlencoded::Serializer::new(format!("{}/v1.0{path}?", self.root));
            for (name, text) in query.iter().filter(|(name, _)| *name != "$skiptoken") {
                link.append_pair(name, text);
            }
            link.append_pair("$skiptoken", &end.to_string());
            answer["@odata.nextLink"] = link.finish().into();
        }
        answer["value"] = value.into();
        (200, answer)
    }

    /// Groups with their members in portions: each group comes as often as its members need, all groups in turn.
    fn delta(&self, query: &BTreeMap<String, String>) -> Answer {
        let portion = self.page_size.max(1);
        let mut parts = Vec::new();
        let longest = self
            .tenant
            .members
            .values()
            .map(|it| it.len().div_ceil(portion))
            .max()
            .unwrap_or(0)
            .max(1);
        for turn in 0..longest {
            for group in &self.tenant.groups {
                let id = group["id"].as_str().unwrap_or_default();
                let members = self.tenant.members.get(id).map_or(&[][..], Vec::as_slice);
                let Some(some) = members.chunks(portion).nth(turn) else {
                    if turn == 0 {
                        parts.push(group.clone());
                    }
                    continue;
                };
                // Later parts carry the id and the members only.
                let mut part = if turn == 0 { group.clone() } else { json!({"id": id}) };
                let some = some.iter().map(
                    |(ty, id)| json!({"@odata.type": format!("#microsoft.graph.{ty}"), "id": id}),
                );
                part["members@delta"] = some.collect();
                parts.push(part);
            }
        }
        parts.push(json!({"id": "0000000a-0000-4000-8000-000000000000", "@removed": {"reason": "deleted"}}));
        let start = query.get("$skiptoken").and_then(|it| it.parse().ok()).unwrap_or(0);
        let end = (start + self.page_size).min(parts.len());
        let link =
            |name: &str, token: usize| format!("{}/v1.0/groups/delta?{name}={token}", self.root);
        let mut answer = json!({"value": parts.get(start..end).unwrap_or_default()});
        if end < parts.len() {
            answer["@odata.nextLink"] = link("$skiptoken", end).into();
        } else {
            answer["@odata.deltaLink"] = link("$deltatoken", 1).into();
        }
        (200, answer)
    }

    /// Answers a batch; `fault` may replace the answer to a part, with its headers.
    pub(super) fn batch(
        &self,
        body: &Value,
        mut fault: impl FnMut(&str) -> Option<(u16, Option<&'static str>)>,
    ) -> Answer {
        let Some(requests) = body["requests"].as_array().filter(|it| (1..=20).contains(&it.len()))
        else {
            return error(400, "BadRequest", "Batch has no requests, or more than 20.");
        };
        let mut responses: Vec<_> = requests
            .iter()
            .map(|request| {
                let url = request["url"].as_str().unwrap_or_default();
                let (status, body, header) = if let Some((status, header)) = fault(url) {
                    (status, error(status, "Fault", "on purpose").1, header)
                } else {
                    let (status, body) = self.get(url);
                    (status, body, None)
                };
                let mut headers = json!({"Content-Type": "application/json"});
                if let Some(header) = header {
                    headers["Retry-After"] = header.into();
                }
                json!({"id": request["id"], "status": status, "headers": headers, "body": body})
            })
            .collect();
        // Graph answers in any order.
        responses.reverse();
        (200, json!({ "responses": responses }))
    }
}

fn selected(entity: &Value, select: &[&str]) -> Value {
    let Some(map) = entity.as_object().filter(|_| !select.is_empty()) else {
        return entity.clone();
    };
    let keep = |name: &str| name.starts_with('@') || select.contains(&name);
    let map: Map<_, _> = map
        .iter()
        .filter(|(name, _)| keep(name))
        .map(|(name, it)| (name.clone(), it.clone()))
        .collect();
    Value::Object(map)
}
