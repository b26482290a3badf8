package dev.debrief.ci;

import java.util.List;

import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;

/**
 * A server that speaks MongoDB's protocol and keeps everything in memory, for the tests of storage/mongo. It prints its
 * URI when it can be used and ends on SIGTERM.
 */
public final class Server {

    /** What the server claims to be: the newest version it knows itself is older than what the Go driver accepts. */
    private enum Version implements MongoVersion {
        CLAIMED;

        @Override
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        @Override
        public int getWireVersion() {
            return 13;
        }
    }

    private Server() {
    }

    public static void main(String[] args) throws InterruptedException {
        int port = args.length > 0 ? Integer.parseInt(args[0]) : 0;
        MongoServer server = new MongoServer(new MemoryBackend().version(Version.CLAIMED));
        server.bind("127.0.0.1", port);

        System.out.println("mongodb://127.0.0.1:" + server.getLocalAddress().getPort());
        System.out.flush();
        Thread.currentThread().join(); // until SIGTERM: there is nothing to put away
    }
}
