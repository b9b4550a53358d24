//! The proof that stories, slots and rules decide what the bot says: take one away, and the test that needs it fails
//! at its line.

use serde_json::Value;

use crate::common::{Project, Run};

const TESTS: &str = "tests/test_proof.yml";

fn proof() -> Project {
    Project::copy("tests/projects/proof")
}

/// Returns the number of the `nth` line of the file that holds the text.
fn line_of(project: &Project, file: &str, text: &str, nth: usize) -> u64 {
    let text = project
        .read(file)
        .lines()
        .enumerate()
        .filter(|(_, line)| line.contains(text))
        .nth(nth - 1)
        .map_or_else(|| panic!("no line {nth} with `{text}`"), |(i, _)| i);
    text as u64 + 1
}

/// Takes a whole rule or story away, from its first line to the next blank one.
fn remove(project: &Project, file: &str, head: &str) {
    let text = project.read(file);
    let mut kept: Vec<&str> = Vec::new();
    let (mut inside, mut found) = (false, false);
    for line in text.lines() {
        if line == head {
            (inside, found) = (true, true);
        }
        if !inside {
            kept.push(line);
        }
        if line.is_empty() {
            inside = false;
        }
    }
    assert!(found, "`{head}` is not in {file}");
    project.write(file, kept.join("\n") + "\n");
}

fn test(project: &Project) -> Run {
    project.train(&["--force"]);
    project.run(&["test", "--format", "json"])
}

fn failures(run: &Run) -> Vec<(String, u64, u64, String)> {
    let report = run.json();
    let failures = report["stories"]["failures"].as_array().unwrap();
    failures
        .iter()
        .map(|one| {
            assert_eq!(one["file"], TESTS);
            let number = |key: &str| one[key].as_u64().unwrap();
            let text = |key: &str| one[key].as_str().unwrap().to_owned();
            (
                text("story"),
                number("turn"),
                number("line"),
                text("message"),
            )
        })
        .collect()
}

#[test]
fn the_project_passes_its_own_stories() {
    let project = proof();
    let valid = project.run(&["validate", "--fail-on-warnings"]);
    assert_eq!(valid.code, 0, "{}", valid.stderr);
    let run = test(&project);
    assert_eq!((run.code, failures(&run)), (0, vec![]), "{}", run.stderr);
    let report = run.json();
    assert_eq!(report["stories"]["total"], 4);
    assert_eq!(report["stories"]["passed"], 4);
    assert_eq!(report["verdict"], "passed");
}

#[test]
fn without_the_fallback_rule_the_story_that_needs_it_fails_at_its_line() {
    let project = proof();
    remove(&project, "data/rules.yml", "- rule: Not understood");
    let run = test(&project);
    let line = line_of(&project, TESTS, "- action: utter_not_understood", 1);
    assert_eq!(line, 41);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert_eq!(
        failures(&run),
        [(
            "nothing but noise".to_owned(),
            1,
            line,
            "nothing but noise: after turn 1 the bot ran `action_default_fallback`, expected `utter_not_understood`"
                .to_owned()
        )]
    );
    let people = project.run(&["test"]);
    assert_eq!(people.code, 1);
    assert!(
        people.stderr.contains(&format!("{TESTS}:{line}:5")),
        "{}",
        people.stderr
    );
    assert!(
        people.stdout.contains("1 of 4 conversations"),
        "{}",
        people.stdout
    );
}

#[test]
fn without_the_rule_on_the_slot_the_story_that_needs_it_fails_at_its_line() {
    let project = proof();
    remove(
        &project,
        "data/rules.yml",
        "- rule: Weather where the city is known",
    );
    let run = test(&project);
    let line = line_of(&project, TESTS, "- action: utter_weather", 2);
    assert_eq!(line, 27);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let failures = failures(&run);
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!(
        (failures[0].0.as_str(), failures[0].1, failures[0].2),
        ("the city is known already", 1, line)
    );
}

#[test]
fn without_the_story_the_third_turn_is_lost() {
    let project = proof();
    remove(
        &project,
        "data/stories.yml",
        "- story: Three turns to the weather",
    );
    let run = test(&project);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let first = line_of(&project, TESTS, "- action: utter_which_city", 1);
    let third = line_of(&project, TESTS, "- action: utter_which_city", 2);
    let found: Vec<(String, u64)> = failures(&run)
        .into_iter()
        .map(|(story, _, line, _)| (story, line))
        .collect();
    assert_eq!(
        found,
        [
            ("three turns".to_owned(), first),
            ("the city is not known".to_owned(), third)
        ]
    );
}

