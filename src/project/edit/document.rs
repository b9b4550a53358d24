//! One text to which small changes are made, each checked: it must say what it said with just that change.

use rustc_hash::FxHashMap;

use crate::{
    data::{Example, Json, Story, TrainingData},
    diagnostic::{Diagnostic, SourceId},
    project::{
        edit::refusal::{Reason, Refusal},
        markup::write_annotations,
        meaning::{self, Meaning},
        nlu,
        reader::Reader,
        story,
        write_nlu::{can_write, intent_items},
    },
    text::{Span, line_start, next_line},
    yaml::{
        self, Limits, Node, NodeKind, Style,
        emit::{self, Layout, fragment},
    },
};

/// A text of YAML that is being edited.
#[derive(Clone, Debug)]
pub(in crate::project) struct Document {
    name: String,
    text: String,
    root: Node,
    /// What was replaced so far, in order: where, how many bytes, by how many.
    moved: Vec<(usize, usize, usize)>,
}

/// Lines or a text in the place of a piece of the text, and what one node says afterwards.
struct Piece<'p> {
    place: Span,
    new: String,
    target: Node,
    says: Box<dyn Fn(Meaning) -> Option<Meaning> + 'p>,
}

impl Document {
    /// Starts on a text whose top level is a mapping.
    pub(in crate::project) fn new(name: &str, text: &str) -> Result<Self, Refusal> {
        let root = yaml::parse(SourceId::default(), text, Limits::default());
        match root {
            Ok(root) if root.entries().is_some() || root.is_null() => Ok(Self {
                name: name.to_owned(),
                text: text.to_owned(),
                root,
                moved: Vec::new(),
            }),
            _ => Err(Refusal {
                file: name.to_owned(),
                ..Refusal::new(Reason::Broken)
            }),
        }
    }

    pub(in crate::project) fn name(&self) -> &str {
        &self.name
    }

    pub(in crate::project) fn text(&self) -> &str {
        &self.text
    }

    pub(in crate::project) fn root(&self) -> &Node {
        &self.root
    }

    /// Returns where a piece of the first text stands now; none if it was changed.
    pub(super) fn current(&self, mut span: Span) -> Option<Span> {
        for (at, removed, added) in &self.moved {
            if *at >= span.end && (*removed > 0 || *at > span.start) {
                continue;
            }
            if at + removed > span.start {
                return None;
            }
            let shift = |byte: usize| byte - removed + added;
            span = Span::new(shift(span.start), shift(span.end));
        }
        Some(span)
    }

