import Testing

@testable import Rotation

@Suite("Any walk through failures, crashes and meddling")
struct RandomWalkTests {
    @Test("keeps the promise at every step, and finds home", arguments: UInt64(1)...24)
    func walk(seed: UInt64) {
        var walk = Walk(seed: seed)
        for step in 0..<2_500 {
            walk.step()
            guard walk.broken.isEmpty else {
                Issue.record("seed \(seed), step \(step): \(walk.broken.joined(separator: "; "))")
                return
            }
        }
        walk.comeHome()
        #expect(walk.broken.isEmpty)
        #expect(walk.world.rotation.phase == .idle)
        #expect(walk.world.rotation.problem == nil)
        #expect(walk.world.keys.map(\.id) == [walk.world.rotation.current?.id])
        #expect(World.targets.allSatisfy { walk.held[$0] == walk.world.rotation.current?.id })
        #expect(walk.world.rotation.number > 3)
    }
}
