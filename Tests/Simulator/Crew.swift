internal import Journal

/// Many worlds on all cores. What comes out does not depend on how many there are.
struct Crew {
    /// Worlds that share a journal, so that it stays small, and that one core takes at a time.
    private static let worldsPerBlock = 200

    private struct Work {
        var nextBlock = 0
        var finished: [Int: Tally] = [:]
        /// The blocks from the first on, without a gap.
        var tally = Tally()
        var merged = 0
        var isOver = false
    }

    let seeds: Range<UInt64>
    /// The run ends after the block in which there are so many violations.
    let violationLimit: Int
    let workers: Int
    var store = WorldStore.sqlite

    private var blocks: Int { (seeds.count + Self.worldsPerBlock - 1) / Self.worldsPerBlock }

    /// - Parameter tell: is given each violation, in the order of the seeds.
    func run(tell: @escaping @Sendable (UInt64, String) async throws -> Void) async throws -> Tally {
        var work = Work()
        try await withThrowingTaskGroup(of: (Int, Tally).self) { group in
            for _ in 0..<workers { begin(&work, &group) }
            while let (block, tally) = try await group.next() {
                work.finished[block] = tally
                while !work.isOver, let following = work.finished.removeValue(forKey: work.merged) {
                    work.merged += 1
                    work.tally.add(following)
                    for (seed, violation) in following.violations { try await tell(seed, violation) }
                    work.isOver = work.tally.violations.count >= violationLimit
                }
                begin(&work, &group)
            }
        }
        return work.tally
    }

    private func begin(_ work: inout Work, _ group: inout ThrowingTaskGroup<(Int, Tally), any Error>) {
        guard !work.isOver, work.nextBlock < blocks else { return }
        let block = work.nextBlock
        work.nextBlock += 1
        group.addTask { (block, try await run(block)) }
    }

    private func run(_ block: Int) async throws -> Tally {
        let first = seeds.lowerBound + UInt64(block * Self.worldsPerBlock)
        let time = SimulatedTime()
        let journal = try await StoredJournal(try await store.open(time), seal: Seal(key: Seal.makeKey()))
        var tally = Tally()
        for seed in first..<min(first + UInt64(Self.worldsPerBlock), seeds.upperBound) {
            var world = Simulation(seed: seed, journal: journal, time: time)
            await world.run()
            tally.add(world)
        }
        return tally
    }
}
