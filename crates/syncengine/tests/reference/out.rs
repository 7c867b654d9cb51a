//! What goes out: flows to linked and new objects, deletes, and the metaverse as it is in the end.
use super::{
    AttributeName, AttributeValue, Attributes, BTreeMap, BTreeSet, CsObject, Direction,
    DistinguishedName, Export, LinkType, Operation, Outcomes, Run, Shown, SyncRule, Texts, Trouble,
    add_new, as_map, is_of, merging, plain, winner,
};

fn links(rule: &SyncRule) -> bool {
    !rule.joins.is_empty() || matches!(rule.link_type, LinkType::Provision | LinkType::StickyJoin)
}

/// An object that is written to.
struct Target<'o> {
    object_type: &'o AttributeName,
    dn: DistinguishedName,
    /// None while it is to be made.
    there: Option<&'o CsObject>,
}

impl<'w> Run<'w> {
    pub(super) fn finish(mut self) -> Outcomes {
        let mut exports = Vec::new();
        let people = self.people.clone();
        for (person, it) in people.iter().enumerate() {
            for (space, at) in &it.links {
                let object = &self.world.spaces[*space].objects[*at];
                let target = Target {
                    object_type: &object.object_type,
                    dn: object.dn.clone(),
                    there: Some(object),
                };
                exports.extend(self.export(person, *space, &target));
            }
            for (space, (object_type, dn)) in &it.new {
                let target = Target { object_type, dn: dn.clone(), there: None };
                exports.extend(self.export(person, *space, &target));
            }
        }
        exports.extend(self.orphans());
        exports.sort();
        let mut metaverse: Vec<Shown> = (0..self.people.len()).map(|it| self.shown(it)).collect();
        metaverse.sort();
        Outcomes { exports, troubles: self.troubles, metaverse }
    }

