import Synchronization
import Testing

@testable import Engine

@Suite("Slots", .timeLimit(.minutes(1)))
struct SlotsTests {
    private final class Holders: Sendable {
        private let count = Mutex((now: 0, most: 0))
        var now: Int { count.withLock { $0.now } }
        var most: Int { count.withLock { $0.most } }

        func enter() {
            count.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
        }

        func leave() { count.withLock { $0.now -= 1 } }
    }

    @Test("two hundred who ask for two slots all get one, and never three at a time", arguments: [1, 2])
    func limit(count: Int) async {
        let slots = Slots(count)
        let holders = Holders()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    await slots.take()
                    holders.enter()
                    for _ in 0..<5 { await Task.yield() }
                    holders.leave()
                    slots.give()
                }
            }
        }
        #expect(holders.now == 0)
        #expect(holders.most == count)
    }

    @Test("a slot that is given back goes to whoever waits, also one that is given before it is asked for")
    func givenBack() async {
        let slots = Slots(1)
        await slots.take()
        async let other: Void = slots.take()
        await Task.yield()
        slots.give()
        await other
        slots.give()
        await slots.take()
    }
}
