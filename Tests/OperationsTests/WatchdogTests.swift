@testable import Engine
import Foundation
@testable import Operations
import Testing

@Suite("The watchdog", .timeLimit(.minutes(1)))
struct WatchdogTests {
    private let directory: Directory
    private let socket: NotifySocket
    private let clock = ManualClock()
    private let pulse = Pulse()

    init() throws {
        directory = try Directory()
        socket = try NotifySocket(directory.path + "/notify")
    }

    private func watchdog(_ more: [String: String]) -> Watchdog {
        let environment = ["NOTIFY_SOCKET": socket.path].merging(more) { $1 }
        return Watchdog(notifier: ServiceNotifier(environment: environment), pulse: pulse, clock: clock)
    }

    /// Lets so much time pass once the watchdog sleeps, and waits until it sleeps again.
    ///
    /// - Returns: what the service manager has heard meanwhile.
    private func pass(_ duration: Duration) async throws -> [String] {
        try await reached { clock.sleeps.count == 1 }
        clock.advance(duration)
        try await reached { clock.sleeps.count == 1 }
        return socket.messages()
    }

    @Test("says twice within the limit that keyturn is alive, for as long as the scheduler turns")
    func alive() async throws {
        let life = Task { [watchdog = watchdog(["WATCHDOG_USEC": "20000000"])] in await watchdog.run() }
        try await reached { clock.sleeps == [.seconds(10)] }
        #expect(socket.messages() == ["WATCHDOG=1"])
        // The scheduler has not begun: it has as long as between two turns.
        #expect(try await pass(.seconds(10)) == ["WATCHDOG=1"])
        #expect(try await pass(.seconds(10)) == ["WATCHDOG=1"])
        #expect(try await pass(.seconds(10)) == [], "30 s without a turn")
        pulse.beat(at: clock.now, users: 0)
        #expect(try await pass(.seconds(10)) == ["WATCHDOG=1"])
        #expect(try await pass(.seconds(20)) == [], "30 s without a turn")
        life.cancel()
        await life.value
    }

    @Test(
        "is silent where the service manager asks for nothing, or asks another process",
        arguments: [
            [:], ["WATCHDOG_USEC": "0"], ["WATCHDOG_USEC": "x"], ["WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "1"],
        ])
    func silent(_ environment: [String: String]) async throws {
        await watchdog(environment).run()
        #expect(socket.messages() == [])
    }

    @Test("listens to the service manager that asks this process")
    func mine() async throws {
        let environment = ["WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "\(ProcessInfo.processInfo.processIdentifier)"]
        let life = Task { [watchdog = watchdog(environment)] in await watchdog.run() }
        try await reached { clock.sleeps.count == 1 }
        #expect(socket.messages() == ["WATCHDOG=1"])
        life.cancel()
        await life.value
    }
}