    /// The rules that make objects of a type in a space.
    fn makers(&self, space: usize, object_type: &AttributeName) -> Vec<&'w SyncRule> {
        let mut rules = self.rules(space, &Direction::Outbound);
        rules.retain(|it| {
            it.link_type == LinkType::Provision && is_of(&it.target_object_type, object_type)
        });
        rules
    }

    fn export(&mut self, person: usize, space: usize, target: &Target<'_>) -> Option<Export> {
        let it = &self.world.spaces[space];
        let (sight, mut rules) = self.sight_out(person, space);
        rules.retain(|it| is_of(&it.target_object_type, target.object_type));
        let mut export = Export {
            connector: it.connector,
            dn: target.dn.clone(),
            operation: if target.there.is_some() { Operation::Update } else { Operation::Add },
            changes: BTreeMap::new(),
        };
        if target.there.is_some() && it.is_cloud && it.provisioned.contains(&target.dn) {
            let of_type = &self.people[person].object_type;
            let mut makers = self.makers(space, target.object_type);
            makers.retain(|it| is_of(&it.source_object_type, of_type));
            if !makers.is_empty() && !makers.iter().any(|it| sight.in_scope(it)) {
                if self.world.has_history {
                    export.operation = Operation::Delete;
                    return Some(export);
                }
                // Nobody knows that it was provisioned; rules that join go on, and bring the others with them.
                if !rules.iter().any(|it| links(it)) {
                    return None;
                }
            }
        }
        // An object leaves what it was joined to when no rule that joins is in scope any more.
        if self.people[person].joined.contains(&space) && !rules.iter().any(|it| links(it)) {
            return None;
        }
        match self.changes(&sight, &rules, space, target) {
            Ok(changes) => export.changes = changes,
            Err(trouble) => {
                self.trouble(self.people[person].origin, Some(space), trouble);
                return None;
            }
        }
        (export.operation == Operation::Add || !export.changes.is_empty()).then_some(export)
    }

    fn changes(
        &self,
        sight: &super::Sight<'_>,
        rules: &[&SyncRule],
        space: usize,
        target: &Target<'_>,
    ) -> Result<BTreeMap<AttributeName, (Texts, Texts)>, Trouble> {
        let has = target.there.map_or_else(Attributes::new, as_map);
        let mut given: BTreeMap<AttributeName, BTreeMap<_, _>> = BTreeMap::new();
        for it in sight.flows(rules, target.object_type, target.there.is_none())? {
            let (attribute, precedence, rule, it) = it;
            if !attribute.is("dn") && !it.is_ignored {
                given.entry(attribute).or_default().insert((precedence, rule, 0), it);
            }
        }
        let mut changes = BTreeMap::new();
        for (attribute, by_rule) in given {
            let mut values = winner(&by_rule);
            if let Some(by_case) = by_rule.values().find_map(|it| merging(&it.merge)) {
                // A merge keeps what the target has.
                let mut all = has.get(&attribute).cloned().unwrap_or_default();
                add_new(&mut all, values, !by_case);
                values = all;
            }
            let after: Texts = values.iter().filter_map(|it| self.value_in(it, space)).collect();
            let before: Texts = has.get(&attribute).into_iter().flatten().map(plain).collect();
            if before == after {
                continue;
            }
            if attribute.is("sourceAnchor")
                && self.world.spaces[space].is_cloud
                && !before.is_empty()
            {
                return Err(Trouble::AnchorChanged);
            }
            changes.insert(attribute, (before, after));
        }
        Ok(changes)
    }

    /// Deletes of what the old server had provisioned and nothing stands for any more.
    fn orphans(&self) -> Vec<Export> {
        let anchor = AttributeName::from("sourceAnchor");
        let mut exports = Vec::new();
        for (space, it) in self.world.spaces.iter().enumerate() {
            for (at, object) in it.objects.iter().enumerate() {
                let has_trouble = |dn: &DistinguishedName| {
                    self.troubles.iter().any(|it| it.1 == *dn && it.2.is_none())
                };
                let is_wanted = it.is_cloud
                    && self.world.has_history
                    && it.provisioned.contains(&object.dn)
                    && self.person_of(space, at).is_none()
                    && !self.makers(space, &object.object_type).is_empty()
                    && !has_trouble(&object.dn);
                if !is_wanted {
                    continue;
                }
                // What comes from an object with a trouble stays: that object's rule is still in scope.
                let wanted = object.values(&anchor);
                let sources = self.anchors_with_trouble(space);
                if wanted.iter().any(|it| sources.contains(&plain(it))) {
                    continue;
                }
                exports.push(Export {
                    connector: it.connector,
                    dn: object.dn.clone(),
                    operation: Operation::Delete,
                    changes: BTreeMap::new(),
                });
            }
        }
        exports
    }

    /// The anchors of objects that are not synchronized to a space because of a trouble.
    fn anchors_with_trouble(&self, to: usize) -> Texts {
        let anchor = AttributeName::from("sourceAnchor");
        let mut out = BTreeSet::new();
        for (space, it) in self.world.spaces.iter().enumerate().filter(|it| !it.1.is_cloud) {
            for (at, object) in it.objects.iter().enumerate() {
                let trouble = self.troubles.iter().any(|it| {
                    let target = it.2.is_none_or(|it| it == self.world.spaces[to].connector);
                    it.1 == object.dn && target
                });
                if !trouble {
                    continue;
                }
                if let Some(person) = self.person_of(space, at) {
                    let all = self.people[person].attributes();
                    out.extend(all.get(&anchor).into_iter().flatten().map(plain));
                } else {
                    let (sight, rules) = self.sight_of(space, at);
                    out.extend(sight.first_value(&rules, &anchor).iter().map(plain));
                }
            }
        }
        out
    }

    fn shown(&self, person: usize) -> Shown {
        let it = &self.people[person];
        let links = it
            .links
            .iter()
            .map(|(space, at)| (self.world.spaces[*space].connector, self.name((*space, *at))));
        let attributes = it.attributes().into_iter().filter_map(|(name, values)| {
            let is_known = |it: &&AttributeValue| match it {
                AttributeValue::Reference(dn) => self.person_named(dn).is_some(),
                _ => true,
            };
            let values: Texts = values.iter().filter(is_known).map(plain).collect();
            (!values.is_empty()).then_some((name, values))
        });
        let attributes = attributes.collect();
        (it.object_type.clone(), links.collect(), attributes)
    }

    fn person_named(&self, dn: &DistinguishedName) -> Option<usize> {
        self.people.iter().position(|it| {
            it.links.iter().any(|(space, at)| self.world.spaces[*space].objects[*at].dn == *dn)
        })
    }

    /// A value as it stands in a space: a reference becomes the name of the partner there, or nothing.
    fn value_in(&self, value: &AttributeValue, space: usize) -> Option<String> {
        let AttributeValue::Reference(dn) = value else { return Some(plain(value)) };
        let person = &self.people[self.person_named(dn)?];
        let name = match (person.links.get(&space), person.new.get(&space)) {
            (Some(at), _) => self.name((space, *at)),
            (None, Some((_, name))) => name.clone(),
            (None, None) => return None,
        };
        Some(plain(&AttributeValue::Reference(name)))
    }
}