    /// Returns the line of a byte, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        let head = self.text.get(..at).unwrap_or(&self.text);
        head.matches('\n').count() + 1
    }

    /// Reads the examples, synonyms, regexes and lookup tables.
    pub(in crate::project) fn training(&self) -> TrainingData {
        let mut training = TrainingData::default();
        if let Some(list) = self.root.get("nlu") {
            self.read(|reader| nlu::read(reader, list, &mut training));
        }
        training
    }

    /// Reads the stories and rules.
    pub(in crate::project) fn stories(&self) -> Vec<Story> {
        let mut stories = Vec::new();
        for (key, rules) in [("stories", false), ("rules", true)] {
            if let Some(list) = self.root.get(key) {
                self.read(|reader| story::read(reader, list, rules, &mut stories));
            }
        }
        stories
    }

    pub(in crate::project) fn read<T>(&self, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        let mut findings: Vec<Diagnostic> = Vec::new();
        read(&mut Reader {
            source: SourceId::default(),
            text: &self.text,
            findings: &mut findings,
        })
    }

    pub(super) fn refuse(&self, reason: Reason, at: usize, lines: impl Into<String>) -> Refusal {
        Refusal {
            reason,
            file: self.name.clone(),
            line: self.line(at),
            lines: lines.into(),
        }
    }

    /// Adds items to the list or mapping under a top-level key; makes the section at the end where it is missing.
    pub(in crate::project) fn append(
        &mut self,
        key: &str,
        items: &emit::Node,
    ) -> Result<(), Refusal> {
        let is_list = match items {
            emit::Node::List(items) if !items.is_empty() => true,
            emit::Node::Map(entries) if !entries.is_empty() => false,
            _ => return Ok(()),
        };
        let canonical = fragment(items, if is_list { 0 } else { 2 }, Layout::CANONICAL);
        let section = format!("{key}:\n{canonical}");
        let added = meaning::of_text(&section)
            .ok()
            .and_then(|mut said| said.get_mut(key).cloned())
            .ok_or_else(|| Refusal::new(Reason::Unwritable).paste(&section))?;
        let found = self.root.entry(key);
        let found = found.map(|(name, value)| (name.clone(), value.clone()));
        let Some((name, value)) = found else {
            let is_first = self.text.trim().is_empty();
            let end = self.text.len();
            let piece = Piece {
                place: Span::new(end, end),
                new: format!("{}{section}", if is_first { "" } else { "\n" }),
                target: self.root.clone(),
                says: Box::new(|said| Some(said.with_key(key, &added))),
            };
            return self.commit(vec![piece], end, &section);
        };
        let at = name.span.start;
        let refuse = |reason| self.refuse(reason, at, &canonical);
        let starts = self.starts(&value, is_list).map_err(refuse)?;
        let (end, lines, paste) = if let Some(first) = starts.first() {
            let indent = self
                .column(*first, is_list)
                .filter(|_| self.line_start(*first) > at)
                .ok_or_else(|| refuse(Reason::Flow))?;
            let lines = fragment(items, indent, self.layout(&value));
            let new = if self.is_spaced(&starts, key) {
                spaced(&lines, indent, is_list)
            } else {
                lines.clone()
            };
            (self.end_of(self.next_after(&value), indent), new, lines)
        } else {
            // `key:` alone.
            let line = self.line_after(name.span.end);
            (line, canonical.clone(), canonical)
        };
        let piece = Piece {
            place: Span::new(end, end),
            new: lines,
            target: value,
            says: Box::new(|said| Some(said.joined(&added))),
        };
        self.commit(vec![piece], at, &paste)
    }

    /// Returns where the items of a section begin; none where nothing stands there.
    fn starts(&self, section: &Node, is_list: bool) -> Result<Vec<usize>, Reason> {
        let written = section.span.of(&self.text);
        if written.starts_with('*') {
            return Err(Reason::Shared);
        }
        if written.starts_with(['[', '{']) {
            return Err(Reason::Flow);
        }
        match (section.items(), section.entries()) {
            (Some(items), _) if is_list => Ok(items.iter().map(|item| item.span.start).collect()),
            (_, Some(entries)) if !is_list => {
                Ok(entries.iter().map(|(name, _)| name.span.start).collect())
            }
            _ if section.is_null() && written.is_empty() => Ok(Vec::new()),
            _ => Err(Reason::WrongKind),
        }
    }

    /// Returns the last `examples` of an intent.
    pub(super) fn block_of(&self, intent: &str) -> Option<&Node> {
        let items = self.root.get("nlu").and_then(Node::items)?;
        let named = items.iter().rev().filter(|item| {
            let name = item.get("intent").and_then(Node::text);
            name.map(str::trim) == Some(intent)
        });
        named
            .filter_map(|item| item.get("examples"))
            .find(|examples| !examples.is_null())
    }

    /// Adds examples at the end of the last blocks of their intents; new items for what no block can take.
    pub(in crate::project) fn add_examples(
        &mut self,
        groups: &[(&str, Vec<&Example>)],
    ) -> Result<(), Refusal> {
        let (mut pieces, mut items) = (Vec::new(), Vec::new());
        let mut paste = String::new();
        for (intent, examples) in groups {
            let block = self.block_of(intent).cloned();
            let (mut texts, mut rest) = (Vec::new(), Vec::new());
            for example in examples {
                let written = write_annotations(example).filter(|_| can_write(example));
                match (written, &block) {
                    (Some(text), Some(block)) if takes(block, &text) => texts.push(text),
                    _ => rest.push(*example),
                }
            }
            if let Some(block) = block.filter(|_| !texts.is_empty()) {
                let piece = match block.items() {
                    Some(list) => self.texts(&block, list, &texts)?,
                    None => self.lines(&block, &texts)?,
                };
                paste.push_str(&piece.new);
                pieces.push(piece);
            }
            items.extend(intent_items(intent, &rest));
        }
        if let Some(first) = pieces.first() {
            let at = first.place.start;
            self.commit(pieces, at, &paste)?;
        }
        self.append("nlu", &emit::Node::List(items))
    }

    /// Plans lines at the end of a block of examples.
    fn lines(&self, block: &Node, texts: &[String]) -> Result<Piece<'static>, Refusal> {
        let lines: Vec<_> = block.lines(&self.text).collect();
        let mut written = lines
            .iter()
            .rev()
            .filter(|(line, _)| !line.trim().is_empty());
        let Some((_, place)) = written.next() else {
            return Err(self.refuse(Reason::Block, block.span.start, texts.join("\n")));
        };
        let start = self.line_start(place.start);
        let indent = self.text.get(start..place.start).unwrap_or_default();
        // As the last example has it: `- `, `-`, `-   `.
        let marker = lines.iter().rev().find_map(|(line, _)| {
            let rest = line.strip_prefix('-')?;
            let blanks = rest.len() - rest.trim_start_matches(' ').len();
            line.get(..=blanks)
        });
        let marker = marker.unwrap_or("- ");
        let new = texts.iter().fold(String::new(), |new, text| {
            format!("{new}{indent}{marker}{text}\n")
        });
        let end = self.line_after(place.end);
        let texts = texts.to_vec();
        Ok(Piece {
            place: Span::new(end, end),
            new,
            target: block.clone(),
            says: Box::new(move |said| {
                let Meaning::Lines(mut known) = said else {
                    return None;
                };
                known.extend(texts.iter().map(|text| format!("-{text}")));
                Some(Meaning::Lines(known))
            }),
        })
    }

    /// Plans items at the end of a list of `- text: …` items.
    fn texts(
        &self,
        examples: &Node,
        items: &[Node],
        texts: &[String],
    ) -> Result<Piece<'static>, Refusal> {
        let plain = || {
            let list = texts
                .iter()
                .map(|text| emit::Node::map([("text", emit::Node::text(text.as_str()))]));
            fragment(&emit::Node::List(list.collect()), 2, Layout::CANONICAL)
        };
        let refuse = |reason| self.refuse(reason, examples.span.start, plain());
        let (Some(first), Some(last)) = (items.first(), items.last()) else {
            return Err(refuse(Reason::Flow));
        };
        let indent = self
            .column(first.span.start, true)
            .ok_or_else(|| refuse(Reason::Flow))?;
        let Some((_, sample)) = last.entry("text") else {
            return Err(refuse(Reason::WrongKind));
        };
        let is_block = is_literal(sample) && texts.iter().all(|text| emit::fits_block(text));
        let is_quoted = sample.span.of(&self.text).starts_with('"');
        let block = self.layout(last).block;
        let (mut new, mut added) = (String::new(), Vec::new());
        for text in texts {
            let written = if is_block {
                format!("|\n{:width$}{text}", "", width = indent + 2 + block)
            } else if is_quoted {
                emit::quoted(text)
            } else {
                emit::scalar(text)
            };
            new = format!("{new}{:indent$}- text: {written}\n", "");
            let end = if is_block { "\n" } else { "" };
            let said = Meaning::Value(Json::String(format!("{text}{end}")), false);
            added.push(Meaning::Map(vec![(Json::String("text".into()), said)]));
        }
        let end = self.end_of(self.next_after(examples), indent);
        let added = Meaning::List(added);
        Ok(Piece {
            place: Span::new(end, end),
            new,
            target: examples.clone(),
            says: Box::new(move |said| Some(said.joined(&added))),
        })
    }

    /// Returns the text of the example at a place, with its marks.
    pub(super) fn example_text(&self, at: Span) -> Result<String, Refusal> {
        self.spot(at).map(|(text, _)| text)
    }

    /// Writes another text, with marks, in the place of an example; or takes the example away.
    pub(super) fn change_example(&mut self, at: Span, new: Option<&str>) -> Result<(), Refusal> {
        let (old, spot) = self.spot(at)?;
        match (spot, new) {
            (Spot::Line { block, number }, _) => {
                let refuse = |reason| Err(self.refuse(reason, at.start, ""));
                if new.is_some_and(|text| !emit::fits_block(text)) {
                    return refuse(Reason::Unwritable);
                }
                let is_example = |(line, _): &(&str, Span)| {
                    let rest = line.strip_prefix('-');
                    rest.is_some_and(|rest| !rest.trim().is_empty())
                };
                let examples = block.lines(&self.text).filter(is_example).count();
                if new.is_none() && examples < 2 {
                    return refuse(Reason::LastExample);
                }
                let place = if new.is_some() {
                    at
                } else {
                    Span::new(self.line_start(at.start), self.line_after(at.end))
                };
                let says = move |said| {
                    let Meaning::Lines(mut lines) = said else {
                        return None;
                    };
                    match new {
                        Some(text) => *lines.get_mut(number)? = format!("-{text}"),
                        None if number < lines.len() => drop(lines.remove(number)),
                        None => return None,
                    }
                    Some(Meaning::Lines(lines))
                };
                let paste = new.map(|text| format!("- {text}\n")).unwrap_or_default();
                let piece = Piece {
                    place,
                    new: new.unwrap_or_default().to_owned(),
                    target: block,
                    says: Box::new(says),
                };
                self.commit(vec![piece], at.start, &paste)
            }
            (Spot::Text { scalar, .. }, Some(new)) => {
                let NodeKind::Scalar { value, .. } = &scalar.kind else {
                    return Err(self.refuse(Reason::NothingThere, at.start, new));
                };
                if !is_literal(&scalar) {
                    return self.replace_scalar(scalar.span, new);
                }
                // A block of one line.
                let Some(end) = value
                    .strip_prefix(old.as_str())
                    .filter(|_| emit::fits_block(new))
                else {
                    return Err(self.refuse(Reason::Block, at.start, new));
                };
                let said = Meaning::Value(Json::String(format!("{new}{end}")), false);
                let piece = Piece {
                    place: Span::new(at.start, at.start + old.len()),
                    new: new.to_owned(),
                    target: scalar.clone(),
                    says: Box::new(move |_| Some(said.clone())),
                };
                self.commit(vec![piece], at.start, new)
            }
            (Spot::Text { list, item, .. }, None) => self.remove_item(&list, item, at),
        }
    }

    /// Takes an item of a list of examples away.
    fn remove_item(&mut self, list: &Node, item: usize, at: Span) -> Result<(), Refusal> {
        let items = list.items().unwrap_or_default();
        if items.len() < 2 {
            return Err(self.refuse(Reason::LastExample, at.start, ""));
        }
        let Some(gone) = items.get(item) else {
            return Err(self.refuse(Reason::NothingThere, at.start, ""));
        };
        let Some(indent) = self.column(gone.span.start, true) else {
            return Err(self.refuse(Reason::Flow, at.start, ""));
        };
        let start = self.line_start(gone.span.start);
        let end = self.end_of(self.next_after(gone), indent);
        let piece = Piece {
            place: Span::new(start, end),
            new: String::new(),
            target: list.clone(),
            says: Box::new(move |said| {
                let Meaning::List(mut items) = said else {
                    return None;
                };
                if item >= items.len() {
                    return None;
                }
                items.remove(item);
                Some(Meaning::List(items))
            }),
        };
        self.commit(vec![piece], at.start, "")
    }

    /// Writes another text in the place of a scalar, a key among them; in its quotes, or in quotes where needed.
    pub(super) fn replace_scalar(&mut self, at: Span, new: &str) -> Result<(), Refusal> {
        let Some(found) = find(&self.root, &|node| {
            node.span.start == at.start && is_scalar(node)
        }) else {
            return Err(self.refuse(Reason::NothingThere, at.start, new));
        };
        let NodeKind::Scalar { style, value, .. } = &found.kind else {
            return Err(self.refuse(Reason::NothingThere, at.start, new));
        };
        let written = found.span.of(&self.text);
        if written.starts_with(['*', '&', '!']) {
            return Err(self.refuse(Reason::Shared, at.start, new));
        }
        if *style == Style::Plain && value.contains("${") {
            return Err(self.refuse(Reason::Variable, at.start, new));
        }
        if written.contains('\n') || matches!(style, Style::Literal | Style::Folded) {
            return Err(self.refuse(Reason::Block, at.start, emit::scalar(new)));
        }
        let single = format!("'{}'", new.replace('\'', "''"));
        let mut forms = vec![emit::scalar(new), emit::quoted(new)];
        if written.starts_with('"') {
            forms.remove(0);
        } else if written.starts_with('\'') && new.chars().all(|c| !c.is_control()) {
            forms.insert(0, single);
        }
        let mut refused = None;
        for form in forms {
            let said = Meaning::Value(Json::String(new.to_owned()), false);
            let piece = Piece {
                place: found.span,
                new: form.clone(),
                target: found.clone(),
                says: Box::new(move |_| Some(said.clone())),
            };
            let done = self.commit(vec![piece], at.start, &form);
            match done {
                Ok(()) => return Ok(()),
                Err(refusal) => refused = Some(refusal),
            }
        }
        Err(refused.unwrap_or_else(|| self.refuse(Reason::Unwritable, at.start, new)))
    }

    /// Puts pieces into their places, if the text then says just what they say it does.
    fn commit(
        &mut self,
        mut pieces: Vec<Piece<'_>>,
        at: usize,
        paste: &str,
    ) -> Result<(), Refusal> {
        pieces.sort_by_key(|piece| piece.place.start);
        let mut targets: FxHashMap<Span, Vec<&Piece<'_>>> = FxHashMap::default();
        for piece in &pieces {
            targets.entry(piece.target.span).or_default().push(piece);
        }
        let mut hits = 0;
        let wanted = Meaning::with(&self.root, &mut |node, said| {
            let here = targets.get(&node.span).into_iter().flatten();
            let mut said = said;
            for piece in here.filter(|piece| is(node, &piece.target)) {
                if let Some(other) = (piece.says)(said.clone()) {
                    hits += 1;
                    said = other;
                }
            }
            said
        });
        // What an alias stands for is seen more than once.
        if hits != pieces.len() {
            return Err(self.refuse(Reason::Shared, at, paste));
        }
        let line_end = if self.text.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let lacks_end = !self.text.is_empty() && !self.text.ends_with('\n');
        let (mut text, mut from) = (String::with_capacity(self.text.len() + 256), 0);
        let mut moved = Vec::new();
        for piece in &pieces {
            let mut place = piece.place;
            let mut new = piece.new.replace('\n', line_end);
            if lacks_end && place.start == self.text.len() {
                // The last line end stays missing.
                let lines = new.strip_suffix(line_end).unwrap_or(&new);
                new = format!("{line_end}{lines}");
            } else if lacks_end && place.end == self.text.len() && new.is_empty() {
                let head = self.text.get(..place.start).unwrap_or_default();
                let head = head.strip_suffix(line_end).unwrap_or(head);
                place = Span::new(head.len(), place.end);
            }
            let Some(between) = self.text.get(from..place.start) else {
                return Err(self.refuse(Reason::NothingThere, at, paste));
            };
            text.push_str(between);
            moved.push((text.len(), place.len(), new.len()));
            text.push_str(&new);
            from = place.end;
        }
        text.push_str(self.text.get(from..).unwrap_or_default());
        match yaml::parse(SourceId::default(), &text, Limits::default()) {
            Ok(root) if Meaning::of(&root) == wanted => {
                self.moved.extend(moved);
                self.text = text;
                self.root = root;
                Ok(())
            }
            _ => {
                let escapes = |text: &str| text.contains("\\u") || text.contains("\\U");
                let reason = if self.text.is_ascii() && escapes(&text) {
                    Reason::Escapes
                } else if self.has_alias() {
                    Reason::Shared
                } else {
                    Reason::Misread
                };
                Err(self.refuse(reason, at, paste))
            }
        }
    }

    /// Finds the example at a place and its text with marks.
    fn spot(&self, at: Span) -> Result<(String, Spot), Refusal> {
        let nothing = || self.refuse(Reason::NothingThere, at.start, "");
        for item in self
            .root
            .get("nlu")
            .and_then(Node::items)
            .unwrap_or_default()
        {
            let Some(examples) = item.get("examples") else {
                continue;
            };
            if let Some(items) = examples.items() {
                for (i, item) in items.iter().enumerate() {
                    let Some(text) = item.get("text") else {
                        continue;
                    };
                    let is_it = text.span.start == at.start
                        && examples.span.start <= at.start
                        && text.text().is_some();
                    if is_it {
                        let value = text.text().unwrap_or_default();
                        let value = value.trim_matches(['\n', '\r', ' ']).to_owned();
                        let spot = Spot::Text {
                            scalar: text.clone(),
                            list: examples.clone(),
                            item: i,
                        };
                        return Ok((value, spot));
                    }
                }
                continue;
            }
            if examples.span.start > at.start || at.start > examples.span.end {
                continue;
            }
            if !is_literal(examples) {
                return Err(self.refuse(Reason::Block, at.start, ""));
            }
            let mut number = 0;
            for (line, place) in examples.lines(&self.text) {
                if place.start <= at.start && at.end <= place.end && line.starts_with('-') {
                    let text = at.of(&self.text).to_owned();
                    let block = examples.clone();
                    return Ok((text, Spot::Line { block, number }));
                }
                number += usize::from(!line.is_empty());
            }
        }
        Err(nothing())
    }

    fn has_alias(&self) -> bool {
        find(&self.root, &|node| {
            node.span.of(&self.text).starts_with('*')
        })
        .is_some()
    }

    /// Returns the column of an item's dash, or of a key, that stands alone at the head of its line.
    fn column(&self, at: usize, is_item: bool) -> Option<usize> {
        let start = self.line_start(at);
        let before = self.text.get(start..at)?;
        let indent = before.len() - before.trim_start_matches(' ').len();
        let rest = before.get(indent..)?.trim_end();
        if is_item && rest == "-" || !is_item && rest.is_empty() {
            return Some(indent);
        }
        None
    }

    /// Returns where nested lists and blocks stand in a section, as its own items have it.
    fn layout(&self, section: &Node) -> Layout {
        let mut layout = Layout::CANONICAL;
        let (mut list, mut block) = (None, None);
        visit(section, &mut |node| {
            for (key, value) in node.entries().unwrap_or_default() {
                let from = key.span.start - self.line_start(key.span.start);
                let below = |at: usize| self.line_start(at) > key.span.start;
                if let Some(first) = value.items().and_then(<[_]>::first)
                    && let Some(dash) = self.column(first.span.start, true)
                    && below(first.span.start)
                {
                    list = dash.checked_sub(from).or(list);
                }
                if is_literal(value)
                    && let Some((_, place)) =
                        value.lines(&self.text).find(|(line, _)| !line.is_empty())
                {
                    let column = place.start - self.line_start(place.start);
                    block = column.checked_sub(from).filter(|wide| *wide > 0).or(block);
                }
            }
        });
        layout.list = list.unwrap_or(layout.list);
        layout.block = block.unwrap_or(layout.block);
        layout
    }

    /// Tells whether a blank line stands between the last two items; stories have one where there is only one item.
    fn is_spaced(&self, starts: &[usize], key: &str) -> bool {
        let [.., before, last] = starts else {
            return matches!(key, "stories" | "rules");
        };
        let between = self.text.get(*before..*last).unwrap_or_default();
        let mut lines = between.lines().rev().skip(1);
        lines
            .find(|line| !line.trim_start().starts_with('#'))
            .is_some_and(|line| line.trim().is_empty())
    }

    fn line_start(&self, at: usize) -> usize {
        line_start(&self.text, at)
    }

    fn line_after(&self, at: usize) -> usize {
        next_line(&self.text, at)
    }

    /// Returns the start of the line with the first node after everything in this one.
    fn next_after(&self, node: &Node) -> usize {
        let mut last = node.span.start;
        visit(node, &mut |inner| last = last.max(inner.span.start));
        let mut next = self.text.len();
        visit(&self.root, &mut |other| {
            if other.span.start > last {
                next = next.min(self.line_start(other.span.start));
            }
        });
        next.max(last)
    }

    /// Returns where the lines before `next` end that belong to items at a column: without blank lines and comments
    /// further left.
    fn end_of(&self, next: usize, column: usize) -> usize {
        let head = self.text.get(..next).unwrap_or_default();
        let mut end = next;
        for line in head.split_inclusive('\n').rev() {
            let content = line.trim();
            let indent = line.len() - line.trim_start().len();
            let is_comment = content.starts_with('#') && indent < column.max(1);
            if content.is_empty() || is_comment || content == "..." {
                end -= line.len();
            } else {
                break;
            }
        }
        end
    }
}

