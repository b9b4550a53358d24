//! Edits change only the lines they name, and the project then says the old with the new.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use bot::{
    data::{Annotation, Example, Step, StepKind, Story, StoryKind, UserStep},
    diagnostic::{Origin, Sources},
    project::{self, Change, Editor, Loaded, Paths, Reason, Refusal},
    text::Span,
};
use proptest::prelude::*;

use crate::common::{Project, shared};

fn load(project: &Project) -> (Paths, Loaded, Sources) {
    let paths = Paths::of(project.path());
    let mut sources = Sources::new();
    let loaded = project::load(&paths, &mut sources).unwrap();
    (paths, loaded, sources)
}

fn example(intent: &str, text: &str) -> Example {
    Example {
        text: text.to_owned(),
        intent: intent.split('/').next().unwrap().to_owned(),
        response_key: intent.contains('/').then(|| intent.to_owned()),
        ..Example::default()
    }
}

fn story(name: &str, kind: StoryKind) -> Story {
    let step = |kind| Step {
        kind,
        origin: Origin::default(),
    };
    Story {
        name: name.to_owned(),
        kind,
        steps: vec![
            step(StepKind::User(UserStep {
                intent: Some("greet".into()),
                ..UserStep::default()
            })),
            step(StepKind::Action("utter_greet".into())),
        ],
        origin: Origin::default(),
    }
}

fn rule(name: &str) -> Story {
    story(
        name,
        StoryKind::Rule {
            conditions: Vec::new(),
            conversation_start: false,
            wait_for_user_input: true,
        },
    )
}

/// Returns the lines that are only in the new text; fails if one of the old is gone or the line ends differ.
fn added(change: &Change) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let old = change.old.as_deref().map(text).unwrap_or_default();
    let new = text(&change.new);
    assert_eq!(
        old.is_empty() || old.ends_with('\n'),
        old.is_empty() || new.ends_with('\n'),
        "the last line end of {}",
        change.shown
    );
    if !old.is_empty() {
        let ends = |text: &str| {
            (
                text.contains("\r\n"),
                text.replace("\r\n", "").contains('\n'),
            )
        };
        let kinds = ends(&old);
        if kinds != (true, true) && old.contains('\n') {
            assert_eq!(ends(&new), kinds, "line ends of {}", change.shown);
        }
    }
    let mut gone = old.lines().peekable();
    let mut added = Vec::new();
    for line in new.lines() {
        if gone.peek() == Some(&line) {
            gone.next();
        } else {
            added.push(line.to_owned());
        }
    }
    assert_eq!(
        gone.next(),
        None,
        "a line of {} is gone:\n{new}",
        change.shown
    );
    added
}

/// Returns the texts of each intent, in order.
fn by_intent(loaded: &Loaded) -> BTreeMap<String, Vec<(String, Vec<Annotation>)>> {
    let mut all: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for example in &loaded.assistant.training.examples {
        let intent = example.response_key.as_ref().unwrap_or(&example.intent);
        let one = (example.text.clone(), example.entities.clone());
        all.entry(intent.clone()).or_default().push(one);
    }
    all
}

fn names(loaded: &Loaded) -> Vec<String> {
    let stories = loaded.assistant.stories.iter();
    stories.map(|story| story.name.clone()).collect()
}

const DOMAIN: &str =
    "intents:\n- greet\n- order\nentities:\n- city\nresponses:\n  utter_greet:\n  - text: hello\n";
const NLU: &str = "\
nlu:
- intent: greet
  examples: |
    - hello
    - good morning # no comment
