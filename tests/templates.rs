//! Every template is a project that trains and passes its own tests, as it stands.

use crate::common::Project;

fn names() -> Vec<&'static str> {
    bot::project::scaffold::ALL
        .iter()
        .map(|(name, _)| *name)
        .collect()
}

#[test]
fn every_template_validates_trains_and_passes_its_own_tests() {
    assert!(names().len() >= 3);
    for name in names() {
        let parent = Project::empty();
        let made = parent.run(&["init", "my-bot", "--template", name]);
        assert_eq!(made.code, 0, "{name}: {}", made.stderr);
        let project = ["--project", "my-bot"];
        let valid = parent.run(&[&project[..], &["validate", "--fail-on-warnings"]].concat());
        assert_eq!(valid.code, 0, "{name}: {}", valid.stderr);
        let trained = parent.run(&[&project[..], &["train"]].concat());
        assert_eq!(trained.code, 0, "{name}: {}", trained.stderr);
        let tested = parent.run(&[&project[..], &["test", "--format", "json"]].concat());
        assert_eq!(tested.code, 0, "{name}: {}", tested.stderr);
        let report = tested.json();
        let total = report["stories"]["total"].as_u64().unwrap();
        assert!(total >= 3, "{name} has {total} test stories");
        assert_eq!(report["stories"]["passed"], total, "{name}");
    }
}

#[test]
fn a_template_answers_to_its_own_name() {
    let parent = Project::empty();
    assert_eq!(parent.run(&["init", "garden"]).code, 0);
    let config = parent.read("garden/config.yml");
    assert!(config.contains("assistant_id: garden"), "{config}");
    assert!(parent.path().join("garden/.gitignore").is_file());
}

#[test]
fn every_template_answers_each_intent_it_knows() {
    for name in names() {
        let project = Project::template(name);
        project.train(&[]);
        let loaded = bot::project::load(
            &bot::project::Paths::of(project.path()),
            &mut bot::diagnostic::Sources::new(),
        )
        .unwrap();
        let intents: Vec<String> = loaded
            .assistant
            .domain
            .intents
            .iter()
            .map(|intent| intent.name.clone())
            .collect();
        assert!(intents.len() >= 5, "{name}");
        for intent in intents {
            let said = project.run_with(&["shell", "--json"], format!("/{intent}\n").as_bytes());
            assert_eq!(said.code, 0, "{name}: {}", said.stderr);
            let turn = &said.json_lines()[0];
            assert_eq!(turn["parse"]["intent"]["name"], intent.as_str());
            assert!(
                !turn["replies"].as_array().unwrap().is_empty(),
                "{name} has nothing to say to `{intent}`"
            );
        }
    }
}
