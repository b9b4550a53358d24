use std::collections::BTreeSet;

use super::*;
use crate::eval::graph::Edge;

/// What numbers may differ by.
const BIT: f64 = 1e-6;

fn action(name: &str, form: Option<&str>) -> Node {
    Node::Action {
        name: name.to_owned(),
        form: form.map(str::to_owned),
    }
}

fn edge(from: usize, to: usize, label: &str) -> Edge {
    Edge {
        from,
        to,
        label: label.to_owned(),
        is_tested: false,
        stories: BTreeSet::new(),
    }
}

/// Boxes of everything that may not lie on another: left, top, right, bottom.
fn boxes(layout: &Layout) -> Vec<[f64; 4]> {
    let shapes = layout
        .shapes
        .iter()
        .map(|shape| (shape.at, shape.width, HEIGHT));
    let labels = layout.lines.iter().filter_map(|line| line.label.as_ref());
    let labels = labels.map(|label| (label.at, label.width, label.lines.len() as f64 * LINE));
    shapes
        .chain(labels)
        .map(|((x, y), width, height)| {
            [
                x - width / 2.0,
                y - height / 2.0,
                x + width / 2.0,
                y + height / 2.0,
            ]
        })
        .collect()
}

/// Checks that nothing lies on anything else, that no way runs behind a node, and that all is within the picture.
fn check(graph: &Graph) -> Layout {
    let layout = lay_out(graph);
    let boxes = boxes(&layout);
    for (number, [left, top, right, bottom]) in boxes.iter().enumerate() {
        assert!(*left >= -BIT && *top >= -BIT, "{layout:?}");
        assert!(*right <= layout.size.0 + BIT && *bottom <= layout.size.1 + BIT);
        for other in &boxes[number + 1..] {
            let apart =
                other[0] >= *right || other[2] <= *left || other[1] >= *bottom || other[3] <= *top;
            assert!(apart, "{:?} on {other:?}", boxes[number]);
        }
    }
    for line in &layout.lines {
        let way = &graph.edges[line.edges[0]];
        for pair in line.points.windows(2) {
            // A curve stays between the heights of its ends, a straight piece on its line.
            let [(x1, y1), (x2, y2)] = [pair[0], pair[1]];
            for shape in &layout.shapes {
                let (left, right) = (
                    shape.at.0 - shape.width / 2.0,
                    shape.at.0 + shape.width / 2.0,
                );
                let (top, bottom) = (shape.at.1 - HEIGHT / 2.0, shape.at.1 + HEIGHT / 2.0);
                let apart = x1.max(x2) <= left + BIT
                    || x1.min(x2) >= right - BIT
                    || y1.max(y2) <= top + BIT
                    || y1.min(y2) >= bottom - BIT;
                assert!(apart, "{way:?} runs behind {shape:?}: {pair:?}");
            }
        }
    }
    // Each form has one frame, and no label of a way that leaves it lies in it.
    let mut framed: Vec<&str> = layout.frames.iter().map(|frame| &*frame.name).collect();
    framed.retain(|name| !name.contains(" of "));
    framed.sort_unstable();
    let mut forms: Vec<&str> = graph.forms().into_keys().collect();
    let several = |form: &str| {
        layout
            .frames
            .iter()
            .filter(|frame| frame.form == form)
            .count()
            > 1
    };
    forms.retain(|form| !several(form));
    assert_eq!(framed, forms);
    for line in &layout.lines {
        let way = &graph.edges[line.edges[0]];
        let (from, to) = (graph.nodes[way.from].form(), graph.nodes[way.to].form());
        let Some(label) = &line.label else { continue };
        for frame in &layout.frames {
            let apart = |at: f64, size: f64, from: f64, long: f64| {
                at + size / 2.0 <= from + BIT || at - size / 2.0 >= from + long - BIT
            };
            let high = label.lines.len() as f64 * LINE;
            let is_apart = apart(label.at.0, label.width, frame.corner.0, frame.size.0)
                || apart(label.at.1, high, frame.corner.1, frame.size.1);
            let is_own = from == to && from == Some(&*frame.form);
            assert!(is_apart || is_own, "{label:?} in {frame:?}");
        }
    }
    // Frames lie apart, and each shape of a form in one of that form.
    for (number, one) in layout.frames.iter().enumerate() {
        for other in &layout.frames[number + 1..] {
            let apart = |at: fn((f64, f64)) -> f64| {
                let (from, to) = (at(one.corner), at(other.corner));
                from + at(one.size) <= to + BIT || to + at(other.size) <= from + BIT
            };
            assert!(apart(|at| at.0) || apart(|at| at.1), "{one:?} {other:?}");
        }
    }
    for shape in &layout.shapes {
        let form = graph.nodes[shape.node].form();
        let holding: Vec<&Frame> = layout
            .frames
            .iter()
            .filter(|frame| frame.holds(shape.at))
            .collect();
        let forms: Vec<Option<&str>> = holding.iter().map(|frame| Some(&*frame.form)).collect();
        assert_eq!(
            forms,
            form.map(Some).into_iter().collect::<Vec<_>>(),
            "{shape:?}"
        );
    }
    layout
}

