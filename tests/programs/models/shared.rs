// shared.rs: counted references of Rust: a family whose children know their parent weakly, or (argument "cycle") hold it;
// "friends" hold each other by a trait;
// "forget" leaks one reference of a kept object; "boxes" keeps plain boxes that only look like counted ones.
use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::sync::Arc;

struct Node {
    children: RefCell<Vec<Rc<Node>>>,
    owner: RefCell<Option<Rc<Node>>>,
    parent: RefCell<Weak<Node>>,
    number: u64,
}

trait Friend {
    fn number(&self) -> u64;
}

struct Befriended {
    friend: RefCell<Option<Rc<dyn Friend>>>,
    number: u64,
}

impl Friend for Befriended {
    fn number(&self) -> u64 {
        self.number
    }
}

fn befriended(number: u64, friend: Option<Rc<dyn Friend>>) -> Rc<Befriended> {
    Rc::new(Befriended { friend: RefCell::new(friend), number })
}

fn friends() -> u64 {
    let first = befriended(1, None);
    let second = befriended(2, Some(first.clone() as Rc<dyn Friend>));
    *first.friend.borrow_mut() = Some(second as Rc<dyn Friend>);
    first.number()
}

fn node(number: u64) -> Rc<Node> {
    Rc::new(Node {
        children: RefCell::new(Vec::new()),
        owner: RefCell::new(None),
        parent: RefCell::new(Weak::new()),
        number,
    })
}

fn family(is_cycle: bool) -> Rc<Node> {
    let parent = node(1);
    for i in 0..3 {
        let child = node(i);
        if is_cycle {
            *child.owner.borrow_mut() = Some(parent.clone());
        } else {
            *child.parent.borrow_mut() = Rc::downgrade(&parent);
        }
        parent.children.borrow_mut().push(child);
    }
    parent
}

static mut KEPT: Option<Box<(Arc<[u64; 3]>, Vec<Box<[u64; 4]>>)>> = None;

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    let first = family(what == "cycle");
    let shared = Arc::new([7u64, 8, 9]);
    if what == "forget" {
        std::mem::forget(shared.clone());
    }
    if what == "friends" {
        std::hint::black_box(friends());
    }
    if what == "weak" {
        std::mem::forget(family(false));
    }
    unsafe {
        KEPT = Some(Box::new((shared, (0..5).map(|i| Box::new([1u64, 1, i, 0])).collect())));
    }
    println!("{}", first.number);
}
