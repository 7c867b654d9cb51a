//! A second synchronization engine, slow and plain, written from the documentation of declarative provisioning alone.
//!
//! It shares with the engine the rules' types and the evaluation of one expression, which have tests of their own, and
//! nothing else. Every step looks at every object; nothing is numbered, shared or remembered.
//!
//! First everything joins that can, then what did not join is made ("if no join": provision), then flows go out.
mod out;
mod sight;
mod steps;
pub(crate) mod worlds;

use std::collections::{BTreeMap, BTreeSet};

use dirlift_model::{
    AttributeName, AttributeValue, CsObject, DistinguishedName, Guid, SyncRule,
    pending::Operation,
    rule::{Direction, LinkType, ValueMerge},
};
use jiff::Timestamp;

pub(crate) use self::sight::plain;
use self::{
    sight::Sight,
    steps::{add_new, as_map, is_of, matches, merging, only_one_joins, provisions, winner},
};

/// A connector with what its full import brought.
#[derive(Clone, Debug)]
pub(crate) struct Space {
    /// The connector's id.
    pub(crate) connector: Guid,
    /// Whether it is the cloud's.
    pub(crate) is_cloud: bool,
    /// Its objects.
    pub(crate) objects: Vec<CsObject>,
    /// What `%Domain.FQDN%` and the like stand for, names without percent signs.
    pub(crate) parameters: BTreeMap<String, String>,
    /// Names of objects that the old server had provisioned here.
    pub(crate) provisioned: BTreeSet<DistinguishedName>,
}

/// What is to be synchronized.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// Connectors in the order of their creation.
    pub(crate) spaces: Vec<Space>,
    /// All rules.
    pub(crate) rules: Vec<SyncRule>,
    /// What `Now` gives.
    pub(crate) now: Timestamp,
    /// Whether `provisioned` counts; a fresh server knows nothing of it.
    pub(crate) has_history: bool,
}

/// One pending export: values as sorted texts, so that order does not matter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Export {
    /// The connector's id.
    pub(crate) connector: Guid,
    /// The object's name.
    pub(crate) dn: DistinguishedName,
    /// What happens.
    pub(crate) operation: Operation,
    /// Attribute, values before, values after.
    pub(crate) changes: BTreeMap<AttributeName, (Texts, Texts)>,
}

/// Values of one attribute as texts.
pub(crate) type Texts = BTreeSet<String>;

/// Why an object was not synchronized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    /// Two rules with different join criteria are in scope.
    SeveralJoinRules,
    /// The partner is taken by another object.
    Ambiguous,
    /// A flow failed.
    Flow,
    /// Rules of one attribute merge in different ways.
    MixedMerge,
    /// The source anchor would change.
    AnchorChanged,
    /// Something is to be made and no flow names it.
    NoName,
    /// The name of something that is to be made is another object's.
    NameTaken,
}

/// Connector and name of an object with a trouble, and the connector that the change was for.
pub(crate) type Troubled = (Guid, DistinguishedName, Option<Guid>, Trouble);

/// A metaverse object: type, links, attributes.
pub(crate) type Shown =
    (AttributeName, Vec<(Guid, DistinguishedName)>, Vec<(AttributeName, Texts)>);

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcomes {
    /// Sorted.
    pub(crate) exports: Vec<Export>,
    /// What was not synchronized.
    pub(crate) troubles: BTreeSet<Troubled>,
    /// The metaverse, sorted.
    pub(crate) metaverse: Vec<Shown>,
}

/// Attributes with their values.
pub(crate) type Attributes = BTreeMap<AttributeName, Vec<AttributeValue>>;