/// Returns lines with a blank one before each item or key at a column.
fn spaced(lines: &str, column: usize, is_list: bool) -> String {
    let mut out = String::new();
    for line in lines.split_inclusive('\n') {
        let rest = line.get(column..).unwrap_or_default();
        let begins = if is_list {
            rest.starts_with("- ")
        } else {
            !rest.starts_with([' ', '-'])
        };
        if begins && line.trim_start().len() == rest.len() {
            out.push('\n');
        }
        out.push_str(line);
    }
    out
}

/// Where an example is written.
enum Spot {
    /// A line of a block: the block, and which of its lines that are not empty.
    Line { block: Node, number: usize },
    /// The `text` of an item of a list.
    Text {
        scalar: Node,
        list: Node,
        item: usize,
    },
}

impl Meaning {
    /// Returns a list with items added, or a mapping with entries; nothing counts as empty.
    fn joined(self, added: &Self) -> Self {
        match (self, added) {
            (Self::List(mut items), Self::List(more)) => {
                items.extend(more.iter().cloned());
                Self::List(items)
            }
            (Self::Map(mut entries), Self::Map(more)) => {
                entries.extend(more.iter().cloned());
                Self::Map(entries)
            }
            (Self::Value(Json::Null, _), more) => more.clone(),
            (other, _) => other,
        }
    }

