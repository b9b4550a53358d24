use std::fs;

use insta::assert_snapshot;

use crate::common::Project;

#[test]
fn training_tells_its_stages_and_then_what_comes_next() {
    let project = Project::copy("tests/projects/proof");
    assert_snapshot!(project.run(&["train"]).shown(), @r"
    exit 0
    --- stderr
    Checked    5 files      5 intents · 31 examples · 2 rules · 2 stories [time]
    Features   560 words and n-grams [time]
    Intents    5 classes    LinearSvmClassifier, by softmax regression [time]
    Entities   1 pattern for RegexEntityExtractor [time]
    Dialogue   19 turns     memory 10 · rules 4 [time]

    Trained models/[model].tar.gz in [time] ([size], seed 42)
    Cross-validated on 31 examples: [share]. Weakest: affirm [share] (taken for greet)
    No fallback threshold is proposed: that takes 500 examples, 20 of them misunderstood, and of 31 here 6 were.
    Next: bot shell
    ");
    assert_snapshot!(project.run(&["train"]).shown(), @r"
    exit 0
    --- stderr
    Unchanged since models/[model].tar.gz ([time])
    ");
    assert_eq!(project.list("models").len(), 1);
    let forced = project.run(&["train", "--force", "--fixed-model-name", "again"]);
    assert_eq!(forced.code, 0);
    assert_eq!(project.list("models").len(), 2);
}

#[test]
fn going_back_to_earlier_files_trains_again_for_the_newest_model_answers() {
    let project = Project::template("starter");
    project.train(&["--fixed-model-name", "first"]);
    let before = project.read("data/nlu.yml");
    project.write(
        "data/nlu.yml",
        before.replace("- intent: tell_joke", "- intent: greet"),
    );
    project.train(&["--fixed-model-name", "second"]);
    project.write("data/nlu.yml", before);
    project.train(&["--fixed-model-name", "third"]);
    let parse = project.run(&["parse", "tell me a joke"]).json();
    assert_eq!(parse["intent"]["name"], "tell_joke");
    // Another name is another model, though nothing changed.
    project.train(&["--fixed-model-name", "fourth"]);
    assert!(project.list("models").contains(&"fourth.tar.gz".to_owned()));
    let same = project.run(&["train", "--fixed-model-name", "fourth"]);
    assert!(
        same.stderr.starts_with("Unchanged since "),
        "{}",
        same.stderr
    );
}

#[test]
fn mistakes_in_several_files_are_told_before_anything_is_trained() {
    let project = Project::template("starter");
    project.replace("domain.yml", "type: from_entity", "type: from_entitiy");
    project.write(
        "data/extra.yml",
        "rules:\n- rule: extra\n  steps:\n  - intent: gret\n  - action: utter_gret\n",
    );
    assert_snapshot!(project.run(&["train"]).shown(), @r"
    exit 1
    --- stderr
    domain::unknown-mapping

      × unknown slot mapping type `from_entitiy`
        ╭─[domain.yml:24:13]
     23 │     mappings:
     24 │     - type: from_entitiy
        ·             ──────┬─────
        ·                   ╰── in slot `size`
     25 │       entity: size
        ╰────
      help: did you mean `from_entity`?
            others: from_text, from_intent, from_trigger_intent, custom

    check::unknown-action

      × the domain has no response `utter_gret`
       ╭─[data/extra.yml:5:5]
     4 │   - intent: gret
     5 │   - action: utter_gret
       ·     ─────────┬────────
       ·              ╰── not in the domain
       ╰────
      help: did you mean `utter_greet`?

    check::unknown-intent

      ⚠ the domain has no intent `gret`
       ╭─[data/extra.yml:4:13]
     3 │   steps:
     4 │   - intent: gret
       ·             ──┬─
       ·               ╰── not in the domain
     5 │   - action: utter_gret
       ╰────
      help: did you mean `greet`?

    Checked 6 files: 2 errors, 1 warning. Not trained.
    ");
    assert_eq!(project.list("models"), Vec::<String>::new());
}

#[test]
fn mistakes_of_pipeline_and_rules_are_told_together() {
    let project = Project::template("starter");
    project.replace(
        "config.yml",
        "- name: TfidfFeaturizer",
        "- name: TfidfFeaturiser",
    );
    project.write(
        "data/extra.yml",
        "rules:\n- rule: extra\n  steps:\n  - intent: greet\n  - action: utter_joke\n",
    );
    let run = project.run(&["train", "--format", "concise"]);
    assert_eq!(run.code, 1);
    for code in ["config::unknown-component", "dialogue::conflict"] {
        assert!(run.stderr.contains(code), "{code}: {}", run.stderr);
    }
}

#[test]
fn a_classifier_is_chosen_by_name() {
    let project = Project::template("starter");
    assert_snapshot!(project.run(&["train", "--classifier", "SvmClasifier"]).shown(), @r"
    exit 2
    --- stderr
    error: there is no intent classifier `SvmClasifier`
    hint: known here: LinearSvmClassifier, RandomForestClassifier, SvmClassifier, MlpClassifier, LogisticRegressionClassifier, SklearnIntentClassifier
    ");
    let run = project.run(&["train", "--classifier", "RandomForestClassifier", "--json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let report = run.json();
    assert_eq!(report["trained"], true);
    assert_eq!(
        report["metadata"]["figures"]["classifier"],
        "RandomForestClassifier"
    );
}

#[test]
fn what_finds_the_planes_goes_by_how_much_there_is_to_learn_from() {
    let project = Project::template("starter");
    let by_softmax = |options: &str| {
        project.write(
            "config.yml",
            format!("pipeline:\n- name: TfidfFeaturizer\n- name: LinearSvmClassifier\n{options}"),
        );
        let run = project.run(&["train", "nlu", "--force"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        run.stderr.contains("by softmax regression")
    };
    assert!(by_softmax(""));
    assert!(by_softmax("  loss: softmax\n  C: 10\n"));
    assert!(!by_softmax("  loss: squared_hinge\n"));
    assert!(!by_softmax("  C: 1\n"));
    // Much more of the same, so that nothing else changes.
    let examples = project.read("data/nlu.yml");
    let mut many: Vec<String> = Vec::new();
    for line in examples.lines() {
        many.push(line.to_owned());
        if line.starts_with("    - ") {
            many.extend((0..9).map(|n| format!("{line} {n}")));
        }
    }
    project.write("data/nlu.yml", many.join("\n"));
    assert!(!by_softmax(""));
    assert!(by_softmax("  loss: softmax\n"));
    project.write(
        "config.yml",
        "pipeline:\n- name: TfidfFeaturizer\n- name: LinearSvmClassifier\n  loss: hings\n",
    );
    let run = project.run(&["train", "nlu"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("squared_hinge"), "{}", run.stderr);
}

#[test]
fn parts_are_trained_alone() {
    let project = Project::template("starter");
    project.train(&["nlu"]);
    let parse = project.run(&["parse", "hello"]).json();
    assert_eq!(parse["intent"]["name"], "greet");
    let said = project.run_with(&["shell", "--json"], b"hello\n");
    assert_eq!(said.json_lines()[0]["replies"], serde_json::json!([]));
    let core = Project::template("starter");
    core.train(&["core"]);
    let said = core.run_with(&["shell", "--json"], b"/greet\n");
    assert_eq!(
        said.json_lines()[0]["decisions"][0]["action"],
        "utter_greet",
        "{}",
        said.stderr
    );
}

#[test]
fn other_places_can_be_named() {
    let project = Project::template("starter");
    for (from, to) in [
        ("config.yml", "c.yml"),
        ("domain.yml", "d.yml"),
        ("data", "training"),
    ] {
        fs::rename(project.path().join(from), project.path().join(to)).unwrap();
    }
    let run = project.run(&[
        "train", "--config", "c.yml", "--domain", "d.yml", "--data", "training", "--out", "out",
    ]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(project.list("out").len(), 1);
    let missing = project.run(&["train", "--config", "c.yml", "--domain", "d.yml"]);
    assert_eq!(missing.code, 1, "{}", missing.stderr);
    assert!(
        missing.stderr.contains("no training data: `data`"),
        "{}",
        missing.stderr
    );
}

#[test]
fn five_models_are_kept_and_those_of_others_are_left_alone() {
    let project = Project::template("starter");
    let foreign = "models/20240101-120000-clever-name.tar.gz";
    let rasa = b"\x1f\x8bnot one of ours";
    project.write(foreign, rasa);
    project.write("models/notes.txt", "mine");
    let mut told = String::new();
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        let run = project.run(&["train", "--force", "--fixed-model-name", name]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        told = run.stderr;
    }
    assert!(
        told.contains("Deleted 1 older model, keeping the newest 5"),
        "{told}"
    );
    assert_eq!(
        project.list("models"),
        [
            "20240101-120000-clever-name.tar.gz",
            "c.tar.gz",
            "d.tar.gz",
            "e.tar.gz",
            "f.tar.gz",
            "g.tar.gz",
            "notes.txt"
        ]
    );
    assert_eq!(fs::read(project.path().join(foreign)).unwrap(), rasa);
    assert_snapshot!(project.run(&["models", "list"]).shown(), @r"
    exit 0
    --- stdout
    models/g.tar.gz    [size]  10 intents · 149 examples  cross-validated [share]
    models/f.tar.gz    [size]  10 intents · 149 examples  cross-validated [share]
    models/e.tar.gz    [size]  10 intents · 149 examples  cross-validated [share]
    models/d.tar.gz    [size]  10 intents · 149 examples  cross-validated [share]
    models/c.tar.gz    [size]  10 intents · 149 examples  cross-validated [share]
    --- stderr
    1 archive of other programs left alone
    ");
    let shown = project.run(&["models", "list", "--json"]).json();
    assert_eq!(shown["models"].as_array().unwrap().len(), 5);
    assert_eq!(shown["others"], 1);
    // Newest or not, what is not ours is never loaded.
    project.write(foreign, rasa);
    assert_eq!(project.run(&["parse", "hello"]).code, 0);
}

#[test]
fn models_are_shown_and_compared() {
    let project = Project::template("starter");
    assert_snapshot!(project.run(&["models"]).shown(), @r"
    exit 0
    --- stderr
    no models yet; `bot train` makes one
    ");
    project.train(&["--fixed-model-name", "old"]);
    project.replace("domain.yml", "intents:\n", "intents:\n- brand_new\n");
    project.write(
        "data/new.yml",
        "nlu:\n- intent: brand_new\n  examples: |\n    - something new\n    - a new thing\n",
    );
    project.train(&["--fixed-model-name", "new"]);
    assert_snapshot!(project.run(&["models", "show", "old"]).shown(), @r"
    exit 0
    --- stdout
    models/old.tar.gz
      id           [id]
      trained      [date]
      bot          [version]
      assistant    tester
      classifier   LinearSvmClassifier
      seed         42
      intents      10
      examples     149
      features     1996
      annotations  24
      stories      15
      validated    [share]
      files        5
    ");
    assert_snapshot!(project.run(&["models", "show", "none"]).shown(), @r"
    exit 2
    --- stderr
    error: there is no file `none`
    hint: check the spelling, or the folder you are in
    ");
    let diff = project.run(&["models", "diff", "old", "new"]);
    assert_eq!(diff.code, 0, "{}", diff.stderr);
    for line in ["* examples", "+ intent brand_new", "differ: "] {
        assert!(diff.stdout.contains(line), "{line}: {}", diff.stdout);
    }
    let report = project
        .run(&["models", "diff", "old", "new", "--json"])
        .json();
    let parts = report["changed_parts"].as_array().unwrap();
    assert!(
        parts.iter().any(|part| part == "model.safetensors"),
        "{parts:?}"
    );
    let same = project.run(&["models", "diff", "old", "old"]);
    assert!(same.stdout.contains("no part differs"), "{}", same.stdout);
}

#[test]
fn checks_of_names_can_be_skipped() {
    let project = Project::of(&[
        (
            "domain.yml",
            "intents: [greet, bye]\nresponses:\n  utter_hi:\n  - text: hi\nforms:\n  order_form:\n    required_slots: [size]\n",
        ),
        (
            "data/all.yml",
            "nlu:\n- intent: greet\n  examples: |\n    - hello\n    - hi\n- intent: bye\n  examples: |\n    - bye\n    - see you\nrules:\n- rule: hi\n  steps:\n  - intent: greet\n  - action: utter_hi\n",
        ),
        ("config.yml", "pipeline:\npolicies:\n"),
    ]);
    let checked = project.run(&["train"]);
    assert_eq!(checked.code, 1, "{}", checked.stderr);
    assert!(
        checked.stderr.contains("no slot `size`"),
        "{}",
        checked.stderr
    );
    let trained = project.run(&["train", "--skip-validation"]);
    assert_eq!(trained.code, 0, "{}", trained.stderr);
}