/// An object of the metaverse.
#[derive(Clone, Debug)]
struct Person {
    object_type: AttributeName,
    /// Space and place of the object it was made for.
    origin: (usize, usize),
    /// Space and place of its linked objects.
    links: BTreeMap<usize, usize>,
    /// Spaces where an outbound rule joined.
    joined: BTreeSet<usize>,
    /// Objects that are to be made, by space: type and name.
    new: BTreeMap<usize, (AttributeName, DistinguishedName)>,
    /// What each flow of each linked object gives: target, then (precedence, rule id, space) to its value.
    given: BTreeMap<AttributeName, BTreeMap<Source, Given>>,
}

/// Precedence, rule and space of a flow.
type Source = (u32, Guid, usize);

/// What a flow gives.
#[derive(Clone, Debug)]
struct Given {
    merge: ValueMerge,
    values: Option<Vec<AttributeValue>>,
    is_authoritative: bool,
    /// A flow that is as if it did not exist.
    is_ignored: bool,
}

/// Synchronizes everything from nothing.
pub(crate) fn synchronize(world: &World) -> Outcomes {
    let mut run = Run { world, people: Vec::new(), troubles: BTreeSet::new() };
    for _ in 0..10 {
        run.troubles.clear();
        let n_links = run.n_links();
        for space in 0..world.spaces.len() {
            run.inbound(space);
        }
        for space in 0..world.spaces.len() {
            for person in 0..run.people.len() {
                run.join_outbound(person, space);
            }
        }
        if run.n_links() == n_links {
            run.remember();
            if run.n_links() == n_links {
                break;
            }
        }
    }
    for space in 0..world.spaces.len() {
        for person in 0..run.people.len() {
            run.provision(person, space);
        }
    }
    run.finish()
}

struct Run<'w> {
    world: &'w World,
    people: Vec<Person>,
    troubles: BTreeSet<Troubled>,
}

/// What rules want of an object that has no partner in a space.
enum Wish {
    Nothing,
    Join(usize),
    Make(AttributeName, DistinguishedName),
}

impl<'w> Run<'w> {
    fn n_links(&self) -> usize {
        self.people.iter().map(|it| it.links.len()).sum()
    }

    fn name(&self, (space, at): (usize, usize)) -> DistinguishedName {
        self.world.spaces[space].objects[at].dn.clone()
    }

    /// Notes a trouble of an object, with the space that it was on its way to.
    fn trouble(&mut self, (space, at): (usize, usize), to: Option<usize>, it: Trouble) {
        let spaces = &self.world.spaces;
        let to = to.map(|it| spaces[it].connector);
        let dn = self.name((space, at));
        self.troubles.insert((spaces[space].connector, dn, to, it));
    }

