import Configuration
@testable import Engine
import Foundation
import Listening
@testable import Operations
import Rotation
import StateStore
import Synchronization
import Testing

@Suite("The status server", .timeLimit(.minutes(1)))
struct StatusServerTests {
    private let clock = ManualClock()
    private let directory: Directory

    init() throws { directory = try Directory() }

    private var context: OperationContext {
        var context = directory.context
        context.clock = clock
        return context
    }

    private func server(_ context: OperationContext? = nil, patience: Int = 60) throws -> StatusServer {
        StatusServer(try LoadedConfiguration(context ?? self.context), patience: patience)
    }

    /// The server waits for the state on a thread of its own, never on one that tasks need.
    private func answer(_ server: StatusServer, _ path: String) async -> Reply? {
        await withCheckedContinuation { found in
            Thread.detachNewThread { found.resume(returning: server.answer(path)) }
        }
    }

    private func text(_ server: StatusServer, _ path: String) async -> String {
        await answer(server, path).map { "\($0.status) \(String(decoding: $0.body, as: UTF8.self))" } ?? "nothing"
    }

    private func idle(_ key: String) -> Rotation {
        var rotation = Directory.idle(at: Directory.now)
        rotation.current?.id = AccessKeyID(key)
        return rotation
    }

    @Test("shows what the state knows, in each form", arguments: ["/", "/status.json", "/metrics"])
    func shows(_ path: String) async throws {
        try await directory.know(["cicd-bot": idle("AKIAFIRSTEXAMPLE0001")])
        let text = await text(try server(), path)
        #expect(text.hasPrefix("200 ") && text.contains("cicd-bot"))
        #expect(text.contains("AKIAFIRSTEXAMPLE0001") == (path != "/metrics"))
    }

    @Test("reads the state once a second, however many ask, and opens it once")
    func freshness() async throws {
        try await directory.know(["cicd-bot": idle("AKIAFIRSTEXAMPLE0001")])
        let server = try server()
        #expect(await text(server, "/status.json").contains("AKIAFIRSTEXAMPLE0001"))
        try await directory.know(["cicd-bot": idle("AKIASECONDEXAMPLE001")])
        clock.advance(.milliseconds(999))
        #expect(await text(server, "/").contains("AKIAFIRSTEXAMPLE0001"))
        clock.advance(.milliseconds(1))
        #expect(await text(server, "/").contains("AKIASECONDEXAMPLE001"))
        #expect(directory.openings == 1)
    }

    @Test("says why the state cannot be read, and opens it again when it can")
    func unreadable() async throws {
        try await directory.know(["cicd-bot": idle("AKIAFIRSTEXAMPLE0001")])
        let isBroken = Mutex(true)
        // The context's own opening, as long as it is not broken.
        var context = context
        context.openStore = { [open = context.openStore] loaded, location, makes in
            if isBroken.withLock({ $0 }) { throw StoreError(.corrupt, "it is damaged") }
            return try await open(loaded, location, makes)
        }
        let server = try server(context)
        for path in ["/", "/status.json", "/metrics", "/readyz"] {
            let text = await text(server, path)
            #expect(text.hasPrefix("503 ") && text.contains("it is damaged"), "\(path): \(text)")
            // A page that is shown again by itself goes on with that.
            #expect(text.contains("<a href=\"/\">") == (path == "/"), "\(path): \(text)")
        }
        #expect(await text(server, "/healthz") == "200 starting\n", "a restart would not repair the state")
        isBroken.withLock { $0 = false }
        clock.advance(.seconds(1))
        #expect(await text(server, "/").hasPrefix("200 "))
    }

