package io.millrace.topologies.speculation.logic;

import io.millrace.topologies.speculation.logic.Conversation.Ahead;
import io.millrace.topologies.speculation.logic.Conversation.Candidate;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Follows conversations, learns per tenant which read-only calls come next, and says which to make
 * ahead.
 *
 * <p>After each step every rule that the tenant's conversations have taught (see {@link CallModel})
 * makes the call that it would come to next. Calls of declared targets that are likely enough are
 * proposed, the likeliest first, as long as the {@link WasteBudget} lets them. A proposal is used
 * when the conversation asks for the same call before it writes and before the answer is stale.
 *
 * <p>Not safe for use by several threads.
 */
public final class Speculator {
  private final SpeculationPolicy policy;
  private final Declared declared;
  private final Map<String, Tenant> tenants = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<Key, Followed> conversations = new LinkedHashMap<>(16, 0.75f, true);
  private boolean learning = true;

  private record Key(String tenant, String conversation) {}

  private record Tenant(CallModel model, WasteBudget budget) {}

  private static final class Followed {
    private final Conversation conversation = new Conversation();
    private long at;
  }

  /**
   * @param declared asked anew at each step
   */
  public Speculator(SpeculationPolicy policy, Declared declared) {
    this.policy = policy;
    this.declared = declared;
  }

  /** From now on decides by what it has learnt so far. */
  public void stopLearning() {
    learning = false;
  }

  /**
   * Takes a step.
   *
   * @param tenant whose conversation it is; nothing is learnt across tenants
   * @param conversation its id
   * @param nowMillis milliseconds since the epoch
   * @return the calls to make now
   */
  public List<Proposal> step(String tenant, String conversation, Step step, long nowMillis) {
    expire(nowMillis);
    Tenant of = tenant(tenant, nowMillis);
    Key key = new Key(tenant, conversation);
    Followed followed = conversations.computeIfAbsent(key, k -> new Followed());
    followed.at = nowMillis;
    Conversation talk = followed.conversation;
    boolean readOnly = step.isSaid() || declared.readOnly(step.target());
    settle(of, talk.stale(nowMillis), false);
    Ahead joined = talk.join(step);
    if (joined != null) {
      settle(of, List.of(joined), true);
    }
    if (!readOnly) {
      settle(of, talk.abandon(), false);
    }
    if (learning) {
      talk.teach(step, readOnly, of.model);
    }
    talk.take(step);
    if (talk.full()) {
      end(key, followed);
      conversations.remove(key);
      return List.of();
    }
    return propose(of, talk, nowMillis);
  }

  private List<Proposal> propose(Tenant of, Conversation talk, long now) {
    return talk.foretell(of.model).stream()
        .filter(candidate -> candidate.probability() >= policy.leastProbability())
        .filter(candidate -> allowed(candidate.rule().target()))
        .filter(candidate -> !talk.tried(candidate.call()))
        .sorted(Comparator.comparingDouble(Candidate::probability).reversed())
        .filter(candidate -> of.budget.take(candidate.probability(), now))
        .map(candidate -> proposal(talk, candidate, now))
        .collect(Collectors.toUnmodifiableList());
  }

  private boolean allowed(String target) {
    return declared.speculative(target) && declared.readOnly(target);
  }

  private Proposal proposal(Conversation talk, Candidate candidate, long now) {
    String target = candidate.rule().target();
    talk.ahead(candidate, now + declared.freshMillis(target));
    return new Proposal(
        target,
        candidate.arguments().toString(),
        candidate.probability(),
        String.format(
            Locale.ROOT,
            "%s follows %s in %.0f %% of cases, with %s",
            target,
            talk.last(),
            100 * candidate.probability(),
            candidate.rule().text()));
  }

  /** Ends the conversations that were silent for long, and those that are too many. */
  public void expire(long nowMillis) {
    Iterator<Map.Entry<Key, Followed>> silentLongestFirst = conversations.entrySet().iterator();
    while (silentLongestFirst.hasNext()) {
      Map.Entry<Key, Followed> entry = silentLongestFirst.next();
      boolean tooMany = conversations.size() > policy.conversationsMax();
      if (!tooMany && entry.getValue().at + policy.idle().toMillis() > nowMillis) {
        return;
      }
      silentLongestFirst.remove();
      end(entry.getKey(), entry.getValue());
    }
  }

  /** Ends a conversation: what was made ahead in it and is not used by now never will be. */
  public void end(String tenant, String conversation) {
    Key key = new Key(tenant, conversation);
    Followed followed = conversations.remove(key);
    if (followed != null) {
      end(key, followed);
    }
  }

  private void end(Key key, Followed followed) {
    Tenant of = tenants.get(key.tenant);
    if (of != null) {
      settle(of, followed.conversation.abandon(), false);
      if (learning) {
        followed.conversation.forget(of.model);
      }
    }
  }

  private static void settle(Tenant of, Collection<Ahead> calls, boolean used) {
    calls.forEach(call -> of.budget.settle(call.probability(), used));
  }

  private Tenant tenant(String name, long now) {
    @Nullable Tenant known = tenants.get(name);
    if (known != null) {
      return known;
    }
    if (tenants.size() >= policy.tenantsMax()) {
      tenants.remove(tenants.keySet().iterator().next());
    }
    Tenant made =
        new Tenant(new CallModel(), new WasteBudget(policy.wasteShare(), policy.wasteBurst(), now));
    tenants.put(name, made);
    return made;
  }
}