- intent: order   # what they buy
  examples: |
    - a pizza to [Oslo](city:OSL) and [Rome]{\"entity\": \"city\"} for two
    - one pizza
    - a tart
";

fn small() -> Project {
    Project::of(&[("domain.yml", DOMAIN), ("data/nlu.yml", NLU)])
}

fn origin(loaded: &Loaded, text: &str) -> Origin {
    let all = &loaded.assistant.training.examples;
    all.iter().find(|one| one.text == text).unwrap().origin
}

#[test]
fn an_example_and_its_entity_are_added() {
    let project = small();
    let (paths, _, sources) = load(&project);
    let mut editor = Editor::new(&paths, &sources).unwrap();
    let mut new = example("greet", "hi from Ann");
    new.entities.push(Annotation {
        span: Span::new(8, 11),
        entity: "name".into(),
        role: Some("caller".into()),
        ..Annotation::default()
    });
    editor.add_example(&new).unwrap();
    let changes = editor.changes();
    assert_eq!(changes.len(), 2);
    assert_eq!(
        added(&changes[0]),
        ["- name:", "    roles:", "    - caller"]
    );
    assert_eq!(
        added(&changes[1]),
        [r#"    - hi from [Ann]{"entity": "name", "role": "caller"}"#]
    );
    assert!(
        changes[1].diff().contains("\n+    - hi from [Ann]"),
        "{}",
        changes[1].diff()
    );
    project::apply(&changes).unwrap();
    let (_, loaded, _) = load(&project);
    assert!(loaded.findings.is_empty(), "{:?}", loaded.findings);
    assert_eq!(loaded.assistant.training.examples[2].text, "hi from Ann");
}

#[test]
fn what_is_there_or_unknown_is_refused() {
    let project = small();
    let (paths, loaded, sources) = load(&project);
    let mut editor = Editor::new(&paths, &sources).unwrap();
    let refused = editor
        .add_example(&example("greet", "one pizza"))
        .unwrap_err();
    assert!(
        matches!(&refused.reason, Reason::Duplicate { intent, place } if intent == "order" && place.to_string() == "data/nlu.yml:9"),
        "{refused:?}"
    );
    let refused = editor.add_example(&example("gret", "x")).unwrap_err();
    assert_eq!(refused.reason, Reason::UnknownIntent("gret".into()));
    let refused = editor
        .add_intent("greet", &[example("greet", "x")])
        .unwrap_err();
    assert_eq!(refused.reason, Reason::KnownIntent("greet".into()));
    let at = origin(&loaded, "hello");
    project.write("data/nlu.yml", "nlu: []\n");
    let mut late = Editor::new(&paths, &sources).unwrap();
    assert_eq!(
        late.remove_example(at).unwrap_err().reason,
        Reason::Outdated
    );
    assert!(editor.changes().is_empty());
}

#[test]
fn an_intent_comes_with_its_declaration() {
    let project = small();
    let (paths, _, sources) = load(&project);
    let mut editor = Editor::new(&paths, &sources).unwrap();
    editor
        .add_intent(
            "faq/price",
            &[example("", "what is it"), example("", "how much\nis it")],
        )
        .unwrap();
    // Edits build on each other.
    editor
        .add_example(&example("faq/price", "how dear"))
        .unwrap();
    let changes = editor.changes();
    assert_eq!(added(&changes[0]), ["- faq"]);
    project::apply(&changes).unwrap();
    let (_, loaded, _) = load(&project);
    let all = by_intent(&loaded);
    let texts: Vec<&str> = all["faq/price"]
        .iter()
        .map(|(text, _)| text.as_str())
        .collect();
    assert_eq!(texts, ["what is it", "how much\nis it", "how dear"]);
}

#[test]
fn annotations_come_and_go_and_leave_the_others_as_written() {
    let project = small();
    let (paths, loaded, sources) = load(&project);
    let at = origin(&loaded, "a pizza to Oslo and Rome for two");
    let mut editor = Editor::new(&paths, &sources).unwrap();
    let number = Annotation {
        span: Span::new(29, 32),
        entity: "number".into(),
        value: Some("2".into()),
        ..Annotation::default()
    };
    editor.annotate(at, &number).unwrap();
    let changes = editor.changes();
    assert_eq!(added(&changes[0]), ["- number"]);
    let text = String::from_utf8(changes[1].new.clone()).unwrap();
    let line = text.lines().nth(7).unwrap();
    assert_eq!(
        line,
        r#"    - a pizza to [Oslo](city:OSL) and [Rome]{"entity": "city"} for [two]{"entity": "number", "value": "2"}"#
    );
    let cuts = Annotation {
        span: Span::new(8, 13),
        ..number.clone()
    };
    let mut other = Editor::new(&paths, &sources).unwrap();
    assert_eq!(
        other.annotate(at, &cuts).unwrap_err().reason,
        Reason::Overlap
    );
    other.remove_annotation(at, Span::new(20, 24)).unwrap();
    let text = String::from_utf8(other.changes()[0].new.clone()).unwrap();
    assert_eq!(
        text.lines().nth(7),
        Some("    - a pizza to [Oslo](city:OSL) and Rome for two")
    );
}

#[test]
fn an_example_moves_and_goes() {
    let project = small();
    let (paths, loaded, sources) = load(&project);
    let mut editor = Editor::new(&paths, &sources).unwrap();
    editor
        .move_example(origin(&loaded, "one pizza"), "greet")
        .unwrap();
    editor.remove_example(origin(&loaded, "hello")).unwrap();
    // Places of what was read stay known after other edits.
    editor
        .move_example(origin(&loaded, "a tart"), "greet")
        .unwrap();
    let changes = editor.changes();
    let text = String::from_utf8(changes[0].new.clone()).unwrap();
    assert_eq!(
        text,
        NLU.replace("    - hello\n", "")
            .replace("    - one pizza\n    - a tart\n", "")
            .replace(
                "# no comment\n",
                "# no comment\n    - one pizza\n    - a tart\n"
            )
    );
    let last = origin(&loaded, "a pizza to Oslo and Rome for two");
    assert_eq!(
        editor.remove_example(last).unwrap_err().reason,
        Reason::LastExample
    );
    assert_eq!(
        editor
            .move_example(origin(&loaded, "hello"), "greet")
            .unwrap_err()
            .reason,
        Reason::Outdated
    );
}

#[test]
fn stories_rules_and_tests_go_where_such_are() {
    let project = small();
    project.write(
        "data/a.yml",
        "rules:\n  - rule: hi\n    steps:\n      - intent: greet\n      - action: utter_greet\n",
    );
    let (paths, _, sources) = load(&project);
    let mut editor = Editor::new(&paths, &sources).unwrap();
    editor.add_story(&rule("hi")).unwrap();
    editor.add_story(&story("new", StoryKind::Story)).unwrap();
    editor.add_story(&story("new", StoryKind::Story)).unwrap();
    let tests = project.path().join("tests/test_new.yml");
    editor
        .add_test_story(&story("seen", StoryKind::Story), &tests)
        .unwrap();
    project::apply(&editor.changes()).unwrap();
    assert_eq!(
        project.read("data/a.yml"),
        "rules:\n  - rule: hi\n    steps:\n      - intent: greet\n      - action: utter_greet\n\n  - rule: hi 2\n    steps:\n      - intent: greet\n      - action: utter_greet\n"
    );
    let stories = project.read("data/stories.yml");
    assert!(
        stories.starts_with("version: \"3.1\"\n\nstories:\n- story: new\n"),
        "{stories}"
    );
    assert!(
        stories.contains("\n\n- story: new 2\n  steps:\n"),
        "{stories}"
    );
    assert_eq!(
        project
            .run(&[
                "format",
                "--check",
                "data/stories.yml",
                "tests/test_new.yml"
            ])
            .code,
        0
    );
    let (_, loaded, _) = load(&project);
    assert_eq!(names(&loaded), ["hi", "hi 2", "new", "new 2"]);
}

/// How a file is written.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "habits do not depend on each other"
)]
struct Style {
    list: usize,
    block: usize,
    marker: &'static str,
    blank: bool,
    comments: bool,
    texts: bool,
    crlf: bool,
    last_end: bool,
    bom: bool,
    others: bool,
}