    /// Returns a mapping with one more key.
    fn with_key(self, key: &str, value: &Self) -> Self {
        let entry = Self::Map(vec![(Json::String(key.to_owned()), value.clone())]);
        self.joined(&entry)
    }
}

fn is_literal(node: &Node) -> bool {
    matches!(
        &node.kind,
        NodeKind::Scalar {
            style: Style::Literal,
            ..
        }
    )
}

/// Tells whether a block or list of examples can hold a text.
fn takes(examples: &Node, text: &str) -> bool {
    examples.items().is_some() || is_literal(examples) && emit::fits_block(text)
}

fn is_scalar(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Scalar { .. })
}

/// Tells whether both are the same piece of the text.
fn is(node: &Node, other: &Node) -> bool {
    let kind = |node: &Node| std::mem::discriminant(&node.kind);
    node.span == other.span && kind(node) == kind(other)
}

fn visit<'n>(node: &'n Node, see: &mut dyn FnMut(&'n Node)) {
    see(node);
    for item in node.items().unwrap_or_default() {
        visit(item, see);
    }
    for (key, value) in node.entries().unwrap_or_default() {
        see(key);
        visit(value, see);
    }
}

fn find(root: &Node, is_it: &dyn Fn(&Node) -> bool) -> Option<Node> {
    let mut found = None;
    visit(root, &mut |node| {
        if found.is_none() && is_it(node) {
            found = Some(node.clone());
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> emit::Node {
        emit::Node::List(names.iter().map(|name| emit::Node::text(*name)).collect())
    }

    fn append(text: &str, key: &str, items: &emit::Node) -> Result<String, Refusal> {
        let mut document = Document::new("a.yml", text)?;
        document.append(key, items)?;
        Ok(document.text().to_owned())
    }

    fn add(text: &str, intent: &str, new: &str) -> Result<String, Refusal> {
        let mut document = Document::new("a.yml", text)?;
        let example = Example {
            text: new.to_owned(),
            intent: intent.to_owned(),
            ..Example::default()
        };
        document.add_examples(&[(intent, vec![&example])])?;
        Ok(document.text().to_owned())
    }

    #[test]
    fn items_go_to_the_end_of_their_section_and_comments_stay() {
        let text = "intents:\n  - a # first\n  # second\n  - b\n\n# said\nresponses:\n  utter_a:\n  - text: A\n";
        assert_eq!(
            append(text, "intents", &names(&["c"])).unwrap(),
            "intents:\n  - a # first\n  # second\n  - b\n  - c\n\n# said\nresponses:\n  utter_a:\n  - text: A\n"
        );
        let map = emit::Node::map([("utter_b", names(&["x"]))]);
        assert!(
            append(text, "responses", &map)
                .unwrap()
                .ends_with("  - text: A\n  utter_b:\n  - x\n")
        );
    }

    #[test]
    fn line_ends_and_a_missing_last_one_stay() {
        assert_eq!(
            append("a:\r\n- x", "a", &names(&["z"])).unwrap(),
            "a:\r\n- x\r\n- z"
        );
        assert_eq!(
            add("nlu:\n- intent: a\n  examples: |\n    - x", "a", "y").unwrap(),
            "nlu:\n- intent: a\n  examples: |\n    - x\n    - y"
        );
    }

    #[test]
    fn missing_and_empty_sections_are_filled() {
        assert_eq!(
            append("a: 1\n", "b", &names(&["z"])).unwrap(),
            "a: 1\n\nb:\n- z\n"
        );
        assert_eq!(
            append("b: # none yet\na: 1\n", "b", &names(&["z"])).unwrap(),
            "b: # none yet\n- z\na: 1\n"
        );
        assert_eq!(append("", "b", &names(&["z"])).unwrap(), "b:\n- z\n");
        // An anchor that nobody uses is no obstacle.
        assert_eq!(
            append("b: &x # q & a\n- y\n", "b", &names(&["z"])).unwrap(),
            "b: &x # q & a\n- y\n- z\n"
        );
    }

    #[test]
    fn new_items_have_the_shape_of_their_neighbours() {
        let story = emit::Node::List(vec![emit::Node::map([
            ("story", emit::Node::text("new")),
            ("steps", names(&["x"])),
        ])]);
        assert_eq!(
            append(
                "stories:\n  - story: a\n    steps:\n      - intent: b\n\n  - story: c\n    steps:\n      - intent: b\n# end\n",
                "stories",
                &story
            )
            .unwrap(),
            "stories:\n  - story: a\n    steps:\n      - intent: b\n\n  - story: c\n    steps:\n      - intent: b\n\n  - story: new\n    steps:\n      - x\n# end\n"
        );
    }

    #[test]
    fn examples_go_below_the_last_one_as_it_is_written() {
        assert_eq!(
            add(
                "nlu:\n- intent: a\n  examples: |\n   -  x\n\n\n# b\n- intent: b\n  examples: |\n    - y\n",
                "a",
                "z # z"
            )
            .unwrap(),
            "nlu:\n- intent: a\n  examples: |\n   -  x\n   -  z # z\n\n\n# b\n- intent: b\n  examples: |\n    - y\n"
        );
        assert_eq!(
            add(
                "nlu:\n- intent: a\n  examples:\n  - text: |\n      x\n    metadata: 1\n\n- synonym: s\n  examples: |\n    - y\n",
                "a",
                "z"
            )
            .unwrap(),
            "nlu:\n- intent: a\n  examples:\n  - text: |\n      x\n    metadata: 1\n  - text: |\n      z\n\n- synonym: s\n  examples: |\n    - y\n"
        );
    }

    #[test]
    fn what_cannot_be_added_to_is_refused_with_the_lines() {
        for (text, reason) in [
            ("x: 1\nb: [x, y]\n", Reason::Flow),
            ("x: 1\nb: []\n", Reason::Flow),
            ("x: 1\nb: {}\n", Reason::Flow),
            ("x: &x [1]\nb: *x\n", Reason::Shared),
            ("x: 1\nb: |\n  text\n", Reason::WrongKind),
            ("b: &x\n- y\nc: *x\n", Reason::Shared),
            ("b: ~ # nothing\n", Reason::WrongKind),
        ] {
            let refused = append(text, "b", &names(&["z"])).unwrap_err();
            assert_eq!(
                (refused.reason, refused.lines.as_str()),
                (reason, "- z\n"),
                "{text}"
            );
            assert_eq!(refused.file, "a.yml");
        }
        // A character beyond ASCII would switch the escapes of the file off.
        let text = "nlu:\n- intent: a\n  examples: |\n    - caf\\u00e9\n";
        let refused = add(text, "a", "thé").unwrap_err();
        assert_eq!(refused.reason, Reason::Escapes);
        assert!(add(text, "a", "tea").is_ok());
    }

    #[test]
    fn scalars_keep_their_quotes_or_get_them() {
        let text = "version: 3.1\na: 'x' # c\nb: [p, \"q\"]\nc: ${X}\n";
        let mut document = Document::new("a.yml", text).unwrap();
        for (old, new) in [
            ("3.1", "3.1"),
            ("'x'", "it's"),
            ("p", "a, b"),
            ("\"q\"", "r\""),
        ] {
            let at = document.text().find(old).unwrap();
            document
                .replace_scalar(Span::new(at, at + old.len()), new)
                .unwrap();
        }
        assert_eq!(
            document.text(),
            "version: \"3.1\"\na: 'it''s' # c\nb: [\"a, b\", \"r\\\"\"]\nc: ${X}\n"
        );
        let at = document.text().find("${X}").unwrap();
        let refused = document
            .replace_scalar(Span::new(at, at + 4), "y")
            .unwrap_err();
        assert_eq!(refused.reason, Reason::Variable);
        // Places of the first text are still known.
        let first = text.find("${X}").unwrap();
        assert_eq!(
            document.current(Span::new(first, first + 4)),
            Some(Span::new(at, at + 4))
        );
    }
}
