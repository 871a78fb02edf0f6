import Foundation
@testable import PusherRunner
import Synchronization
import Testing

@Suite("Workers")
struct WorkersTests {
    @Test("carry out every job, on no more threads than allowed")
    func bounded() {
        let workers = Workers(limit: 3)
        let seen = Mutex<(running: Int, most: Int, done: Int)>((0, 0, 0))
        let gate = Monitor(false)
        for _ in 0..<40 {
            workers.run {
                seen.withLock {
                    $0.running += 1
                    $0.most = max($0.most, $0.running)
                }
                _ = gate.wait(until: nil) { $0 ? true : nil }
                seen.withLock {
                    $0.running -= 1
                    $0.done += 1
                }
            }
        }
        gate.change { $0 = true }
        #expect(workers.drain(until: monotonicMilliseconds() + 20_000))
        #expect(seen.withLock { $0.done } == 40)
        #expect((1...3).contains(seen.withLock { $0.most }))
    }

    @Test("are not waited for beyond the time that is given")
    func hanging() {
        let workers = Workers(limit: 1)
        let gate = Monitor(false)
        workers.run { _ = gate.wait(until: nil) { $0 ? true : nil } }
        #expect(!workers.drain(until: monotonicMilliseconds() + 30))
        gate.change { $0 = true }
        #expect(workers.drain(until: monotonicMilliseconds() + 20_000))
    }
}

@Suite("A monitor")
struct MonitorTests {
    @Test("gives what the state has become, or nothing once the time is over")
    func waiting() {
        let monitor = Monitor(0)
        #expect(monitor.wait(until: monotonicMilliseconds() + 10) { $0 > 0 ? $0 : nil } == nil)
        let thread = Thread { monitor.change { $0 = 7 } }
        thread.start()
        #expect(monitor.wait(until: monotonicMilliseconds() + 20_000) { $0 > 0 ? $0 : nil } == 7)
    }
}
