package io.millrace.topologies.dispatch.logic;

import io.millrace.events.Failure;
import io.millrace.events.InferenceRun;
import io.millrace.schemas.identity.ChunksDigest;
import io.millrace.state.Flight;

/**
 * Decides of each chunk of a streamed answer whether it is the next one, was passed on before, or
 * does not follow from what was passed on.
 *
 * <p>A run that is tried again begins anew, and its caller has had the first chunks already. Those
 * are skipped by their numbers. The chunk that is next must say, by its digest of all chunks up to
 * itself ({@link ChunksDigest}), that what was skipped is what the caller has: a model that does
 * not give the same again cannot be gone on with. Nothing is kept but how many chunks were passed
 * on, and their digest; so it does not matter which run a chunk is of.
 */
final class Chunks {

  /** What is to be done with a chunk. */
  enum Place {
    /** It is the next one. */
    NEXT,
    /** The caller has it. */
    HAD,
    /** One before it is missing. */
    GAP,
    /** What comes before it is not what the caller has. */
    OTHER
  }

  private Chunks() {}

  /** Where a chunk belongs; if it is next, it counts as passed on from now on. */
  static Place place(Flight flight, String taskId, InferenceRun chunk) {
    if (chunk.getChunk() < flight.getChunks()) {
      return Place.HAD;
    }
    if (chunk.getChunk() > flight.getChunks()) {
      return Place.GAP;
    }
    String digest = ChunksDigest.next(flight.getChunksDigest(), chunk.getOutputs());
    if (!digest.equals(chunk.getChunksDigest())) {
      return Place.OTHER;
    }
    flight.setChunks(flight.getChunks() + 1);
    flight.setChunksDigest(digest);
    flight.setChunksTaskId(taskId);
    return Place.NEXT;
  }

  /**
   * Where the last chunk of a run belongs. What ends before the caller's last chunk is another
   * answer.
   */
  static Place last(Flight flight, String taskId, InferenceRun chunk) {
    Place place = place(flight, taskId, chunk);
    return place == Place.HAD ? Place.OTHER : place;
  }

  /** Why the run that a chunk came from is of no use. */
  static Failure failure(Flight flight, InferenceRun chunk, Place place) {
    return place == Place.GAP
        ? new Failure(
            "CHUNK_MISSING",
            "chunk %d of the answer came where chunk %d was expected"
                .formatted(chunk.getChunk(), flight.getChunks()))
        : new Failure(
            "STREAM_DIVERGED",
            "the run gave other chunks than those %d that were passed on already, so it cannot go on from there: send the request again under a new id"
                .formatted(flight.getChunks()));
  }
}