#[test]
fn ways_lead_down_and_back_and_nothing_lies_on_anything() {
    let graph = Graph {
        nodes: vec![
            Node::Start,
            action("a", None),
            action("b", None),
            action("c", None),
            Node::End,
        ],
        edges: vec![
            edge(0, 1, "greet"),
            edge(0, 2, "bye"),
            edge(1, 3, "yes"),
            edge(1, 3, "no"),
            edge(1, 3, "maybe [slot: value]"),
            edge(2, 3, ""),
            edge(3, 1, "again"),
            edge(3, 3, "once more"),
            edge(0, 3, "long"),
            edge(3, 4, ""),
            edge(1, 4, ""),
        ],
    };
    let layout = check(&graph);
    let y = |node: usize| {
        let shape = layout
            .shapes
            .iter()
            .find(|shape| shape.node == node)
            .unwrap();
        shape.at.1
    };
    assert!(y(0) < y(1) && y(1) < y(3) && y(3) < y(4));
    // What ends twice has two ends.
    assert_eq!(
        layout.shapes.iter().filter(|shape| shape.node == 4).count(),
        2
    );
    assert_eq!(lay_out(&Graph::default()).shapes, []);
}

#[test]
fn rules_stand_in_rows_and_forms_in_frames() {
    let mut nodes = vec![Node::Anywhere, Node::End];
    let mut edges = Vec::new();
    for number in 0..30 {
        nodes.push(action(&format!("utter_answer_number_{number}"), None));
        edges.push(edge(0, number + 2, "some_intent"));
        edges.push(edge(number + 2, 1, ""));
    }
    let form = nodes.len();
    nodes.push(action("order_form", Some("order_form")));
    nodes.push(action("utter_submit", None));
    nodes.push(action("utter_chat", Some("order_form")));
    edges.push(edge(0, form, "order"));
    edges.push(edge(form, form + 2, "chat"));
    edges.push(edge(form + 2, form + 1, "[requested_slot: null]"));
    edges.push(edge(form + 2, form, ""));
    edges.push(edge(form + 1, 1, ""));
    let layout = check(&Graph { nodes, edges });
    assert!(layout.size.0 < 1500.0, "{:?}", layout.size);
    assert_eq!(layout.frames.len(), 1);
}

#[test]
fn a_form_that_goes_on_far_below_says_so() {
    // A chain of points, of which the first two and the last are of a form.
    let form = |number: usize| (number < 3 || number == 20).then_some("f");
    let chain = |last: usize| Graph {
        nodes: std::iter::once(Node::Start)
            .chain((1..=last).map(|number| action(&format!("action_{number}"), form(number))))
            .collect(),
        edges: (0..last).map(|from| edge(from, from + 1, "")).collect(),
    };
    let names = |graph: &Graph| -> Vec<String> {
        let layout = check(graph);
        layout.frames.into_iter().map(|frame| frame.name).collect()
    };
    assert_eq!(names(&chain(20)), ["f (1 of 2)", "f (2 of 2)"]);
    assert_eq!(names(&chain(19)), ["f"]);
}

#[test]
fn many_ways_between_two_points_are_drawn_as_one() {
    let edges = (0..20)
        .map(|number| edge(0, 1, &format!("intent_{number}")))
        .collect();
    let graph = Graph {
        nodes: vec![Node::Start, action("utter_sorry", None)],
        edges,
    };
    let layout = check(&graph);
    assert_eq!(layout.lines.len(), 1);
    assert_eq!(layout.lines[0].edges.len(), 20);
    let lines = &layout.lines[0].label.as_ref().unwrap().lines;
    assert_eq!((lines.len(), lines[5].as_str()), (6, "and 15 more"));
}

#[test]
fn any_graph_is_placed() {
    // A few hundred graphs by a generator of linear congruence.
    let mut state = 7_u32;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    for _ in 0..200 {
        let n = 2 + draw(12);
        let mut nodes = vec![Node::Start, Node::End];
        for number in 0..n {
            let form = ["f", "g"].get(draw(6)).copied();
            nodes.push(action(&format!("action_{number}"), form));
        }
        let mut edges: Vec<Edge> = (0..draw(24))
            .map(|_| {
                let label = ["", "yes", "a_long_intent [slot: value]"][draw(3)];
                // No way leads to the start or on from an end.
                let from = [0, 2 + draw(n)][draw(2)];
                edge(from, 1 + draw(n + 1), label)
            })
            .collect();
        edges.dedup_by_key(|edge| (edge.from, edge.to));
        check(&Graph { nodes, edges });
    }
}