    @Test("does not wait for a state that does not answer")
    func stuck() async throws {
        try await directory.know(["cicd-bot": idle("AKIAFIRSTEXAMPLE0001")])
        var context = context
        // Longer than the test waits, and than anything else here.
        context.openStore = { _, _, _ in
            try await Task.sleep(for: .seconds(300))
            throw StoreError(.unavailable, "too late")
        }
        #expect(
            await text(try server(context, patience: 0), "/metrics")
                == "503 The state cannot be read: it did not answer within 0 s\n")
    }

    @Test("has a page with the way back for a user that there is not")
    func noSuchUser() async throws {
        try await directory.know(["cicd-bot": idle("AKIAFIRSTEXAMPLE0001")])
        let page = await text(try server(), "/user/nope")
        #expect(page.hasPrefix("404 <!doctype html>") && page.contains("<a href=\"/\">All users</a>"))
        #expect(page.contains("no user nope"))
    }

    @Test(
        "has a user that left the configuration in the middle of a rotation",
        arguments: [
            ("/", "<h3>former</h3>"), ("/user/former", "keyturn forget former --reason REASON"),
            ("/metrics", "keyturn_user_problem{user=\"former\",code=\"user-left\"} 1"),
            ("/status.json", "\"problem-code\" : \"user-left\""),
        ])
    func left(_ path: String, _ words: String) async throws {
        var former = idle("AKIAFIRSTEXAMPLE0001")
        former.phase = .overlap
        try await directory.know([
            "cicd-bot": idle("AKIASECONDEXAMPLE001"), "former": former, "over": idle("AKIATHIRDEXAMPLE0001"),
        ])
        let text = await text(try server(), path)
        #expect(text.hasPrefix("200 ") && text.contains(words), "\(text)")
        #expect(!text.contains("AKIATHIRD") && !text.contains("keyturn retry former"))
    }

    @Test("offers the orders that a user's state allows")
    func orders() async throws {
        func offers(_ change: (inout Rotation) -> Void) async throws -> Set<String> {
            var rotation = idle("AKIAFIRSTEXAMPLE0001")
            change(&rotation)
            let directory = try Directory()
            try await directory.know(["cicd-bot": rotation])
            var context = directory.context
            context.clock = clock
            let page = await text(try server(context), "/user/cicd-bot")
            let orders = page.components(separatedBy: "<dt><code>keyturn ").dropFirst()
            return Set(orders.compactMap { $0.split(separator: " ").first.map(String.init) })
        }
        let old = KeyRecord(id: AccessKeyID("AKIAPREVIOUSEXAMPLE1"), created: Directory.now, status: .active)
        #expect(try await offers { _ in } == ["retry", "rotate", "revoke"])
        #expect(try await offers { $0.number = 0 } == ["rotate", "revoke"])
        #expect(try await offers { ($0.phase, $0.next) = (.delivering, old) } == ["retry", "revoke"])
        #expect(
            try await offers { ($0.phase, $0.phaseSince, $0.previous) = (.overlap, Directory.now, old) }
                == ["retry", "rollback", "revoke"])
        #expect(
            try await offers {
                ($0.phase, $0.phaseSince, $0.previous) = (.overlap, Directory.now - .seconds(7_200), old)
            } == ["retry", "rollback", "retire", "revoke"])
    }

    @Test("is healthy while the scheduler turns, and ready once the pushers are started")
    func vitals() async throws {
        try await directory.know([:])
        let server = try server()
        #expect(await text(server, "/healthz") == "200 starting\n")
        clock.advance(.seconds(61))
        #expect(await text(server, "/healthz").hasPrefix("503 the scheduler has not looked"))
        server.pulse.beat(at: clock.now, users: 0)
        #expect(await text(server, "/healthz") == "200 ok\n")
        #expect(await text(server, "/readyz").hasPrefix("503 the pushers are not started"))
    }

    @Test(
        "a state that is gone is not shown as an empty one, and is shown again once it is back",
        arguments: ["/", "/readyz"])
    func goneState(_ path: String) async throws {
        try await directory.know(["cicd-bot": idle("AKIAFIRSTEXAMPLE0001")])
        let server = try server()
        #expect(await !text(server, path).contains("put it back"))
        clock.advance(.seconds(2))
        let (file, elsewhere) = (directory.path + "/state", directory.path + "/elsewhere")
        try FileManager.default.moveItem(atPath: file, toPath: elsewhere)
        for _ in 1...2 {
            #expect(await text(server, path).contains("put it back where it was, or start keyturn again"))
            clock.advance(.seconds(2))
        }
        try FileManager.default.moveItem(atPath: elsewhere, toPath: file)
        #expect(await !text(server, path).contains("put it back"))
    }

    @Test("a state that the daemon has not made yet is not gone", arguments: ["/", "/metrics", "/status.json"])
    func noStateYet(_ path: String) async throws {
        try await directory.know([:])
        let file = directory.path + "/state"
        try FileManager.default.removeItem(atPath: file)
        #expect(try await answer(server(), path)?.status == 200)
    }

    @Test("has nothing anywhere else")
    func nothing() async throws {
        let server = try server()
        #expect(await answer(server, "/keyturn.yaml") == nil)
        #expect(await answer(server, "/style.css")?.status == 200)
    }

    @Test("an address that is taken is said before anything is begun, and one that others reach is warned of")
    func addresses() throws {
        let first = try server()
        try first.start(on: nil, context.log)
        #expect(directory.lines.isEmpty)
        try first.start(on: ListenAddress("127.0.0.1:0"), context.log)
        defer { first.stop() }
        let line = try #require(directory.lines.first { $0.contains("status page and metrics on ") })
        let port = try #require(line.split(separator: ":").last?.prefix { $0.isNumber })
        let failure = #expect(throws: OperationFailure.self) {
            try server().start(on: ListenAddress("127.0.0.1:\(port)"), context.log)
        }
        #expect(failure?.status == .unavailable && failure?.message.hasSuffix("nothing was begun") == true)
        let open = try server()
        try open.start(on: ListenAddress("0.0.0.0:0"), context.log)
        open.stop()
        #expect(directory.lines.contains { $0.hasPrefix("warning: 0.0.0.0:0: without encryption") })
    }
}