fn style() -> impl Strategy<Value = Style> {
    let marker = prop_oneof![Just("- "), Just("-"), Just("-   "), Just("-\t")];
    let flags = prop::collection::vec(any::<bool>(), 7);
    (0..5_usize, 1..6_usize, marker, flags).prop_map(|(list, block, marker, flags)| Style {
        list,
        block,
        marker,
        blank: flags[0],
        comments: flags[1],
        texts: flags[2],
        crlf: flags[3],
        last_end: flags[4],
        bom: flags[5],
        others: flags[6],
    })
}

/// Writes examples, stories and a domain in one file.
fn written(style: &Style, examples: &[Vec<String>]) -> String {
    let pad = " ".repeat(style.list);
    let mut out = "version: \"3.1\"\n".to_owned();
    let gap = if style.blank { "\n" } else { "" };
    let comment = if style.comments { "# said\n" } else { "" };
    let inner = if style.comments {
        format!("{pad}# inner\n")
    } else {
        String::new()
    };
    writeln!(
        out,
        "{gap}{comment}nlu:{}",
        if style.comments { " # here" } else { "" }
    )
    .unwrap();
    for (i, texts) in examples.iter().enumerate() {
        writeln!(out, "{inner}{pad}- intent: i{i}").unwrap();
        if style.texts && i == 0 {
            writeln!(out, "{pad}  examples:").unwrap();
            for text in texts {
                writeln!(out, "{pad}  - text: |\n{pad}      {text}").unwrap();
            }
        } else {
            writeln!(out, "{pad}  examples: |").unwrap();
            for text in texts {
                writeln!(
                    out,
                    "{pad}  {}{}{text}",
                    " ".repeat(style.block),
                    style.marker
                )
                .unwrap();
            }
        }
        out += gap;
    }
    if style.others {
        write!(out, "{gap}{comment}stories:\n{pad}- story: s\n{pad}  steps:\n{pad}  {pad}- intent: i0\n{pad}  {pad}- action: utter_a\n{gap}").unwrap();
    }
    writeln!(out, "{comment}intents:").unwrap();
    for i in 0..examples.len() {
        writeln!(out, "{pad}- i{i}").unwrap();
    }
    out += "responses:\n    utter_a:\n    - text: A";
    if style.last_end {
        out.push('\n');
    }
    if style.crlf {
        out = out.replace('\n', "\r\n");
    }
    if style.bom {
        out.insert(0, '\u{feff}');
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn only_named_lines_change_and_the_old_is_read_with_the_new(
        style in style(),
        counts in prop::collection::vec(1..4_usize, 1..4),
        words in prop::collection::vec("[a-zé#:\\[\\]()'\"-][a-z #:é{}\\[\\]&*|>'\"\\\\\t]{0,12}[a-zé]", 3),
    ) {
        let mut n = 0;
        let examples: Vec<Vec<String>> = counts.iter().map(|count| (0..*count).map(|_| {
            n += 1;
            format!("text {n}")
        }).collect()).collect();
        let text = written(&style, &examples);
        let project = Project::of(&[("data/all.yml", text.as_str()), ("domain.yml", text.as_str())]);
        // One file that is data and domain at once.
        fs::remove_file(project.path().join("data/all.yml")).unwrap();
        let mut paths = Paths::of(project.path());
        project.write("data/all.yml", &text);
        paths.tests = Vec::new();
        let mut sources = Sources::new();
        let before = project::load(&paths, &mut sources).unwrap();
        let mut editor = Editor::new(&paths, &sources).unwrap();
        let mut expected = by_intent(&before);
        for (i, word) in words.iter().enumerate() {
            let intent = format!("i{}", i % examples.len());
            let new = example(&intent, word);
            match editor.add_example(&new) {
                Ok(()) => expected.get_mut(&intent).unwrap().push((word.clone(), Vec::new())),
                Err(Refusal { reason: Reason::Duplicate { .. }, .. }) => {}
                Err(refused) => prop_assert!(false, "{:?}\n{}", refused, text),
            }
        }
        editor.add_intent("new", &[example("new", "a brand new one")]).unwrap();
        expected.insert("new".into(), vec![("a brand new one".into(), Vec::new())]);
        editor.add_story(&story("s", StoryKind::Story)).unwrap();
        editor.add_story(&rule("r")).unwrap();
        for change in editor.changes() {
            added(&change);
            // In canonical form it says the same, and stays so.
            let new = String::from_utf8(change.new).unwrap();
            let id = Sources::new().add("new", "");
            let once = project::format_text(id, &new).unwrap().0;
            prop_assert_eq!(project::format_text(id, &once).unwrap().0, once);
        }
        project::apply(&editor.changes()).unwrap();
        let after = project::load(&paths, &mut Sources::new()).unwrap();
        // Texts that a list holds and a block does not make an item of their own.
        prop_assert_eq!(by_intent(&after), expected, "{}", project.read("data/all.yml"));
        let mut all = names(&before);
        all.push(if style.others { "s 2".into() } else { "s".into() });
        all.push("r".into());
        let mut read = names(&after);
        read.sort();
        all.sort();
        prop_assert_eq!(read, all);
        prop_assert_eq!(after.assistant.domain.intents.len(), before.assistant.domain.intents.len() + 1);
        prop_assert_eq!(&after.assistant.domain.responses[0].variations[0].text, &before.assistant.domain.responses[0].variations[0].text);
        // Taking an example away again changes its lines only.
        let mut sources = Sources::new();
        let loaded = project::load(&paths, &mut sources).unwrap();
        let mut editor = Editor::new(&paths, &sources).unwrap();
        let first = &loaded.assistant.training.examples[0];
        let several = by_intent(&loaded)["i0"].len() > 1 && examples[0].len() > 1;
        match editor.remove_example(first.origin) {
            Ok(()) => {
                let change = &editor.changes()[0];
                let undo = Change { old: Some(change.new.clone()), new: change.old.clone().unwrap(), ..change.clone() };
                let gone = added(&undo);
                prop_assert!(gone.len() <= 2 && gone.iter().any(|line| line.contains(&first.text)), "{:?}", gone);
            }
            Err(refused) => prop_assert!(!several && refused.reason == Reason::LastExample, "{:?}", refused),
        }
    }
}

/// Returns every YAML file below a folder, sorted.
fn yaml_below(root: &Path) -> Vec<PathBuf> {
    let (mut open, mut files) = (vec![root.to_owned()], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path
                .extension()
                .is_some_and(|end| end == "yml" || end == "yaml")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Fails if the domain says anything else but for the new intent.
fn same_domain(before: &Loaded, after: &Loaded) {
    let (old, new) = (&before.assistant.domain, &after.assistant.domain);
    let count = |domain: &bot::data::Domain| {
        (
            domain.responses.len(),
            domain.slots.len(),
            domain.forms.len(),
            domain.actions.len(),
            domain.entities.len(),
        )
    };
    assert_eq!(count(old), count(new));
    let names = |domain: &bot::data::Domain| -> Vec<String> {
        let names = domain.intents.iter().map(|intent| intent.name.clone());
        names.filter(|name| name != "never_seen").collect()
    };
    assert_eq!(names(old), names(new));
}

/// Edits every file of real projects; returns how many edits were made and refused, by reason.
fn try_all(root: &Path) -> BTreeMap<String, usize> {
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for path in yaml_below(root) {
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let has = |key: &str| text.lines().any(|line| line.starts_with(key));
        let is_domain = has("intents:") || has("entities:");
        let is_data = has("nlu:") || has("stories:") || has("rules:");
        if !is_domain && !is_data {
            continue;
        }
        let name = if is_data { "data/it.yml" } else { "domain.yml" };
        let project = Project::of(&[
            ("config.yml", "language: en\n"),
            ("domain.yml", "intents: []\n"),
            ("data/empty.yml", ""),
        ]);
        project.write(name, &text);
        let paths = Paths::of(project.path());
        let mut sources = Sources::new();
        let before = project::load(&paths, &mut sources).unwrap();
        let mut editor = Editor::new(&paths, &sources).unwrap();
        let mut expected = by_intent(&before);
        let mut stories = names(&before);
        let mut note = |what: &str, done: Result<(), Refusal>| {
            let key = match &done {
                Ok(()) => format!("{what}: done"),
                Err(refused) => {
                    let reason = format!("{:?}", refused.reason);
                    let pasted = if refused.lines.is_empty() {
                        " WITHOUT LINES"
                    } else {
                        ""
                    };
                    format!(
                        "{what}: refused, {}{pasted}",
                        reason.split([' ', '(']).next().unwrap()
                    )
                }
            };
            *told.entry(key).or_default() += 1;
            done.is_ok()
        };
        if is_data {
            for intent in by_intent(&before).into_keys() {
                let text = format!("a thing never said of {intent}");
                if note("example", editor.add_example(&example(&intent, &text))) {
                    expected.get_mut(&intent).unwrap().push((text, Vec::new()));
                }
            }
            if has("stories:")
                && note(
                    "story",
                    editor.add_story(&story("a story never told", StoryKind::Story)),
                )
            {
                stories.push("a story never told".into());
            }
            if has("rules:") && note("rule", editor.add_story(&rule("a rule never told"))) {
                stories.push("a rule never told".into());
            }
        } else {
            let new = example("never_seen", "a thing never said");
            if note(
                "intent",
                editor.add_intent("never_seen", std::slice::from_ref(&new)),
            ) {
                expected.insert("never_seen".into(), vec![(new.text, Vec::new())]);
            }
        }
        for change in editor.changes() {
            added(&change);
        }
        project::apply(&editor.changes()).unwrap();
        let after = project::load(&paths, &mut Sources::new()).unwrap();
        assert_eq!(by_intent(&after), expected, "{}", path.display());
        let mut read = names(&after);
        read.sort();
        stories.sort();
        assert_eq!(read, stories, "{}", path.display());
        same_domain(&before, &after);
    }
    told
}

#[test]
fn files_of_real_projects_are_edited_or_refused_with_the_lines() {
    let Some(shared) = shared() else { return };
    let root = shared.join("data/projects");
    if !root.is_dir() {
        return crate::common::skip("there are no projects in BOT_SHARED");
    }
    let told = try_all(&root);
    crate::common::tell(&format!("edits of real files: {told:#?}"));
    let of = |refused: bool| {
        let all = told
            .iter()
            .filter(|(key, _)| key.contains("refused") == refused);
        all.map(|(_, n)| n).sum::<usize>()
    };
    assert!(of(false) > 1000, "{told:?}");
    assert!(of(true) * 50 < of(false), "{told:?}");
    assert!(!told.keys().any(|key| key.contains("WITHOUT")), "{told:?}");
}
