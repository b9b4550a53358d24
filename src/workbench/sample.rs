//! A small project with its model, for tests.

use std::{
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

use super::{Project, Workbench};
use crate::{
    diagnostic::Sources,
    files, model,
    project::{self, Paths},
};

/// Writes and trains a project with two intents.
pub(crate) fn sample(folder: &Path) -> Workbench {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        files::write(&path, text.as_bytes()).unwrap();
    };
    write(
        "domain.yml",
        "intents: [greet, bye]\nentities: [city]\nslots:\n  city:\n    type: text\n    mappings: [{type: from_entity, entity: city}]\nresponses:\n  utter_bye: [{text: see you}]\n",
    );
    write(
        "data/nlu.yml",
        "nlu:\n- intent: greet\n  examples: |\n    - hello\n    - hi there\n- intent: bye\n  examples: |\n    - bye\n    - see you later\n",
    );
    write(
        "data/rules.yml",
        "rules:\n- rule: bye\n  steps:\n  - intent: bye\n  - action: utter_bye\n",
    );
    let paths = Paths::of(folder);
    let mut sources = Sources::new();
    let loaded = project::load(&paths, &mut sources).unwrap();
    let options = model::Options {
        part: model::Part::All,
        classifier: None,
        seed: 42,
        folder: paths.models.clone(),
        name: Some("model".to_owned()),
        resources: Vec::new(),
        now: (
            "20260101-120000".to_owned(),
            "2026-01-01T12:00:00+00:00".to_owned(),
        ),
    };
    let stop = AtomicBool::new(false);
    model::train(&loaded.assistant, &sources, &options, &stop, &mut |_| {}).unwrap();
    let mut workbench = Workbench::open(&paths.models, None, None).unwrap();
    workbench.work_on(Project {
        paths,
        clock: Arc::new(|| (String::new(), String::new())),
    });
    workbench
}