#[test]
fn without_the_slot_s_mapping_the_slot_step_fails_at_its_line() {
    let project = proof();
    project.replace(
        "domain.yml",
        "    mappings:\n    - type: from_entity\n      entity: city\n",
        "    mappings: []\n",
    );
    let run = test(&project);
    let line = line_of(&project, TESTS, "- slot_was_set:", 1) + 1;
    assert_eq!(run.code, 1, "{}", run.stderr);
    let failures = failures(&run);
    assert_eq!(
        (failures[0].0.as_str(), failures[0].1, failures[0].2),
        ("three turns", 2, line),
        "{failures:?}"
    );
    assert!(
        failures[0]
            .3
            .contains("the slot `city` is null, expected \"Rome\""),
        "{}",
        failures[0].3
    );
}

/// Returns what the bot says to these messages in plain mode.
fn plain(project: &Project, messages: &[&str]) -> Vec<String> {
    let run = project.run_with(&["shell", "--plain"], messages.join("\n").as_bytes());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    run.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn plain_mode_answers_as_the_test_stories_say() {
    let project = proof();
    project.train(&[]);
    assert_eq!(
        plain(
            &project,
            &["what is the weather like", "I live in Rome", "no thanks"]
        ),
        [
            "In which city?",
            "It is sunny in Rome.",
            "Another city?",
            "Until next time."
        ]
    );
    assert_eq!(
        plain(&project, &["how is the weather in Lima"]),
        ["It is sunny in Lima."]
    );
    assert_eq!(plain(&project, &["zzzzz 12345"]), ["I did not get that."]);
    // The same message, with and without the slot.
    assert_eq!(plain(&project, &["will it rain today"]), ["In which city?"]);
    assert_eq!(
        plain(
            &project,
            &["how is the weather in Kyoto", "will it rain today"]
        )
        .last(),
        Some(&"It is sunny in Kyoto.".to_owned())
    );
}

#[test]
fn plain_mode_runs_the_same_actions_as_bot_test() {
    let project = proof();
    project.train(&[]);
    let paths = bot::project::Paths::of(project.path());
    let tests =
        bot::project::load_tests(&paths.tests, &paths, &mut bot::diagnostic::Sources::new())
            .unwrap();
    assert_eq!(tests.stories.len(), 4);
    for story in &tests.stories {
        let (mut messages, mut expected) = (Vec::new(), Vec::new());
        for step in &story.steps {
            match &step.kind {
                bot::data::StepKind::User(user) => messages.push(user.text.clone().unwrap()),
                bot::data::StepKind::Action(action) => expected.push(action.clone()),
                _ => {}
            }
        }
        let run = project.run_with(&["shell", "--json"], messages.join("\n").as_bytes());
        let turns = run.json_lines();
        assert_eq!(turns.len(), messages.len(), "{}", story.name);
        let ran: Vec<String> = turns
            .iter()
            .flat_map(|turn| turn["decisions"].as_array().unwrap())
            .filter_map(|decision| decision["action"].as_str())
            .filter(|action| *action != "action_listen")
            .map(str::to_owned)
            .collect();
        assert_eq!(ran, expected, "{}", story.name);
    }
}

#[test]
fn every_decision_names_the_line_that_made_it() {
    let project = proof();
    project.train(&[]);
    let run = project.run_with(
        &["shell", "--json"],
        b"how is the weather in Lima\nzzzzz 12345\n",
    );
    let reasons: Vec<Value> = run
        .json_lines()
        .iter()
        .map(|turn| turn["decisions"][0]["reason"].clone())
        .collect();
    let line = |head: &str| line_of(&project, "data/rules.yml", head, 1);
    for (reason, head) in reasons
        .iter()
        .zip(["- action: utter_weather", "- action: utter_not_understood"])
    {
        let reason = reason.as_str().unwrap();
        let place = format!("data/rules.yml:{}", line(head));
        assert!(reason.contains(&place), "{reason} does not name {place}");
    }
}

#[test]
fn undo_brings_back_the_answer_without_the_slot() {
    let project = proof();
    project.train(&[]);
    let run = project.run_with(
        &["shell", "--plain"],
        b"how is the weather in Kyoto\n:undo\nwill it rain today\n",
    );
    assert_eq!(
        run.stdout.lines().last(),
        Some("In which city?"),
        "{}",
        run.stdout
    );
}
