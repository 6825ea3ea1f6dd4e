//! For tests: an engine on the test's schema, with a host that records its directives.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;

use super::{Engine, EngineHost, Target};
use crate::error::Result;
use crate::model::config::Config;
use crate::model::draft::Isolation;
use crate::plugins::{self, PluginOrder};
use crate::queue::executor::Directive;
use crate::telemetry::Subscription;
use crate::testing::{Act, Database, Scripted, Taken, soon, until};

pub struct Node {
    pub engine: Arc<Engine>,
    /// The directives of the engine, in order.
    pub directives: watch::Sender<Vec<Directive>>,
    events: watch::Sender<Vec<Value>>,
}

struct Orders(watch::Sender<Vec<Directive>>);

impl EngineHost for Orders {
    fn direct(&self, _: &str, directive: Directive) {
        self.0.send_modify(|all| all.push(directive));
    }

    fn change(&self, _: &str, _: Option<&Value>) {}

    fn plugin(&self, _: &str, _: PluginOrder) {}
}

impl Database {
    /// Starts an engine that is not yet open. It is stopped when the test ends.
    pub async fn start(&self, options: Value) -> Node {
        self.start_with(options, |_| ()).await
    }

    /// As [`Database::start`], with a change to the configuration that the options do not allow.
    pub async fn start_with(&self, options: Value, change: impl FnOnce(&mut Config)) -> Node {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mut all = json!({
            "url": self.url, "prefix": self.prefix, "node": format!("node.{}", COUNT.fetch_add(1, Ordering::Relaxed)),
        });
        let Value::Object(options) = options else { panic!("options: expected an object, got {options}") };
        all.as_object_mut().expect("an object").extend(options);
        let mut config = Config::from_json(&all.to_string(), &plugins::keys()).expect("options");
        change(&mut config);
        let directives = watch::Sender::default();
        let engine =
            Engine::start(config, Database::registry(), Arc::new(Orders(directives.clone()))).await.expect("an engine");
        let end = engine.clone();
        self.at_end(async move { end.stop(Duration::ZERO).await });
        let events: watch::Sender<Vec<Value>> = watch::Sender::default();
        let sink = events.clone();
        engine.telemetry.connect(Arc::new(move |_, event| {
            sink.send_modify(|all| all.push(serde_json::from_str(&event).expect("JSON")));
        }));
        let all = vec!["*".to_owned()];
        engine.subscribe(&Subscription { wanted: all.clone(), full: all, ..Subscription::default() }).expect("events");
        Node { engine, directives, events }
    }

    /// Starts an engine with the queue `default`, whose jobs the script performs on the main
    /// thread.
    pub async fn working(
        &self,
        queue: Value,
        script: impl Fn(&Taken) -> Act + Send + Sync + 'static,
    ) -> (Node, Scripted) {
        let node = self.start(json!({ "queues": { "default": queue } })).await;
        let main = node.attach("default", Isolation::Main, script);
        node.engine.open().await;
        (node, main)
    }
}

impl Node {
    /// Enqueues one draft.
    pub async fn enqueue(&self, draft: &Value) -> Result<Value> {
        let mut done = self.engine.inserter.insert_each(vec![draft.to_string()]).await?;
        Ok(serde_json::from_str(&done.remove(0)?).expect("JSON"))
    }

    pub fn attach(
        &self,
        queue: &str,
        isolation: Isolation,
        script: impl Fn(&Taken) -> Act + Send + Sync + 'static,
    ) -> Scripted {
        Scripted::attach(&self.engine.executor(queue).expect("a queue"), isolation, script)
    }

    /// Whether the node knows of other producers of the queue.
    pub fn is_shared(&self, queue: &str) -> bool {
        self.engine.producer(queue).expect("a queue").is_shared()
    }

    /// Whether a fetch of the queue is in flight, which may still claim jobs.
    pub fn is_fetching(&self, queue: &str) -> bool {
        self.engine.producer(queue).expect("a queue").is_fetching()
    }

    /// Waits until the queue offers its capacity to enqueues.
    pub async fn until_vacant(&self, queue: &str) {
        until("capacity is offered", async || self.engine.offers.offers(queue)).await;
    }

    /// Pauses or resumes the queue on this node.
    pub fn pause(&self, queue: &str, paused: bool) {
        self.engine.producer(queue).expect("a queue").pause(paused);
    }

    /// Stops the queue's producer, as the first step of a stop of the engine does.
    pub fn stop_queue(&self, queue: &str) {
        self.engine.producer(queue).expect("a queue").stop();
    }

    /// Stops the queue on this node, and waits for the end of that.
    pub async fn end_queue(&self, queue: &str) {
        let target = Target::read("stopQueue", &json!({ "queue": queue }).to_string()).expect("a target");
        self.engine.stop_queue(&target).await.expect("a stopped queue");
    }

    /// The events of this name so far.
    pub fn events(&self, name: &str) -> Vec<Value> {
        self.events.borrow().iter().filter(|event| event["event"] == name).cloned().collect()
    }

    /// Waits until there are `count` events of this name.
    pub async fn wait_for_events(&self, name: &str, count: usize) -> Vec<Value> {
        let mut events = self.events.subscribe();
        let enough = |all: &Vec<Value>| all.iter().filter(|event| event["event"] == name).count() >= count;
        soon(&format!("{count} × {name}"), events.wait_for(enough)).await.expect("the host lives");
        self.events(name)
    }

    /// Waits until the engine has sent `count` directives.
    pub async fn directed(&self, count: usize) -> Vec<Directive> {
        let mut directives = self.directives.subscribe();
        let enough = directives.wait_for(|all| all.len() >= count);
        soon(&format!("{count} directives"), enough).await.expect("the host lives").clone()
    }
}
