package io.millrace.topologies.dispatch;

import io.millrace.topologies.Stores;
import org.jspecify.annotations.Nullable;

/** Names of the processors, sinks and stores of the request path of one kind of operation. */
final class Nodes {
  static final Nodes TOOLS = new Nodes("tool", "dispatch", "tool-calls-routed", null);
  static final Nodes MODELS =
      new Nodes("inference", "inference", "inference-requests-routed", "inference-sequences");

  /** Name under which its health is folded. */
  final String stream;

  final String guard;
  final String dispatch;
  final String tasks;
  final String releases;
  final String results;
  final String steps;
  final String controls;
  final String routed;
  final String cancels;
  final String cached;
  final String writes;
  final String rejections;
  final String alerts;
  final String summaries;
  final String flights;
  final String waiters;
  final String cache;
  final String answers;

  /** Of where sequences stand; null: there are none. */
  final @Nullable String sequences;

  private Nodes(String prefix, String stream, String routed, @Nullable String sequences) {
    this.stream = stream;
    this.guard = prefix + "-guard";
    this.dispatch = prefix + "-dispatch";
    this.tasks = prefix + "-tasks";
    this.releases = prefix + "-releases";
    this.results = prefix + "-results";
    this.steps = prefix + "-steps";
    this.controls = prefix + "-controls";
    this.routed = routed;
    this.cancels = prefix + "-cancels-routed";
    this.cached = prefix + "-cached";
    this.writes = prefix + "-writes-sink";
    this.rejections = prefix + "-rejections";
    this.alerts = prefix + "-alerts";
    this.summaries = prefix + "-health-summaries";
    this.flights = prefix + "-flights";
    this.waiters = prefix + "-waiters";
    this.cache = prefix + "-cache";
    this.answers = prefix + Stores.ANSWERS;
    this.sequences = sequences;
  }
}