    /// The rules of a space in order of precedence.
    fn rules(&self, space: usize, direction: &Direction) -> Vec<&'w SyncRule> {
        let connector = self.world.spaces[space].connector;
        let mut rules: Vec<_> = self
            .world
            .rules
            .iter()
            .filter(|it| it.connector == connector && it.direction == *direction)
            .filter(|it| it.disabled != Some(true))
            .collect();
        rules.sort_by_key(|it| (it.precedence.unwrap_or(u32::MAX), it.id));
        rules
    }

    fn person_of(&self, space: usize, at: usize) -> Option<usize> {
        self.people.iter().position(|it| it.links.get(&space) == Some(&at))
    }

    fn inbound(&mut self, space: usize) {
        let mut order: Vec<usize> = (0..self.world.spaces[space].objects.len()).collect();
        order.sort_by_key(|it| &self.world.spaces[space].objects[*it].dn);
        for at in order {
            if self.person_of(space, at).is_none()
                && let Err(trouble) = self.inbound_object(space, at)
            {
                self.trouble((space, at), None, trouble);
            }
        }
    }

    /// What an object's rules see of it, and the rules in scope.
    fn sight_of(&self, space: usize, at: usize) -> (Sight<'w>, Vec<&'w SyncRule>) {
        let object = &self.world.spaces[space].objects[at];
        let sight =
            Sight { world: self.world, space, attributes: as_map(object), dn: Some(&object.dn) };
        let rules = self.rules(space, &Direction::Inbound).into_iter();
        let rules = rules
            .filter(|it| is_of(&it.source_object_type, &object.object_type) && sight.in_scope(it));
        let rules = rules.collect();
        (sight, rules)
    }

    fn inbound_object(&mut self, space: usize, at: usize) -> Result<(), Trouble> {
        let (sight, rules) = self.sight_of(space, at);
        only_one_joins(&rules)?;
        for group in rules.iter().flat_map(|rule| rule.joins.iter().map(|it| (*rule, it))) {
            let (rule, group) = group;
            let found: Vec<usize> = (0..self.people.len())
                .filter(|it| is_of(&rule.target_object_type, &self.people[*it].object_type))
                .filter(|it| matches(group, &sight.attributes, &self.people[*it].attributes()))
                .collect();
            if let [one] = found[..] {
                if self.people[one].links.contains_key(&space) {
                    return Err(Trouble::Ambiguous);
                }
                return self.link(one, space, at);
            }
        }
        let Some(rule) = rules.iter().find(|it| provisions(it, &sight, &Direction::Inbound)) else {
            return Ok(());
        };
        self.people.push(Person {
            object_type: rule.target_object_type.clone(),
            origin: (space, at),
            links: BTreeMap::new(),
            joined: BTreeSet::new(),
            new: BTreeMap::new(),
            given: BTreeMap::new(),
        });
        let linked = self.link(self.people.len() - 1, space, at);
        if linked.is_err() {
            self.people.pop();
        }
        linked
    }

    /// Links an object, with what it gives; not if its flows fail or do not go with those of others.
    fn link(&mut self, person: usize, space: usize, at: usize) -> Result<(), Trouble> {
        let (sight, rules) = self.sight_of(space, at);
        only_one_joins(&rules)?;
        let person = &mut self.people[person];
        let is_new = person.origin == (space, at);
        let flows = sight.flows(&rules, &person.object_type, is_new)?;
        for (attribute, _, _, given) in &flows {
            let others = person.given.get(attribute).into_iter().flat_map(BTreeMap::values);
            if others.into_iter().any(|it| merging(&it.merge) != merging(&given.merge)) {
                return Err(Trouble::MixedMerge);
            }
        }
        person.links.insert(space, at);
        for (attribute, precedence, rule, given) in flows {
            person.given.entry(attribute).or_default().insert((precedence, rule, space), given);
        }
        Ok(())
    }

    /// What rules see of a metaverse object, and the outbound rules in scope.
    fn sight_out(&self, person: usize, space: usize) -> (Sight<'w>, Vec<&'w SyncRule>) {
        let object_type = &self.people[person].object_type;
        let attributes = self.people[person].attributes();
        let sight = Sight { world: self.world, space, attributes, dn: None };
        let rules = self.rules(space, &Direction::Outbound).into_iter();
        let rules =
            rules.filter(|it| is_of(&it.source_object_type, object_type) && sight.in_scope(it));
        let rules = rules.collect();
        (sight, rules)
    }

    /// What rules want where a metaverse object has no partner.
    fn wish(&self, person: usize, space: usize) -> Result<Wish, Trouble> {
        let (sight, rules) = self.sight_out(person, space);
        only_one_joins(&rules)?;
        let objects = &self.world.spaces[space].objects;
        let maker = rules.iter().find(|it| provisions(it, &sight, &Direction::Outbound));
        let mut name = None;
        if let Some(maker) = maker {
            name = sight.wanted_name(&rules, &maker.target_object_type)?;
            // Provisioning begins with a join by the name.
            let has_name = |it: &&CsObject| Some(&it.dn) == name.as_ref();
            if let Some(at) = objects.iter().position(|it| has_name(&it))
                && is_of(&maker.target_object_type, &objects[at].object_type)
            {
                return Ok(Wish::Join(at));
            }
        }
        for (rule, group) in rules.iter().flat_map(|rule| rule.joins.iter().map(|it| (*rule, it))) {
            let found: Vec<usize> = (0..objects.len())
                .filter(|it| is_of(&rule.target_object_type, &objects[*it].object_type))
                .filter(|it| matches(group, &as_map(&objects[*it]), &sight.attributes))
                .collect();
            if let [one] = found[..] {
                return Ok(Wish::Join(one));
            }
        }
        match (maker, name) {
            (Some(maker), Some(name)) => Ok(Wish::Make(maker.target_object_type.clone(), name)),
            (Some(_), None) => Err(Trouble::NoName),
            (None, _) => Ok(Wish::Nothing),
        }
    }

    fn join_outbound(&mut self, person: usize, space: usize) {
        if self.people[person].links.contains_key(&space) {
            return;
        }
        let origin = self.people[person].origin;
        match self.wish(person, space) {
            Ok(Wish::Join(at)) if self.person_of(space, at).is_some() => {
                self.trouble(origin, Some(space), Trouble::Ambiguous);
            }
            Ok(Wish::Join(at)) => {
                if let Err(trouble) = self.link(person, space, at) {
                    self.trouble((space, at), None, trouble);
                } else {
                    self.people[person].joined.insert(space);
                }
            }
            Ok(_) => {}
            Err(trouble) => self.trouble(origin, Some(space), trouble),
        }
    }

    /// What the old server had provisioned was linked to what has the same anchor, and a link is not undone because a
    /// value changed.
    fn remember(&mut self) {
        let anchor = AttributeName::from("sourceAnchor");
        for space in 0..self.world.spaces.len() {
            let it = &self.world.spaces[space];
            if !it.is_cloud || !self.world.has_history {
                continue;
            }
            let free: Vec<usize> = (0..it.objects.len())
                .filter(|at| it.provisioned.contains(&it.objects[*at].dn))
                .filter(|at| self.person_of(space, *at).is_none())
                .collect();
            let mut pairs = Vec::new();
            let mut asked: Vec<&[AttributeValue]> = Vec::new();
            let people =
                self.people.iter().enumerate().filter(|it| !it.1.links.contains_key(&space));
            let wanted: Vec<_> =
                people.filter_map(|it| Some((it.0, it.1.attributes().remove(&anchor)?))).collect();
            for (person, wanted) in &wanted {
                // Of several that have one anchor nobody knows which it was; the first is taken.
                if asked.contains(&&wanted[..]) {
                    continue;
                }
                asked.push(wanted);
                let same = |at: &&usize| it.objects[**at].values(&anchor) == &wanted[..];
                let found: Vec<_> = free.iter().filter(same).collect();
                if let [at] = found[..]
                    && matches!(self.wish(*person, space), Ok(Wish::Nothing))
                {
                    pairs.push((*person, *at));
                }
            }
            for (person, at) in pairs {
                if let Err(trouble) = self.link(person, space, at) {
                    self.trouble((space, at), None, trouble);
                }
            }
        }
    }

    /// Notes what is to be made.
    fn provision(&mut self, person: usize, space: usize) {
        if self.people[person].links.contains_key(&space) {
            return;
        }
        let Ok(Wish::Make(object_type, name)) = self.wish(person, space) else { return };
        let is_taken = self.world.spaces[space].objects.iter().any(|it| it.dn == name)
            || self.people.iter().any(|it| it.new.get(&space).is_some_and(|it| it.1 == name));
        if is_taken {
            self.trouble(self.people[person].origin, Some(space), Trouble::NameTaken);
        } else {
            self.people[person].new.insert(space, (object_type, name));
        }
    }
}

impl Person {
    fn attributes(&self) -> Attributes {
        let values = self.given.iter().map(|(name, given)| (name.clone(), winner(given)));
        values.filter(|(_, values)| !values.is_empty()).collect()
    }
}
